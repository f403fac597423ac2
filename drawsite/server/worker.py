"""gunicorn's threaded worker, with an event loop that receives complete requests and balances
connections with the other workers.

The loop runs in the main thread. A thread of the pool gets a connection only when its request is
complete, so slow clients hold no thread. Sockets are plain ones: TLS is left to a proxy.

This relies on undocumented parts of gunicorn: on TConn, on the methods of ThreadWorker that
`Worker` overrides, and on `poller`, `nr_conns`, `worker_connections`, `keepalived_conns` and
`sockets`. Therefore gunicorn is pinned to its minor release.
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
# Requests above LARGE_BYTES may together take MAX_MEMORY_BYTES in a worker; beyond that, incomplete
# ones are dropped.
LARGE_BYTES = 65_536
MAX_MEMORY_BYTES = 64_000_000
# How long to read from a closed connection, so that its client gets the response, not a reset.
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.25
# How long not to poll the listeners when their connections are left to other workers.
PAUSE_SECONDS = 0.001
# A connection without a request for this long makes no work, and is not counted when balancing.
DORMANT_SECONDS = 0.5

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(TConn):  # type: ignore[misc]
    """gunicorn's connection, with a buffer for the request that arrives on it."""

    def __init__(self, worker: "Worker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.buffer = RequestBuffer(worker.limits, time.monotonic())
        self.is_polled = False  # the event loop polls it
        self.is_handled = False  # a thread has its request
        self.has_more = False  # and more bytes have arrived after it
        self.is_last = False  # the connection closes after this request
        self.data_ready = True  # threads do not wait for the request


class Worker(ThreadWorker):  # type: ignore[misc]
    share: Share  # set by `claim_share`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        head = self.cfg.limit_request_fields * (self.cfg.limit_request_field_size + 2) + 4
        self.limits = Limits(self.cfg.limit_request_line, head, settings.MAX_UPLOAD_BYTES)
        self.receiving: set[Connection] = set()
        self.large: dict[Connection, int] = {}  # bytes of each large request
        self.lingering: dict[socket.socket, float] = {}  # deadlines
        self.dormant = 0  # number of connections, as of the last sweep
        self.next_sweep = 0.0
        self.paused_until: float | None = None

    def init_process(self) -> None:
        # The usual limit of 1,024 files is too low for the connections of a worker.
        _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
        super().init_process()

    # --- Accepting --------------------------------------------------------------------------

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it to a worker with fewer."""
        if self.paused_until is not None:
            return  # another listener that was ready at the same time has paused accepting
        now = time.monotonic()
        count = self.share.connections_to_accept(now)
        if count == 0:
            self.pause_accepting(now)
        while count > 0 and self.nr_conns < self.worker_connections and self.accept_one(listener):
            count -= 1

    def accept_one(self, listener: Any) -> bool:
        """Accept a connection. Returns False if the queue is empty."""
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
        """When the worker stops, accept queued connections, then close the listeners.

        gunicorn would leave them open, without accepting, until the last request is answered, and
        then reset clients that have connected meanwhile. Closed listeners refuse them at once, so
        that they can try another server.
        """
        self.resume_accepting()
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            self.share.leave()
            for listener in self.sockets:
                while self.accept_one(listener):
                    pass
                listener.close()
            self.sockets.clear()

    def pause_accepting(self, now: float) -> None:
        """Stop polling the listeners for PAUSE_SECONDS. Otherwise the loop would spin."""
        for listener in self.sockets:
            self.poller.unregister(listener)
        self.paused_until = now + PAUSE_SECONDS

    def resume_accepting(self) -> None:
        if self.paused_until is not None:
            self.paused_until = None
            for listener in self.sockets:
                self.poller.register(listener, EVENT_READ, self.accept)

    def publish(self) -> None:
        if self.alive:
            self.share.publish(max(0, self.nr_conns - len(self.lingering) - self.dormant))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        self.publish()
        if self.paused_until is not None:
            timeout = min(timeout, PAUSE_SECONDS)
        super().wait_for_and_dispatch_events(timeout)
        if self.paused_until is not None and time.monotonic() >= self.paused_until:
            self.resume_accepting()

    # --- Receiving --------------------------------------------------------------------------

    def enqueue_req(self, conn: Connection) -> None:
        """Receive the next request, then hand the connection to a thread."""
        conn.has_more = False
        conn.buffer.restart(time.monotonic())
        self.receive(conn)

    def on_readable(self, conn: Connection, _: object) -> None:
        if not conn.is_polled:
            return  # closed after the poller reported it
        if conn.is_handled:
            # Usually the next request, just before `finish_request` is called for the last one.
            # Handled connections stay registered, because unregistering each takes longer.
            if conn.has_more:
                self.stop_polling(conn)
            conn.has_more = True
        elif conn in self.receiving:
            self.receive(conn)
        else:
            self.keepalived_conns.remove(conn)
            self.enqueue_req(conn)

    def receive(self, conn: Connection) -> None:
        """Read the bytes that have arrived, without waiting for more."""
        if not conn.buffer.is_complete:
            try:
                data = conn.sock.recv(RECEIVE_BYTES, MSG_DONTWAIT)
                conn.buffer.add(data)
                has_ended = not data and not conn.buffer.end()
            except BlockingIOError:
                has_ended = False
            except OSError:
                has_ended = True
            if has_ended:
                self.drop(conn)
                return
        if conn.buffer.is_complete:
            self.submit(conn)
            return
        self.receiving.add(conn)
        self.poll(conn)
        if conn.buffer.take_expectation():
            with suppress(OSError):
                conn.sock.send(CONTINUE, MSG_DONTWAIT)
        if len(conn.buffer) > LARGE_BYTES:
            self.large[conn] = len(conn.buffer)
            self.limit_memory()

    def submit(self, conn: Connection) -> None:
        """Hand a complete request to a thread, which reads it from memory only."""
        self.receiving.discard(conn)
        conn.is_handled = True
        pieces, conn.is_last = conn.buffer.take()
        conn.parser = http.get_parser(self.cfg, iter(pieces), conn.client)
        super().enqueue_req(conn)

    def poll(self, conn: Connection) -> None:
        if not conn.is_polled:
            conn.is_polled = True
            # A thread may have closed another connection while answering. The poller then still has
            # its file descriptor, which the system has now given to this one.
            with suppress(KeyError):
                self.poller.unregister(conn.sock)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_readable, conn))

    def stop_polling(self, conn: Connection) -> None:
        if conn.is_polled:
            conn.is_polled = False
            with suppress(KeyError, ValueError):  # a thread has closed the socket
                self.poller.unregister(conn.sock)

    def drop(self, conn: Connection, response: bytes = b"") -> None:
        """Close a connection, after sending the response if there is one."""
        if response:
            with suppress(OSError):
                conn.sock.send(response, MSG_DONTWAIT)
        self.receiving.discard(conn)
        self.large.pop(conn, None)
        self.stop_polling(conn)
        self.nr_conns -= 1
        if response:
            self.linger(conn.sock)
        else:
            conn.close()

    def limit_memory(self) -> None:
        """Drop the largest incomplete requests until the large ones fit into MAX_MEMORY_BYTES."""
        while sum(self.large.values()) > MAX_MEMORY_BYTES:
            incomplete = self.receiving & self.large.keys()
            if not incomplete:
                break
            self.drop(max(incomplete, key=self.large.__getitem__))

    # --- Answering --------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Answer a request. Runs in a thread."""
        if conn.is_last or self.share.should_shed(time.monotonic()):
            req.force_close()
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Keep the connection and wait for its next request, or close it."""
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

        gunicorn blocks the event loop, and so all other clients, until this client closes.
        """
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            sock.close()
            return
        self.nr_conns += 1
        self.lingering[sock] = time.monotonic() + LINGER_SECONDS
        self.poller.register(sock, EVENT_READ, self.discard_input)

    def discard_input(self, sock: socket.socket) -> None:
        try:
            has_ended = not sock.recv(RECEIVE_BYTES, MSG_DONTWAIT)
        except BlockingIOError:
            has_ended = False
        except OSError:
            has_ended = True
        if has_ended:
            self.close_lingering(sock)

    def close_lingering(self, sock: socket.socket) -> None:
        del self.lingering[sock]
        self.poller.unregister(sock)
        self.nr_conns -= 1
        sock.close()

    # --- Time limits ------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """Close connections past their deadlines. gunicorn calls this in each pass of its loop."""
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + SWEEP_SECONDS
        for conn in [conn for conn in self.receiving if now > conn.buffer.deadline]:
            self.drop(conn, b"" if conn.buffer.is_silent else TOO_SLOW)
        for sock in [sock for sock, deadline in self.lingering.items() if now > deadline]:
            self.close_lingering(sock)
        if not self.alive:
            # Like kept connections: a client may be about to send its first request.
            for conn in self.receiving:
                if conn.buffer.is_silent:
                    conn.buffer.limit_deadline(now + STOP_KEEPALIVE_LINGER)
        since = now - DORMANT_SECONDS
        kept = sum(conn.timeout - self.cfg.keepalive < since for conn in self.keepalived_conns)
        self.dormant = kept + sum(conn.buffer.began < since for conn in self.receiving)


@cache
def shares() -> Shares:
    """Returns the shares, created in the process that forks the workers. During a reload there are
    twice as many workers."""
    return Shares(2 * settings.WEB_WORKERS + 1)


def claim_share(worker: Worker, others: list[Worker]) -> None:
    """Give a worker its share of the connections, before it is forked."""
    worker.share = shares().claim({other.share.slot for other in others})
