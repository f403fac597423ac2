"""The real server without a proxy, under clients that do not finish what they send."""

import http.client
import json
import socket
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from urllib.parse import urlencode

import pytest
from django.conf import settings

from drawings.models import Drawing
from drawings.tests import samples
from drawings.tests.server import Server

CLIENTS = 100
SECONDS = 2.0  # within which others are answered
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /drawings/ HTTP/1.1\r\nHost: localhost\r\n"
BODY = urlencode({"canvas_data": samples.brightness_list("0")}).encode()
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

    assert max(waited) < SECONDS, waited


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

    assert max(waited) < SECONDS, waited


# --- Requests in pieces ---------------------------------------------------------------------


def answers(client, count):
    for _ in range(count):
        response = http.client.HTTPResponse(client)
        response.begin()
        yield response, response.read()


@pytest.mark.parametrize("step", [1, 7, 4_096])
def test_a_request_in_pieces_is_taken_as_it_was_sent(alone, transactional_db, step):
    title = "äöü " * 20
    body = json.dumps({"title": title}).encode() + b" " * 500
    ends = [*range(step, len(SUBMISSION), step * max(1, len(SUBMISSION) // step // 400))]
    with closing(connect(alone)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = 0
        for end in [*ends, len(SUBMISSION)]:
            client.sendall(SUBMISSION[begin:end])
            begin = end
        [(response, answer)] = answers(client, 1)

    assert response.status == 200, (title, body)
    assert str(Drawing.objects.get().id) == json.loads(answer)["unique_id"]
