"""The configuration in deploy/nginx, in a real nginx in front of the real server."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from types import SimpleNamespace
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import RequestFactory

from drawings.http.client_address import client_address
from drawings.models import Drawing
from tests.support import samples
from tests.support.nginx import TEMPLATES, Nginx
from tests.support.server import Server

# Pairs of addresses, and whether both are one household and so one client.
HOUSEHOLDS = [
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", True),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", False),
    ("2001:db8:1::5:6:7", "2001:db8:1::ffff:1:2", True),
    ("2001:db8:1::5:6:7", "2001:db8:2::5:6:7", False),
    ("2001:db8::5:6:7", "2001:db8::1", True),
    ("2001:db8::5:6:7", "2001:db8:0:1:2:5:6:7", False),
    ("192.0.2.1", "192.0.2.2", False),
]
BODY = urlencode({"canvas_data": samples.brightness_list("0")})
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
LIMIT = 3
CONNECTIONS = 100  # the configuration's limit for one address


@pytest.fixture(scope="module")
def proxy_process(static_files, django_db_setup, tmp_path_factory):
    # A new key resets the counts, which outlive a test run in Redis.
    site = Server(TRUSTED_PROXIES="1", SUBMIT_RATE=f"{LIMIT}/d", SECRET_KEY=uuid4().hex)
    with site, Nginx(tmp_path_factory.mktemp("nginx"), site.port) as proxy:
        yield proxy


@pytest.fixture
def proxy(proxy_process, transactional_db):
    return proxy_process


@pytest.fixture(scope="module")
def unavailable(tmp_path_factory):
    """nginx in front of a site that does not run."""
    with Nginx(tmp_path_factory.mktemp("unavailable"), site_port=1) as proxy:
        yield proxy


@pytest.fixture
def upstream(tmp_path):
    """nginx in front of a fake site, which records requests and sends prepared responses."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            site.requests.append(self.headers)
            site.together.wait(timeout=4)  # nginx's cache lock lasts 5 s
            status, headers = site.answers.pop(0)
            body = b"" if status == 304 else site.body
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *arguments):
            """Log nothing."""

    site = SimpleNamespace(requests=[], answers=[], body=b"a picture" * 1000, together=Barrier(1))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        with Nginx(tmp_path, server.server_port) as proxy:
            site.ask = partial(ask, proxy, "GET")
            site.get = partial(site.ask, "/drawings/1/image.png")
            yield site
        server.shutdown()


def ask(proxy, method, path, body=None, headers=(), address="127.0.0.1", **options):
    """The status, headers and body of the answer."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", proxy.port, timeout=30, source_address=(address, 0)
    )
    with closing(connection):
        connection.request(method, path, body, dict(headers), **options)
        response = connection.getresponse()
        return SimpleNamespace(
            status=response.status, headers=response.headers, body=response.read()
        )


# --- Submissions ----------------------------------------------------------------------------


def test_a_drawing_is_sent_through_nginx_and_seen_through_it(proxy):
    sent = ask(proxy, "POST", "/postmethod", BODY, FORM)

    path = f"/drawings/{json.loads(sent.body)['unique_id']}/"
    assert Drawing.objects.get().get_absolute_url() == path
    assert ask(proxy, "GET", path).status == 200
    assert ask(proxy, "GET", f"{path}image.png").body.startswith(b"\x89PNG")


def test_a_chunked_body_reaches_the_site_with_a_length(proxy):
    chunks = iter([BODY[:1000].encode(), BODY[1000:].encode()])

    sent = ask(proxy, "POST", "/postmethod", chunks, FORM, address="127.0.0.2", encode_chunked=True)

    assert sent.status == 200
    assert Drawing.objects.count() == 1


def test_real_addresses_are_counted_and_claimed_ones_are_not(proxy):
    def send(address, claimed):
        headers = {**FORM, "X-Forwarded-For": claimed}
        return ask(proxy, "POST", "/postmethod", BODY, headers, address=address).status

    statuses = [send("127.0.0.3", f"192.0.2.{number}") for number in range(LIMIT + 2)]

    assert statuses == [200] * LIMIT + [429] * 2
    assert send("127.0.0.4", "127.0.0.3") == 200


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large_gets_the_sites_own_answer(proxy, is_chunked):
    body = b"x" * (settings.MAX_UPLOAD_BYTES + 1)
    pieces = iter([body]) if is_chunked else body

    answer = ask(proxy, "POST", "/drawings/", pieces, FORM, encode_chunked=is_chunked)

    assert answer.status == 413
    assert "at most 2,000,000 bytes" in json.loads(answer.body)["errors"]["request"][0]


def test_a_person_gets_a_page_about_it(proxy):
    answer = ask(proxy, "POST", "/drawings/", b"x" * 3_000_000, {"Accept": "text/html"})

    assert answer.status == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"That&#x27;s too large" in answer.body


def test_each_response_has_a_request_id_of_nginx(upstream):
    headers = {"Cache-Control": "public, max-age=300", "X-Request-ID": "of-the-site"}
    upstream.answers = [(200, headers)]
    claimed = {"X-Request-ID": "made-up-by-a-client"}

    first, kept = (upstream.get(headers=claimed).headers.get_all("X-Request-ID") for _ in range(2))

    assert [each["X-Request-ID"] for each in upstream.requests] == first
    assert len({*first, *kept, *claimed.values(), *headers.values()}) == 5


# --- Clients that hold connections ----------------------------------------------------------


def test_connections_of_one_address_are_limited_and_others_are_served(proxy):
    head = b"POST /drawings/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            slow = http.client.HTTPConnection(
                "127.0.0.1", proxy.port, timeout=30, source_address=("127.0.0.5", 0)
            )
            stack.enter_context(closing(slow))
            slow.connect()
            slow.sock.sendall(head)
        other = ask(proxy, "GET", "/gallery/", address="127.0.0.6")
        # The first may come before nginx has seen all the others.
        answers = (
            ask(proxy, "GET", "/healthz", headers=FORM, address="127.0.0.5") for _ in range(100)
        )
        refused = next(answer for answer in answers if answer.status != 200)

    assert other.status == 200
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert "Too many connections" in json.loads(refused.body)["errors"]["request"][0]


class Changed(Nginx):
    """nginx with some lines of its configuration replaced."""

    changes: tuple[tuple[str, str], ...]

    def command(self, *options):
        command = super().command(*options)
        file = self.folder / "drawsite.conf"
        text = file.read_text()
        for old, new in self.changes:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        return command


class Naming(Changed):
    """nginx that says which client an address counts as."""

    changes = (
        ("map $remote_addr $drawsite_client {", "map $arg_of $drawsite_client {"),
        ("default $binary_remote_addr;", "default $arg_of;"),
        ("server_tokens off;", 'location = /of { return 200 "$drawsite_client"; }'),
    )


class Behind(Changed):
    """nginx behind a proxy at 127.0.0.1, with the shipped example. It says which address it counts,
    and which X-Forwarded-For it would send to the site."""

    changes = (
        ("include /etc/nginx/drawsite.d/*.conf;", "include real_ip.conf;"),
        (
            "server_tokens off;",
            'location = /who { return 200 "$remote_addr of $proxy_add_x_forwarded_for"; }',
        ),
    )

    def command(self, *options):
        example = (TEMPLATES.parent / "drawsite.d" / "real_ip.example").read_text()
        assert "172.16.0.0/12;" in example
        (self.folder / "real_ip.conf").write_text(example.replace("172.16.0.0/12;", "127.0.0.1;"))
        return super().command(*options)


@pytest.fixture(scope="module")
def naming(tmp_path_factory):
    with Naming(tmp_path_factory.mktemp("naming"), site_port=1) as proxy:
        yield proxy


@pytest.mark.parametrize(("one", "other", "is_one"), HOUSEHOLDS)
def test_a_household_is_one_client(naming, one, other, is_one):
    clients = [ask(naming, "GET", f"/of?of={address}").body for address in (one, other)]

    assert all(clients)
    assert (clients[0] == clients[1]) == is_one
    # As the site itself counts.
    assert (counted(one) == counted(other)) == is_one


def test_behind_another_proxy_each_visitor_is_one_client_and_cannot_claim_another_address(tmp_path):
    claimed, visitor, other = "203.0.113.5", "192.0.2.7", "127.0.0.8"
    with Behind(tmp_path, site_port=1) as proxy:
        headers = {"X-Forwarded-For": f"{claimed}, {visitor}"}
        through = ask(proxy, "GET", "/who", headers=headers).body.decode()
        around = ask(proxy, "GET", "/who", headers=headers, address=other).body.decode()

    # With TRUSTED_PROXIES=1, the site trusts the last address.
    assert through == f"{visitor} of {claimed}, {visitor}, {visitor}"
    assert around == f"{other} of {claimed}, {visitor}, {other}"


def counted(address):
    return client_address(RequestFactory(REMOTE_ADDR=address).get("/"))


def test_nginx_reveals_no_version_and_logs_no_address(proxy):
    answer = ask(proxy, "GET", "/healthz", address="127.0.0.7")

    assert answer.headers["Server"] == "nginx"
    log = logged(proxy, "GET /healthz 200")
    assert "127.0.0." not in log


def logged(proxy, line):
    """Returns nginx's log once it has the line, which it writes shortly after the response."""
    deadline = time.monotonic() + 10
    while line not in (log := (proxy.folder / "access.log").read_text()):
        assert time.monotonic() < deadline, f"nothing but:\n{log}"
        time.sleep(0.02)
    return log


@pytest.mark.parametrize(
    ("accept", "kind", "begins"),
    [("text/html", "text/html", b"<!doctype html>"), (FORM["Accept"], FORM["Accept"], b"{")],
)
def test_while_the_site_is_unavailable_nginx_sends_retry_after(unavailable, accept, kind, begins):
    answer = ask(unavailable, "GET", "/", headers={"Accept": accept})

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == kind
    assert answer.body.startswith(begins)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"X": "x" * 10_000}, 400),
        (f"/{'x' * 10_000}", {}, 414),
        ("/", {}, 503),
    ],
)
def test_nginxs_own_responses_have_security_headers(unavailable, path, headers, status):
    answer = ask(unavailable, "GET", path, headers={**headers, "X-Forwarded-Proto": "https"})

    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    # nginx stops reading a header that is too large, so it does not see X-Forwarded-Proto.
    assert ("Strict-Transport-Security" in answer.headers) == (status == 503)


@pytest.mark.parametrize("path", ["/gallery/", "/nowhere", "/drawings/1/strokes.json"])
def test_responses_of_the_site_have_each_header_once(proxy, path):
    answer = ask(proxy, "GET", path)

    for name in ("X-Request-ID", "X-Content-Type-Options", "Content-Security-Policy"):
        assert len(answer.headers.get_all(name)) == 1


# --- The cache ------------------------------------------------------------------------------


def test_a_public_image_is_cached_for_five_minutes_and_a_hidden_one_is_not(proxy, make_drawing):
    """Checks the site's cache headers. Other tests check that nginx respects them."""
    drawing = make_drawing()
    first = ask(proxy, "GET", drawing.image_url)
    Drawing.objects.update(status=Drawing.Status.HIDDEN)
    kept = ask(proxy, "GET", drawing.image_url)
    copied = ask(proxy, "GET", drawing.image_url, headers={"If-None-Match": first.headers["ETag"]})
    other = ask(proxy, "GET", f"{drawing.image_url}?cmap=magma")

    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert (kept.status, kept.body) == (200, first.body)
    assert (copied.status, copied.body) == (304, b"")
    assert other.status == 404


def test_an_image_is_cached_for_its_max_age_and_then_revalidated(upstream):
    headers = {"Cache-Control": "public, max-age=1", "ETag": '"1"'}
    upstream.answers = [(200, headers), (304, headers), (404, {"Cache-Control": "no-store"})]

    assert upstream.get().body == upstream.body
    time.sleep(2.1)
    assert upstream.get().body == upstream.body
    assert [each["If-None-Match"] for each in upstream.requests] == [None, '"1"']

    time.sleep(2.1)
    assert upstream.get().status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "private, max-age=300"},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "public, max-age=300", "Set-Cookie": "a=b"},
        {},
    ],
    ids=str,
)
def test_responses_that_are_not_public_are_not_cached(upstream, headers):
    upstream.answers = [(200, headers)] * 2

    assert [upstream.get().status for _ in range(2)] == [200, 200]
    assert len(upstream.requests) == 2


def test_the_cache_respects_vary(upstream):
    upstream.answers = [(200, {"Cache-Control": "public, max-age=300", "Vary": "Accept"})] * 2

    for accept in ("image/png", "image/webp", "image/webp"):
        upstream.get(headers={"Accept": accept})

    assert [each["Accept"] for each in upstream.requests] == ["image/png", "image/webp"]


def test_requests_for_the_same_page_do_not_wait_for_each_other(upstream):
    """The fake site answers only once both requests have arrived."""
    upstream.together = Barrier(2)
    upstream.answers = [(200, {})] * 2

    with ThreadPoolExecutor(2) as clients:
        answers = list(clients.map(upstream.ask, ["/gallery/"] * 2))

    assert [answer.status for answer in answers] == [200, 200]
