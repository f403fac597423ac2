"""Clients that keep sending whatever happens to the server, and record every outcome."""

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
from benchmarks.harness.client import Response

TIMEOUT_SECONDS = 60
# Before the next request, after a refused connection.
RETRY_SECONDS = 0.02

REFUSED = "refused"  # no connection
CUT_OFF = "cut off"  # connected, but no complete response


class Outcome(NamedTuple):
    number: int  # of the request, from 0; continues when the requests repeat
    begin: float  # by time.monotonic, when it was due
    end: float
    response: Response | None
    status: int | str  # of the response, or REFUSED or CUT_OFF

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class ClientPool:
    """A number of clients that repeat the requests, with a new connection for each.

    Each sends again as soon as it has a response; with `per_second`, they share that rate.
    """

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
        self._threads = [threading.Thread(target=self._send_until_over) for _ in range(clients)]

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
        """Wait for the last responses."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def count_statuses(self) -> Counter[int | str]:
        return Counter(outcome.status for outcome in self.outcomes)

    def _send_until_over(self) -> None:
        while not self._is_over.is_set():
            number = next(self._numbers)
            due = time.monotonic()
            if self.per_second:
                due = self.begin + number / self.per_second
                if self._is_over.wait(max(0.0, due - time.monotonic())):
                    return
            outcome = send_request(
                self.port, self.requests[number % len(self.requests)], number, due
            )
            self.outcomes.append(outcome)
            if outcome.status == REFUSED:
                self._is_over.wait(RETRY_SECONDS)


def send_request(port: int, request: bytes, number: int = 0, due: float | None = None) -> Outcome:
    """Send a request on a new connection; its outcome, which may be no response at all."""
    begin = time.monotonic() if due is None else due
    status: int | str = REFUSED
    response = None
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            status = CUT_OFF
            response = _exchange(connection, request)
            status = response.status
    except (OSError, http.client.HTTPException):
        pass
    return Outcome(number, begin, time.monotonic(), response, status)


def send_together(port: int, requests: Sequence[bytes], first: int = 0) -> list[Outcome]:
    """Send all requests at the same time. `first` is the number of the first one."""
    numbers = range(first, first + len(requests))
    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send_request, [port] * len(requests), requests, numbers))


def format_statuses(outcomes: Sequence[Outcome] | Sequence[generator.Response]) -> str:
    """The number of outcomes by status, such as `200: 90, 503: 10`."""
    statuses = Counter(str(outcome.status) for outcome in outcomes)
    return ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))


def _exchange(connection: socket.socket, request: bytes) -> Response:
    begin = time.monotonic()
    connection.sendall(request)
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    return Response(response.status, response.headers, body, time.monotonic() - begin)
