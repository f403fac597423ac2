"""gunicorn's threaded worker, with an event loop that receives requests whole and shares
connections evenly with the other workers.

The loop runs in the main thread. No thread of the pool sees a connection before its request is
whole, so clients that send slowly hold no thread. Sockets are plain ones: TLS is a proxy's work.

This relies on more of gunicorn than it documents: on TConn, and of ThreadWorker on what `Worker`
overrides and on `poller`, `nr_conns`, `worker_connections`, `keepalived_conns` and `sockets`. So
gunicorn is pinned to its minor release.
"""

import resource
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from errno import EAGAIN, ECONNABORTED
from functools import cache, partial
from selectors import EVENT_READ
from socket import MSG_DONTWAIT
from typing import Any

from django.conf import settings
from gunicorn import http
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from drawsite.server.balance import Share, Shares
from drawsite.server.request_buffer import Limits, RequestBuffer

RECEIVE_BYTES = 65_536
# Requests above LARGE_BYTES may take MOST_BYTES of a worker's memory, together.
LARGE_BYTES = 65_536
MOST_BYTES = 64_000_000
# For this long a closed connection is read from, so that its client sees the answer, not a reset.
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.25
# For this long the listener is not looked at when its connections are left to other workers.
ASIDE_SECONDS = 0.001
# A connection that has asked for nothing for this long makes no work, and does not count.
DORMANT_SECONDS = 0.5

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(TConn):  # type: ignore[misc]
    """gunicorn's connection, and the request that arrives on it."""

    def __init__(self, worker: "Worker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.buffer = RequestBuffer(worker.limits, time.monotonic())
        self.is_polled = False  # the event loop looks at it
        self.is_handled = False  # a thread has its request
        self.has_more = False  # and something has come behind that
        self.is_last = False  # the connection closes after this request
        self.data_ready = True  # threads need not wait for the request


class Worker(ThreadWorker):  # type: ignore[misc]
    share: Share  # given by `claim_share`

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        head = self.cfg.limit_request_fields * (self.cfg.limit_request_field_size + 2) + 4
        self.limits = Limits(self.cfg.limit_request_line, head, settings.MAX_UPLOAD_BYTES)
        self.receiving: set[Connection] = set()
        self.large: dict[Connection, int] = {}  # bytes of large requests that arrive or are handled
        self.lingering: dict[socket.socket, float] = {}  # until when
        self.dormant = 0  # so many connections
        self.next_sweep = 0.0
        self.aside_until: float | None = None

    def init_process(self) -> None:
        # The usual limit of 1,024 files is too low for all connections that a worker may have.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    # --- Accepting --------------------------------------------------------------------------

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it to a worker that has fewer."""
        if self.aside_until is not None:
            return  # one of several listeners that were ready at once has made us step aside
        now = time.monotonic()
        welcome = self.share.welcome(now)
        if welcome == 0:
            self.step_aside(now)
        while welcome > 0 and self.nr_conns < self.worker_connections and self.take(listener):
            welcome -= 1

    def take(self, listener: Any) -> bool:
        """Accept a connection. Returns whether there was one."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (EAGAIN, ECONNABORTED):
                raise
            return error.errno == ECONNABORTED
        self.nr_conns += 1
        self.publish()
        self.enqueue_req(Connection(self, sock, client, listener.getsockname()))
        return True

    def set_accept_enabled(self, enabled: bool) -> None:
        """When the worker ends, accept queued connections, then close the listeners.

        gunicorn would leave them open, without looking at them, until the last request is answered,
        and so cut off clients that connect meanwhile. Closed ones tell them at once to try another
        server.
        """
        self.step_back()
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            self.share.leave()
            for listener in self.sockets:
                while self.take(listener):
                    pass
                listener.close()
            self.sockets.clear()

    def step_aside(self, now: float) -> None:
        """Stop looking at the listeners for ASIDE_SECONDS: without this, the loop would spin."""
        for listener in self.sockets:
            self.poller.unregister(listener)
        self.aside_until = now + ASIDE_SECONDS

    def step_back(self) -> None:
        if self.aside_until is not None:
            self.aside_until = None
            for listener in self.sockets:
                self.poller.register(listener, EVENT_READ, self.accept)

    def publish(self) -> None:
        if self.alive:
            self.share.publish(max(0, self.nr_conns - len(self.lingering) - self.dormant))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        self.publish()
        if self.aside_until is not None:
            timeout = min(timeout, ASIDE_SECONDS)
        super().wait_for_and_dispatch_events(timeout)
        if self.aside_until is not None and time.monotonic() >= self.aside_until:
            self.step_back()

    # --- Receiving --------------------------------------------------------------------------

    def enqueue_req(self, conn: Connection) -> None:
        """Receive the next request, then hand the connection to a thread."""
        conn.has_more = False
        conn.buffer.restart(time.monotonic())
        self.receive(conn)

    def on_readable(self, conn: Connection, _: object) -> None:
        if not conn.is_polled:
            return  # closed since the poller reported it
        if conn.is_handled:
            # The next request, mostly, just before `finish_request` is called for the last one.
            # Connections are polled all the time, as changing that takes longer than this.
            if conn.has_more:
                self.stop_polling(conn)
            conn.has_more = True
        elif conn in self.receiving:
            self.receive(conn)
        else:
            self.keepalived_conns.remove(conn)
            self.enqueue_req(conn)

    def receive(self, conn: Connection) -> None:
        """Take what has arrived, without waiting for more."""
        if not conn.buffer.is_whole:
            try:
                data = conn.sock.recv(RECEIVE_BYTES, MSG_DONTWAIT)
                conn.buffer.add(data)
                is_over = not data and not conn.buffer.end()
            except BlockingIOError:
                is_over = False
            except OSError:
                is_over = True
            if is_over:
                self.drop(conn)
                return
        if conn.buffer.is_whole:
            self.submit(conn)
            return
        self.receiving.add(conn)
        self.poll(conn)
        if conn.buffer.accept_body():
            with suppress(OSError):
                conn.sock.send(CONTINUE, MSG_DONTWAIT)
        if len(conn.buffer) > LARGE_BYTES:
            self.large[conn] = len(conn.buffer)
            self.make_room()

    def submit(self, conn: Connection) -> None:
        """Hand a whole request to a thread, which reads it from memory alone."""
        self.receiving.discard(conn)
        conn.is_handled = True
        pieces, conn.is_last = conn.buffer.take()
        conn.parser = http.get_parser(self.cfg, iter(pieces), conn.client)
        super().enqueue_req(conn)

    def poll(self, conn: Connection) -> None:
        if not conn.is_polled:
            conn.is_polled = True
            # A thread may have closed a connection whose answer broke off: the poller then has its
            # number still, which the system has given to this one.
            with suppress(KeyError):
                self.poller.unregister(conn.sock)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_readable, conn))

    def stop_polling(self, conn: Connection) -> None:
        if conn.is_polled:
            conn.is_polled = False
            with suppress(KeyError, ValueError):  # a thread has closed it
                self.poller.unregister(conn.sock)

    def drop(self, conn: Connection, answer: bytes = b"") -> None:
        """Close a connection, without an answer or with this one."""
        if answer:
            with suppress(OSError):
                conn.sock.send(answer, MSG_DONTWAIT)
        self.receiving.discard(conn)
        self.large.pop(conn, None)
        self.stop_polling(conn)
        self.nr_conns -= 1
        if answer:
            self.linger(conn.sock)
        else:
            conn.close()

    def make_room(self) -> None:
        """Drop the largest unfinished requests, as far as memory is short."""
        while sum(self.large.values()) > MOST_BYTES:
            unfinished = self.receiving & self.large.keys()
            if not unfinished:
                break
            self.drop(max(unfinished, key=self.large.__getitem__))

    # --- Answering --------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Answer a request. Runs in a thread."""
        if conn.is_last or self.share.sheds(time.monotonic()):
            req.force_close()
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Wait for the next request of a kept connection, or close it."""
        conn.is_handled = False
        self.large.pop(conn, None)
        if fs.cancelled() or fs.exception() or not fs.result():
            self.stop_polling(conn)
            self.nr_conns -= 1
            self.linger(conn.sock)
        elif conn.has_more or len(conn.buffer):
            self.enqueue_req(conn)
        else:
            conn.set_timeout()
            if not self.alive:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
            self.keepalived_conns.append(conn)
            self.poll(conn)

    def linger(self, sock: socket.socket) -> None:
        """Close a connection once its client has, or after LINGER_SECONDS.

        gunicorn has the event loop, and so everybody, wait for the client.
        """
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            sock.close()
            return
        self.nr_conns += 1
        self.lingering[sock] = time.monotonic() + LINGER_SECONDS
        self.poller.register(sock, EVENT_READ, self.read_away)

    def read_away(self, sock: socket.socket) -> None:
        try:
            is_over = not sock.recv(RECEIVE_BYTES, MSG_DONTWAIT)
        except BlockingIOError:
            is_over = False
        except OSError:
            is_over = True
        if is_over:
            self.let_go(sock)

    def let_go(self, sock: socket.socket) -> None:
        del self.lingering[sock]
        self.poller.unregister(sock)
        self.nr_conns -= 1
        sock.close()

    # --- Time limits ------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """Close connections that are over time. gunicorn calls this on each turn of its loop."""
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + SWEEP_SECONDS
        for conn in [conn for conn in self.receiving if now > conn.buffer.deadline]:
            self.drop(conn, b"" if conn.buffer.is_silent else TOO_SLOW)
        for sock in [sock for sock, until in self.lingering.items() if now > until]:
            self.let_go(sock)
        if not self.alive:
            # As with kept connections: a client may be sending its first request just now.
            for conn in self.receiving:
                if conn.buffer.is_silent:
                    conn.buffer.hurry(now + STOP_KEEPALIVE_LINGER)
        since = now - DORMANT_SECONDS
        kept = sum(conn.timeout - self.cfg.keepalive < since for conn in self.keepalived_conns)
        self.dormant = kept + sum(conn.buffer.began < since for conn in self.receiving)


@cache
def shares() -> Shares:
    """Made in the process that forks the workers. During a reload there are twice as many."""
    return Shares(2 * settings.WEB_WORKERS + 1)


def claim_share(worker: Worker, others: list[Worker]) -> None:
    """Give a worker that is about to be forked its share of the connections."""
    worker.share = shares().claim({other.share.place for other in others})
