"""The real server without a proxy, with clients that do not finish their requests."""

import http.client
import json
import resource
import socket
import struct
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from django.conf import settings

from drawings.models import Drawing
from drawsite.server.request_buffer import HEAD_SECONDS
from drawsite.server.worker import MAX_MEMORY_BYTES
from tests.support.server import Server

pytestmark = pytest.mark.server_alone

CLIENTS = 100
MAX_SECONDS = 2.0  # for responses to other clients
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /drawings/ HTTP/1.1\r\nHost: localhost\r\n"
NUMBERS = [number % 251 for number in range(40_000)]
BODY = urlencode({"canvas_data": json.dumps(NUMBERS)}).encode()
SUBMISSION = (
    b"POST /postmethod HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
) + BODY


def unfinished(size, sent, more=b""):
    return POST + b"Content-Length: %d\r\n%s\r\n" % (size, more) + b"x" * sent


KINDS = {
    "nothing": b"",
    "half a head": POST + b"Accept: text",
    "half of 5 kB": unfinished(5_000, 2_500),
    "half of 1.9 MB": unfinished(1_900_000, 950_000),
    "a body in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a body that is too large": unfinished(settings.MAX_UPLOAD_BYTES + 1, 100),
    "a whole request and half of another": WHOLE + unfinished(5_000, 2_500),
    "a wait for permission to send": unfinished(5_000, 0, b"Expect: 100-continue\r\n"),
    "a malformed head": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a head in another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 500,
    "a request to close that nobody closes": WHOLE[:-2] + b"Connection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def alone(static_files, django_db_setup):
    with Server(WEB_WORKERS="2") as server:
        yield server


@contextmanager
def crowd(server, data):
    with ExitStack() as stack:
        clients = []
        for _ in range(CLIENTS):
            client = stack.enter_context(closing(connect(server)))
            with suppress(ConnectionError):
                client.sendall(data)
            clients.append(client)
        yield clients


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def seconds_for(server, path):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    begin = time.monotonic()
    with closing(client):
        client.request("GET", path)
        assert client.getresponse().status == 200
    return time.monotonic() - begin


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_clients_that_do_not_finish_keep_nobody_waiting(alone, transactional_db, kind):
    seconds_for(alone, "/")
    with crowd(alone, KINDS[kind]):
        waited = [seconds_for(alone, path) for path in ("/healthz", "/", "/healthz", "/gallery/")]

    assert max(waited) < MAX_SECONDS, waited


def test_a_hundred_clients_that_send_byte_by_byte_keep_nobody_waiting(alone, transactional_db):
    seconds_for(alone, "/")
    is_over = threading.Event()

    def dribble(clients):
        while not is_over.wait(0.5):
            for client in clients:
                with suppress(OSError):
                    client.send(b"x")

    with crowd(alone, unfinished(5_000, 0)) as clients:
        thread = threading.Thread(target=dribble, args=[clients])
        thread.start()
        try:
            waited = [seconds_for(alone, path) for path in ("/healthz", "/") * 4]
        finally:
            is_over.set()
            thread.join()

    assert max(waited) < MAX_SECONDS, waited


# --- Time limits ----------------------------------------------------------------------------


def test_an_unfinished_request_is_answered_408_and_closed(alone, transactional_db):
    with closing(connect(alone)) as half, closing(connect(alone)) as silent:
        begin = time.monotonic()
        half.sendall(KINDS["half a head"])
        answer, nothing = half.recv(1000), silent.recv(1000)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert nothing == b""
    assert HEAD_SECONDS - 1 < time.monotonic() - begin < HEAD_SECONDS + 5


def test_a_server_that_stops_does_not_wait_for_silent_clients(static_files, transactional_db):
    with Server() as server, crowd(server, b""), crowd(server, WHOLE):
        seconds_for(server, "/healthz")
        begin = time.monotonic()
        server.process.terminate()
        server.process.wait(timeout=30)

    assert time.monotonic() - begin < HEAD_SECONDS - 2


def test_the_memory_for_unfinished_bodies_is_limited(static_files, transactional_db):
    """Together these bodies would take 190 MB."""
    with Server(WEB_WORKERS="1") as server:
        seconds_for(server, "/")
        before = memory(server)
        with crowd(server, unfinished(1_999_000, 1_900_000)):
            seconds_for(server, "/healthz")
            assert memory(server) - before < 2 * MAX_MEMORY_BYTES


def memory(server):
    """The resident memory of the worker, in bytes."""
    [worker] = server.workers()
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


# --- Whole requests -------------------------------------------------------------------------


def read(client, count):
    """Read `count` responses. Returns their statuses and bodies."""
    found = []
    with client.makefile("rb") as file:
        for _ in range(count):
            status = int(file.readline().split()[1])
            headers = http.client.parse_headers(file)
            found.append((status, file.read(int(headers["Content-Length"]))))
    return found


def pieces(step):
    """Yields a submission in some hundred pieces, every other one `step` bytes long."""
    stride = max(step, len(SUBMISSION) // 300)
    for begin in range(0, len(SUBMISSION), stride):
        yield SUBMISSION[begin : begin + step]
        yield SUBMISSION[begin + step : begin + stride]


@pytest.mark.parametrize("step", [1, 7, 4_096])
def test_a_request_in_pieces_arrives_unchanged(alone, transactional_db, step):
    with closing(connect(alone)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces(step):
            client.sendall(piece)
        [(status, answer)] = read(client, 1)

    assert status == 200
    drawing = Drawing.objects.get()
    assert str(drawing.id) == json.loads(answer)["unique_id"]
    assert np.array_equal(drawing.field.ravel(), NUMBERS)


def test_pipelined_requests_are_answered_in_order(alone, transactional_db):
    missing = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with closing(connect(alone)) as client:
        client.sendall(WHOLE + SUBMISSION + missing + WHOLE + SUBMISSION[:1000])
        first = read(client, 4)
        client.sendall(SUBMISSION[1000:])
        last = read(client, 1)

    assert [status for status, _ in first + last] == [200, 200, 404, 200, 200]
    assert Drawing.objects.count() == 2


def test_a_client_that_waits_for_permission_gets_it_once(alone, transactional_db):
    head, _, body = SUBMISSION.partition(b"\r\n\r\n")
    with closing(connect(alone)) as client:
        client.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_to_send_too_much_is_refused_at_once(alone, transactional_db):
    with closing(connect(alone)) as client:
        client.sendall(unfinished(settings.MAX_UPLOAD_BYTES + 1, 0, b"Expect: 100-continue\r\n"))
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (KINDS["a malformed head"], 400),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (KINDS["a body in chunks"], 400),
        (b"GET /" + b"x" * 5_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200_000, 431),
    ],
    ids=lambda value: value if isinstance(value, int) else value[:60],
)
def test_a_malformed_request_is_refused_and_its_connection_closed(
    alone, transactional_db, data, status
):
    with closing(connect(alone)) as client:
        with suppress(ConnectionError):
            client.sendall(data)
        assert client.recv(1000).startswith(b"HTTP/1.1 %d " % status)
        client.settimeout(5)
        with suppress(ConnectionError):
            while client.recv(65_536):
                pass


def test_clients_that_leave_without_reading_their_answers_do_no_harm(alone, transactional_db):
    workers = alone.workers()
    for number in range(300):
        with closing(connect(alone)) as client:
            client.sendall(WHOLE * (1 + number % 3))
            if number % 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    seconds_for(alone, "/healthz")

    assert alone.workers() == workers
