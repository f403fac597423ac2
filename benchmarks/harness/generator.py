"""A load generator in its own process, at a constant rate or as fast as the server responds.

At a constant rate a request is due whether or not earlier ones were answered, and its latency
counts from then: a server that falls behind cannot hide it. The generator uses one thread and one
selector, to leave the cores to the server.
"""

import gc
import multiprocessing
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

TIMEOUT_SECONDS = 60


class Plan(NamedTuple):
    """What to send, and how.

    Without `per_second`, each connection sends its next request as soon as it has a response.
    Without `seconds`, each request is sent once; else they repeat until that time is over.
    """

    requests: Sequence[bytes]
    per_second: float | None = None
    seconds: float | None = None
    connections: int = 8


class Response(NamedTuple):
    number: int  # of the request, from 0; continues when the requests repeat
    status: int
    seconds: float
    head: bytes
    body: bytes


class BrokenError(Exception):
    """A connection ended in the middle of a response, or the server does not respond."""


@dataclass(eq=False)
class _Stream:
    """The state of a running plan."""

    plan: Plan
    begin: float
    sent: int = 0
    idle: "deque[_Connection]" = field(default_factory=deque)
    busy: int = 0
    responses: list[Response] = field(default_factory=list)

    def next_due(self) -> float | None:
        """When to send the next request, by time.perf_counter; None when the plan is done."""
        plan = self.plan
        when = self.begin + self.sent / plan.per_second if plan.per_second else self.begin
        if plan.seconds is None:
            return when if self.sent < len(plan.requests) else None
        end = self.begin + plan.seconds
        return when if max(when, 0 if plan.per_second else time.perf_counter()) < end else None


@dataclass(eq=False)
class _Connection:
    stream: _Stream
    socket: socket.socket
    number: int = 0
    due: float = 0.0
    request: bytes = b""
    received: bytes = b""

    def send(self, number: int, due: float) -> None:
        requests = self.stream.plan.requests
        self.number, self.due, self.received = number, due, b""
        self.request = requests[number % len(requests)]
        self.socket.sendall(self.request)

    def parse_response(self) -> Response | None:
        """The response, once all of it has been received."""
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < int(header_value(head, b"content-length") or 0):
            return None
        return Response(
            self.number, int(head[9:12]), time.perf_counter() - self.due, head + b"\r\n", body
        )


def run_plans(port: int, plans: Sequence[Plan], keep_bodies: bool = True) -> list[list[Response]]:
    """Start all plans together; the responses to each, in the order in which they arrived.

    Without `keep_bodies`, only the first thousand responses of a plan have their head and body.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run_plans, (port, plans, keep_bodies))


def build_get_request(path: str, **headers: str) -> bytes:
    """The bytes of a GET request. Header names are written with _ for -."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{''.join(lines)}\r\n".encode()


def header_value(head: bytes, name: bytes) -> bytes:
    """The value of a header in a response's head; empty if the header is absent."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    return head[at + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def percentile(responses: Sequence[Response], share: float) -> float:
    """The latency in seconds that this share of the responses (0 to 1) stayed below."""
    return sorted(response.seconds for response in responses)[int(len(responses) * share)]


def count_statuses(responses: Sequence[Response]) -> Counter[int]:
    return Counter(response.status for response in responses)


def _run_plans(port: int, plans: Sequence[Plan], keep_bodies: bool) -> list[list[Response]]:
    gc.disable()
    poll = selectors.DefaultSelector()
    begin = time.perf_counter() + 0.1
    streams = [_Stream(plan, begin) for plan in plans]
    last_event = time.perf_counter()
    while True:
        waits = [_send_due(poll, port, stream) for stream in streams]
        if not any(stream.busy for stream in streams) and not any(
            stream.next_due() is not None for stream in streams
        ):
            break
        events = poll.select(max(0.0, min(waits)))
        for key, _ in events:
            _receive(poll, port, key.data, keep_bodies)
        now = time.perf_counter()
        last_event = now if events else last_event
        if now - last_event > TIMEOUT_SECONDS:
            raise BrokenError(f"no response for {TIMEOUT_SECONDS} seconds")
    for key in list(poll.get_map().values()):
        key.data.socket.close()
    return [stream.responses for stream in streams]


def _send_due(poll: selectors.BaseSelector, port: int, stream: _Stream) -> float:
    """Send the requests that are due while connections are free; the seconds until the next."""
    while (due := stream.next_due()) is not None:
        now = time.perf_counter()
        if due > now:
            return due - now
        if not stream.idle and stream.busy == stream.plan.connections:
            return 1.0
        # Connect only when there is a request to send: a server thread waits for it.
        connection = stream.idle.popleft() if stream.idle else _connect(poll, port, stream)
        number, stream.sent = stream.sent, stream.sent + 1
        stream.busy += 1
        try:
            connection.send(number, due if stream.plan.per_second else now)
        except ConnectionError:
            _resend(poll, port, connection)
    return 1.0


def _receive(
    poll: selectors.BaseSelector, port: int, connection: _Connection, keep_bodies: bool
) -> None:
    stream = connection.stream
    try:
        data = connection.socket.recv(1 << 18)
    except ConnectionError:
        data = b""
    if data:
        connection.received += data
        if (response := connection.parse_response()) is None:
            return
        if not keep_bodies and len(stream.responses) >= 1000:
            response = response._replace(head=b"", body=b"")
        stream.responses.append(response)
        stream.busy -= 1
        if header_value(response.head, b"connection").lower() != b"close":
            connection.request = b""
            stream.idle.append(connection)
            return
    if data or not connection.request:  # closed after a response, or while idle
        if connection in stream.idle:
            stream.idle.remove(connection)
        _disconnect(poll, connection)
    elif connection.received:
        raise BrokenError(f"cut off: {connection.request[:80]!r}")
    else:
        _resend(poll, port, connection)


def _resend(poll: selectors.BaseSelector, port: int, connection: _Connection) -> None:
    """Repeat a request on a new connection: the server had closed the idle one."""
    _disconnect(poll, connection)
    _connect(poll, port, connection.stream).send(connection.number, connection.due)


def _connect(poll: selectors.BaseSelector, port: int, stream: _Stream) -> _Connection:
    new = socket.create_connection(("127.0.0.1", port))
    new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = _Connection(stream, new)
    poll.register(new, selectors.EVENT_READ, connection)
    return connection


def _disconnect(poll: selectors.BaseSelector, connection: _Connection) -> None:
    poll.unregister(connection.socket)
    connection.socket.close()
