"""Load from a process of its own: prepared requests at a constant rate, or as fast as answers come.

At a constant rate a request is due whether or not earlier ones were answered, and its latency
counts from then: a server that falls behind cannot hide it. One thread and one selector, so that
the generator leaves the cores to the server.
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

PATIENCE_SECONDS = 60


class Plan(NamedTuple):
    """What to send. Without a rate, each connection sends as soon as it is answered; without an
    end, it is once through the requests, else round and round until so many seconds are over."""

    requests: Sequence[bytes]
    per_second: float | None = None
    seconds: float | None = None
    connections: int = 8


class Answer(NamedTuple):
    number: int  # of the request, counted from 0 and on when it goes round
    status: int
    seconds: float
    head: bytes
    body: bytes


class BrokenError(Exception):
    """A connection that ended in the middle, or a server that does not answer."""


@dataclass(eq=False)
class _Stream:
    """A plan under way."""

    plan: Plan
    begin: float
    sent: int = 0
    idle: "deque[_Connection]" = field(default_factory=deque)
    busy: int = 0
    answers: list[Answer] = field(default_factory=list)

    def due(self) -> float | None:
        """When the next request is to be sent; None if there is none left."""
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

    def answer(self) -> Answer | None:
        """The answer, if all of it is here."""
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < int(header(head, b"content-length") or 0):
            return None
        return Answer(
            self.number, int(head[9:12]), time.perf_counter() - self.due, head + b"\r\n", body
        )


def run(port: int, plans: Sequence[Plan], keeps: bool = True) -> list[list[Answer]]:
    """The answers to each plan, in the order in which they came; all plans begin together.

    Unless it `keeps` them, of heads and bodies only the first thousand come back.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (port, plans, keeps))


def get(path: str, **headers: str) -> bytes:
    """A GET request. Names of headers are written with _ for -."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{''.join(lines)}\r\n".encode()


def header(head: bytes, name: bytes) -> bytes:
    """A header's value in the lines of a head; empty if it is not there."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    return head[at + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def percentile(answers: Sequence[Answer], share: float) -> float:
    """The seconds within which this share of the answers came."""
    return sorted(answer.seconds for answer in answers)[int(len(answers) * share)]


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def _run(port: int, plans: Sequence[Plan], keeps: bool) -> list[list[Answer]]:
    gc.disable()
    poll = selectors.DefaultSelector()
    begin = time.perf_counter() + 0.1
    streams = [_Stream(plan, begin) for plan in plans]
    heard = time.perf_counter()
    while True:
        waits = [_send(poll, port, stream) for stream in streams]
        if not any(stream.busy for stream in streams) and not any(
            stream.due() is not None for stream in streams
        ):
            break
        events = poll.select(max(0.0, min(waits)))
        for key, _ in events:
            _receive(poll, port, key.data, keeps)
        now = time.perf_counter()
        heard = now if events else heard
        if now - heard > PATIENCE_SECONDS:
            raise BrokenError(f"no answer for {PATIENCE_SECONDS} seconds")
    for key in list(poll.get_map().values()):
        key.data.socket.close()
    return [stream.answers for stream in streams]


def _send(poll: selectors.BaseSelector, port: int, stream: _Stream) -> float:
    """Send what is due, as far as connections are free; seconds until there is more to do."""
    while (due := stream.due()) is not None:
        now = time.perf_counter()
        if due > now:
            return due - now
        if not stream.idle and stream.busy == stream.plan.connections:
            return 1.0
        # Opened when there is something to send: a server thread waits for a new one to speak.
        connection = stream.idle.popleft() if stream.idle else _connect(poll, port, stream)
        number, stream.sent = stream.sent, stream.sent + 1
        stream.busy += 1
        try:
            connection.send(number, due if stream.plan.per_second else now)
        except ConnectionError:
            _again(poll, port, connection)
    return 1.0


def _receive(poll: selectors.BaseSelector, port: int, connection: _Connection, keeps: bool) -> None:
    stream = connection.stream
    try:
        data = connection.socket.recv(1 << 18)
    except ConnectionError:
        data = b""
    if data:
        connection.received += data
        if (answer := connection.answer()) is None:
            return
        if not keeps and len(stream.answers) >= 1000:
            answer = answer._replace(head=b"", body=b"")
        stream.answers.append(answer)
        stream.busy -= 1
        if header(answer.head, b"connection").lower() != b"close":
            connection.request = b""
            stream.idle.append(connection)
            return
    if data or not connection.request:  # at its end
        if connection in stream.idle:
            stream.idle.remove(connection)
        _disconnect(poll, connection)
    elif connection.received:
        raise BrokenError(f"cut off: {connection.request[:80]!r}")
    else:
        _again(poll, port, connection)


def _again(poll: selectors.BaseSelector, port: int, connection: _Connection) -> None:
    """Send on a new connection what met the end of one that had been idle for long."""
    _disconnect(poll, connection)
    _connect(poll, port, connection.stream).send(connection.number, connection.due)


def _connect(poll: selectors.BaseSelector, port: int, stream: _Stream) -> _Connection:
    plug = socket.create_connection(("127.0.0.1", port))
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = _Connection(stream, plug)
    poll.register(plug, selectors.EVENT_READ, connection)
    return connection


def _disconnect(poll: selectors.BaseSelector, connection: _Connection) -> None:
    poll.unregister(connection.socket)
    connection.socket.close()
