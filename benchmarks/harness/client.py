"""An HTTP client on one keep-alive connection, to measure latencies and check responses."""

import http.client
import time
from collections.abc import Sequence
from statistics import median
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.harness.site import Server
from benchmarks.harness.table import WrongAnswerError

TIMES = 100


class Response(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float


class Client:
    """Sends the given headers with every request."""

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

    def request(self, path: str, **headers: str) -> Response:
        """GET a path, whatever the status of the response."""
        begin = time.perf_counter()
        try:
            response, body = self._exchange(path, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server has closed the idle connection.
            self.connection.close()
            begin = time.perf_counter()
            response, body = self._exchange(path, headers)
        return Response(response.status, response.headers, body, time.perf_counter() - begin)

    def get(self, path: str, **headers: str) -> Response:
        """GET a path. Raises WrongAnswerError unless the status is 200."""
        response = self.request(path, **headers)
        if response.status != 200:
            raise WrongAnswerError(f"{path}: {response.status}")
        return response

    def _exchange(
        self, path: str, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers={**self.headers, **headers})
        response = self.connection.getresponse()
        return response, response.read()


def get_alternately(targets: Sequence[tuple[Client, str]], times: int = TIMES) -> list[Response]:
    """GET each client's path, `times` times after one warm-up.

    Requests alternate, so that other load on the machine affects all targets alike. Returns the
    last response of each target, with the median of its seconds.
    """
    responses = [[client.get(path)] for client, path in targets]
    for _ in range(times):
        for so_far, (client, path) in zip(responses, targets, strict=True):
            so_far.append(client.get(path))
    return [
        so_far[-1]._replace(seconds=median(response.seconds for response in so_far[1:]))
        for so_far in responses
    ]
