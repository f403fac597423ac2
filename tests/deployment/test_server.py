"""The real server: gunicorn's processes, sockets and concurrent clients."""

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from django.conf import settings

from drawings.models import Drawing
from tests.support.server import Server


@pytest.fixture
def connection(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        yield connection


def test_fifty_sends_of_one_drawing_at_once_are_one_row(server):
    key = str(uuid.uuid4())
    start = str(time.time() + 2)
    command = [
        sys.executable,
        "-m",
        "tests.support.programs.duplicate_sends",
        server.url,
        key,
        "10",
        start,
    ]
    senders = [
        subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) for _ in range(5)
    ]
    answers = [answer for sender in senders for answer in json.loads(sender.communicate()[0])]

    drawing = Drawing.objects.get()
    assert Counter(status for status, _ in answers) == {201: 1, 200: 49}
    assert {id for _, id in answers} == {str(drawing.id)}
    assert str(drawing.submission_key) == key


def test_a_server_that_is_told_to_stop_answers_everybody_who_has_come(transactional_db):
    body = urllib.parse.urlencode({"canvas_data": json.dumps([0, 255] * 20_000)})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answered = []

    def send_until_refused(port):
        while True:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
                try:
                    client.connect()
                except ConnectionRefusedError:
                    return
                client.request("POST", "/postmethod", body, headers)
                answered.append(client.getresponse().status)

    with Server() as server, ThreadPoolExecutor(16) as threads:
        clients = [threads.submit(send_until_refused, server.port) for _ in range(16)]
        while len(answered) < 32:
            time.sleep(0.01)
        server.process.terminate()
        for client in clients:
            client.result()
        assert server.process.wait(timeout=30) == 0

    assert set(answered) <= {200, 503}  # 503 if the server is busy
    assert Drawing.objects.count() == answered.count(200) > 0


def test_the_script_of_the_flask_app_works_unchanged(server):
    """The script sends the list as text by jQuery's $.post, then opens /results/<id>."""
    numbers = [float(number % 251) for number in range(40_000)]
    request = urllib.request.Request(
        f"{server.url}/postmethod",
        urllib.parse.urlencode({"canvas_data": json.dumps(numbers)}).encode(),
        {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Requested-With": "XMLHttpRequest",
        },
    )

    with urllib.request.urlopen(request) as response:
        assert response.headers["Content-Type"] == "application/json"
        unique_id = json.load(response)["unique_id"]

    with urllib.request.urlopen(f"{server.url}/results/{unique_id}") as page:
        assert page.status == 200
        assert page.url == f"{server.url}/drawings/{unique_id}/"
    field = Drawing.objects.get(pk=unique_id).field
    assert np.array_equal(field.ravel(), np.array(numbers, np.uint8))


def test_a_body_over_the_limit_gets_a_response_instead_of_a_reset(connection):
    connection.request(
        "POST",
        "/drawings/",
        b"x" * 20 * settings.MAX_UPLOAD_BYTES,
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )

    response = connection.getresponse()

    assert response.status == 413
    assert "2,000,000 bytes" in json.load(response)["errors"]["request"][0]


def test_a_chunked_body_is_refused(connection):
    connection.request(
        "POST", "/postmethod", iter([b"canvas_data=", b"[1]"]), {"Accept": "application/json"},
        encode_chunked=True,
    )  # fmt: skip

    response = connection.getresponse()

    assert response.status == 400
    assert "Content-Length" in json.load(response)["errors"]["request"][0]


def test_a_body_that_breaks_off_stores_nothing(server):
    body = urllib.parse.urlencode({"canvas_data": json.dumps([0, 255] * 20_000)}).encode()
    head = (
        "POST /postmethod HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body) + 10}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "x/y; charset=rot13"},
        {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"},
        {"Content-Type": "text/plain; x*=bogus''y"},
        {"Content-Type": "text/plain; x*=utf-8''y; x*0=z"},
        {"Accept": "text/html; x*=bogus''y"},
        {"Accept": "text/html; x*=utf-8''y; x*0=z"},
    ],
    ids=str,
)
@pytest.mark.parametrize("address", ["/", "/nowhere", "/postmethod"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_header_makes_the_server_fail(connection, method, address, headers):
    connection.request(method, address, b"--x--" if method == "POST" else None, headers)

    assert connection.getresponse().status < 500


def stylesheet_of(connection):
    connection.request("GET", "/gallery/")
    page = connection.getresponse().read().decode()
    return page.partition('rel="stylesheet" href="')[2].partition('"')[0]


def status_of(server, head):
    """Send a request with exactly this head. Returns the status of the response."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(f"{head}\r\n\r\n".encode())
        return int(client.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("protocol", "hosts", "status"),
    [
        ("HTTP/1.1", ["localhost"], 200),
        ("HTTP/1.1", [], 400),
        ("HTTP/1.1", [""], 400),
        ("HTTP/1.1", ["localhost", "localhost"], 400),
        ("HTTP/1.1", ["localhost", "evil.example"], 400),
        ("HTTP/1.0", [], 200),  # as in health checks of some proxies
        ("HTTP/1.0", [""], 400),
        ("HTTP/1.0", ["localhost", "localhost"], 400),
    ],
    ids=str,
)
def test_each_request_needs_one_host_except_in_http_1_0(
    server, connection, protocol, hosts, status
):
    lines = [f"Host: {host}" for host in hosts]
    for path in ("/", "/gallery/", "/healthz", "/readyz", stylesheet_of(connection)):
        head = "\r\n".join([f"GET {path} {protocol}", *lines, "Connection: close"])

        assert status_of(server, head) == status, path


def test_a_host_in_the_request_line_does_not_replace_the_header(server):
    line = f"GET {server.url}/ HTTP/1.1"

    assert status_of(server, f"{line}\r\nConnection: close") == 400


def test_static_files_are_immutable_and_pages_are_not_cached(connection):
    stylesheet = stylesheet_of(connection)
    connection.request("GET", "/gallery/")
    page = connection.getresponse()
    page.read()
    connection.request("GET", stylesheet, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()

    assert page.getheader("Cache-Control") is None
    assert "immutable" in response.getheader("Cache-Control")
    assert response.getheader("Content-Encoding") == "gzip"
