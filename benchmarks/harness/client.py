"""One client on one connection that stays open, for latencies and for looking at answers."""

import http.client
import time
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.harness.site import Server
from benchmarks.harness.table import WrongAnswerError


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float


class Client:
    """Headers given here go with every request."""

    def __init__(self, server: Server, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers = headers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()

    def ask(self, path: str, **headers: str) -> Answer:
        """GET, whatever comes of it."""
        begin = time.perf_counter()
        try:
            answer, body = self._exchange(path, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server has closed a connection that was idle.
            self.connection.close()
            begin = time.perf_counter()
            answer, body = self._exchange(path, headers)
        return Answer(answer.status, answer.headers, body, time.perf_counter() - begin)

    def get(self, path: str, **headers: str) -> Answer:
        """GET what must be there."""
        answer = self.ask(path, **headers)
        if answer.status != 200:
            raise WrongAnswerError(f"{path}: {answer.status}")
        return answer

    def _exchange(
        self, path: str, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers={**self.headers, **headers})
        answer = self.connection.getresponse()
        return answer, answer.read()
