"""Clients that go on asking whatever happens to the server, and note what each came to."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.harness import generator
from benchmarks.harness.client import Answer

PATIENCE_SECONDS = 60
# Before the next try, when nobody takes connections.
PAUSE_SECONDS = 0.02

REFUSED = "refused"  # nobody took the connection
CUT_OFF = "cut off"  # it was taken, and no answer came


class Outcome(NamedTuple):
    number: int  # of the request, counted from 0 and on when it goes round
    begin: float  # by time.monotonic, when it was due
    end: float
    answer: Answer | None
    status: int | str  # of the answer, or what came in its place

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class Crowd:
    """So many clients, each with a connection for each request: round and round through the
    requests, each as soon as it is answered, or all together so many a second."""

    def __init__(
        self,
        port: int,
        requests: Sequence[bytes],
        clients: int = 8,
        per_second: float | None = None,
    ) -> None:
        self.port = port
        self.requests = requests
        self.per_second = per_second
        self.outcomes: list[Outcome] = []
        self._numbers = count()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def __enter__(self) -> Self:
        self.begin = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for the last answers."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def statuses(self) -> Counter[int | str]:
        return Counter(outcome.status for outcome in self.outcomes)

    def _run(self) -> None:
        while not self._is_over.is_set():
            number = next(self._numbers)
            due = time.monotonic()
            if self.per_second:
                due = self.begin + number / self.per_second
                if self._is_over.wait(max(0.0, due - time.monotonic())):
                    return
            outcome = ask(self.port, self.requests[number % len(self.requests)], number, due)
            self.outcomes.append(outcome)
            if outcome.status == REFUSED:
                self._is_over.wait(PAUSE_SECONDS)


def ask(port: int, request: bytes, number: int = 0, due: float | None = None) -> Outcome:
    """Send a request on a connection of its own, whatever comes of it."""
    begin = time.monotonic() if due is None else due
    status: int | str = REFUSED
    answer = None
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as plug:
            status = CUT_OFF
            answer = _exchange(plug, request)
            status = answer.status
    except (OSError, http.client.HTTPException):
        pass
    return Outcome(number, begin, time.monotonic(), answer, status)


def at_once(port: int, requests: Sequence[bytes], first: int = 0) -> list[Outcome]:
    """All of them together, each from a client of its own; `first` is the first one's number."""
    numbers = range(first, first + len(requests))
    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(ask, [port] * len(requests), requests, numbers))


def counted(outcomes: Sequence[Outcome] | Sequence[generator.Answer]) -> str:
    """How many came to what: `200: 90, 503: 10`."""
    found = Counter(str(outcome.status) for outcome in outcomes)
    return ", ".join(f"{status}: {number:,}" for status, number in sorted(found.items()))


def _exchange(plug: socket.socket, request: bytes) -> Answer:
    begin = time.monotonic()
    plug.sendall(request)
    response = http.client.HTTPResponse(plug)
    response.begin()
    body = response.read()
    return Answer(response.status, response.headers, body, time.monotonic() - begin)
