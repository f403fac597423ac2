"""What holds for every route. New routes are tested automatically."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.db import OperationalError
from django.templatetags.static import static
from django.test import Client
from django.urls import URLPattern, get_resolver

from drawings.imaging import rasteriser, strokes
from drawings.plotting import worker
from drawings.queries import pagination
from drawsite.environment import Rate
from tests.support import documents, samples

JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")
FOREIGN = "evil.example"

# Sample values for route parameters, by parameter name or else by converter.
BY_NAME = {
    "name": "viridis",
    "kind": "mean",
    "app_label": "drawings",
    "object_id": samples.NO_ID,
    "format": "npz",
}
BY_CONVERTER = {
    "uuid": samples.NO_ID,
    "uuidstr": samples.NO_ID,
    "int": "1",
    "str": "sample",
    "path": "sample",
}

# These accept a POST without a CSRF token: their clients have none, and cookies are ignored.
API = "/api/v1/"
FLASK = "/postmethod"


def collect(patterns, before="/") -> Iterator[tuple[str, URLPattern]]:
    """Yields each route, with sample values for its parameters."""
    for each in patterns:
        route = before + path_of(str(each.pattern))
        if isinstance(each, URLPattern):
            yield route, each
        else:
            yield from collect(each.url_patterns, route)


def path_of(pattern):
    if pattern.startswith("^") or pattern.endswith("$"):  # a regular expression: the admin's
        pattern = re.sub(r"\(\?P<(\w+)>.*?\)", r"<str:\1>", pattern).strip("^$")
    return re.sub(r"<(?:(\w+):)?(\w+)>", sample, pattern)


def sample(match):
    converter, name = match.groups()
    return BY_NAME.get(name) or BY_CONVERTER[converter or "str"]


ROUTES = dict(collect(get_resolver().url_patterns))
WITHOUT_TOKEN = {
    FLASK,
    *(route for route in ROUTES if route.startswith(API) and route != f"{API}openapi.json"),
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(make_drawing, monkeypatch):
    """A drawing with every optional part, whose id is the sample id of the routes."""
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))
    given = documents.document(documents.LINE)
    packed = strokes.pack(given)
    field = rasteriser.rasterise(given, None)
    return make_drawing(field, id=samples.NO_ID, strokes=packed, strokes_agree=True)


@pytest.fixture
def staff(admin_user):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(admin_user)
    return client


def policy(response):
    directives = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in filter(None, directives)}


def assert_guarded(response):
    """The response has every header that restricts what browsers do with it."""
    directives = policy(response)
    assert directives["default-src"] == directives["frame-ancestors"] == ["'none'"]
    sources = [source for values in directives.values() for source in values]
    is_page = response.get("Content-Type", "text/html").startswith("text/html")
    assert set(sources) <= ({"'none'", "'self'"} if is_page else {"'none'"})
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.get("Permissions-Policy", "") or not is_page


def assert_not_a_page(response):
    """Content other than the site's own pages cannot run as a page."""
    kind = response["Content-Type"].partition(";")[0]
    if response.content and ("html" in kind or "xml" in kind):
        is_ours = b'<html lang="en' in response.content
        is_download = response.get("Content-Disposition", "").startswith("attachment")
        assert is_ours or (is_download and "sandbox" in policy(response))


# --- Routes ---------------------------------------------------------------------------------


def test_the_routes_include_every_part_of_the_site():
    assert {"/", "/gallery/", "/healthz", "/admin/", "/postmethod"} <= set(ROUTES)
    assert {"/api/", f"{API}openapi.json", f"{API}drawings", f"{API}drawings.npz"} <= set(ROUTES)
    for name in ("plot.png", "plot.svg", "plot.pdf", "pixels.csv", "pixels.json"):
        assert f"/drawings/{samples.NO_ID}/{name}" in ROUTES
    assert {"/gallery/plots/", "/gallery/plots/mean.png", "/gallery/plots/mean.svg"} <= set(ROUTES)
    assert f"/admin/drawings/drawing/{samples.NO_ID}/change/" in ROUTES


@pytest.mark.parametrize("route", ROUTES)
def test_every_response_has_the_security_headers(client, staff, drawn, route):
    for each in (client, staff):
        answer = each.get(route)

        assert answer.status_code < 500
        assert_guarded(answer)
        assert_not_a_page(answer)


@pytest.mark.page_alone
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_refuses_a_foreign_host(client, route):
    answer = client.get(route, headers={"Host": FOREIGN})

    assert answer.status_code == 400
    assert_guarded(answer)
    assert FOREIGN not in answer.content.decode()


@pytest.mark.page_alone
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in WITHOUT_TOKEN])
def test_every_route_refuses_posts_from_another_site(staff, route):
    """Not even with the visitor's own cookies and a valid CSRF token."""
    staff.get("/")
    token = {"X-CSRFToken": staff.cookies["csrftoken"].value}
    for headers in ({}, {**token, "Origin": f"https://{FOREIGN}"}, {**token, "Origin": "null"}):
        answer = staff.post(route, headers={**JSON, **headers})

        assert answer.status_code == 403
        assert list(answer.json()["errors"]) == ["request"]


@pytest.mark.parametrize("route", sorted(WITHOUT_TOKEN))
@pytest.mark.parametrize("method", ["post", "patch", "put", "delete"])
def test_routes_without_csrf_tokens_refuse_requests_from_another_site(staff, drawn, route, method):
    for origin in (f"https://{FOREIGN}", "null"):
        answer = getattr(staff, method)(route, headers={**JSON, "Origin": origin})

        assert answer.status_code in {403, 404, 405}
        assert list(answer.json()["errors"]) == ["request"]
        assert "Access-Control-Allow-Origin" not in answer


def test_only_the_flask_url_and_the_api_accept_posts_without_csrf_tokens():
    exempt = {
        route for route, each in ROUTES.items() if getattr(each.callback, "csrf_exempt", False)
    }

    assert exempt == WITHOUT_TOKEN


def test_a_person_whose_form_has_no_csrf_token_gets_an_error_page():
    client = Client(enforce_csrf_checks=True)
    client.get("/")

    answer = client.post("/drawings/", {"canvas_data": LIST}, headers={"Origin": "null"})

    assert answer.status_code == 403
    assert "That isn&#x27;t allowed" in answer.content.decode()
    assert_guarded(answer)


def test_a_form_with_its_csrf_token_is_accepted():
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value, "Origin": "http://testserver"}

    assert client.post("/drawings/", {"canvas_data": LIST}, headers=token).status_code == 303


# --- Responses outside the routes -----------------------------------------------------------


@pytest.mark.parametrize("name", ["css/site.css", "js/pages/studio.js", "img/icon.svg"])
def test_static_files_have_the_security_headers(client, name):
    answer = client.get(static(f"drawings/{name}"))

    answer.close()
    assert answer.status_code == 200
    assert_guarded(answer)


REFUSED = [
    (400, "get", "/gallery/?cmap=nosuch", {}),
    (404, "get", "/nosuch", {}),
    (405, "put", "/gallery/", {}),
    (413, "post", "/drawings/", {"title": "x" * project.MAX_UPLOAD_BYTES}),
    (422, "post", "/drawings/", {"title": "without a picture"}),
]


@pytest.mark.parametrize("headers", [{}, JSON])
@pytest.mark.parametrize(("status", "method", "url", "data"), REFUSED)
def test_refusals_have_the_security_headers(client, status, method, url, data, headers):
    answer = getattr(client, method)(url, data, headers=headers)

    assert answer.status_code == status
    assert_guarded(answer)


@pytest.mark.parametrize("headers", [{}, JSON])
def test_refusals_by_a_rate_limit_have_the_security_headers(client, settings, headers):
    settings.SUBMIT_RATE = Rate(1, 10**9)

    answers = [client.post("/drawings/", {"canvas_data": LIST}, headers=headers) for _ in range(2)]

    assert answers[1].status_code == 429
    assert_guarded(answers[1])


def test_refusals_of_an_unread_body_have_the_security_headers(client):
    answer = client.post("/drawings/", headers={"Transfer-Encoding": "chunked"})

    assert answer.status_code == 400
    assert_guarded(answer)


@pytest.mark.parametrize(("error", "status"), [(RuntimeError, 500), (OperationalError, 503)])
def test_server_errors_have_the_security_headers(client, monkeypatch, error, status):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(pagination, "read_card_page", fail)
    client.raise_request_exception = False

    answer = client.get("/gallery/")

    assert answer.status_code == status
    assert_guarded(answer)


# --- Behind TLS -----------------------------------------------------------------------------


@pytest.fixture
def https(settings):
    """The settings that HTTPS=on makes, as drawsite/test_settings.py has them."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    return Client()


@pytest.mark.parametrize("url", ["/", "/nosuch", "/admin/login/", "/healthz"])
def test_responses_tell_browsers_to_stay_with_tls(https, url):
    answer = https.get(url, secure=True)

    assert answer["Strict-Transport-Security"] == "max-age=31536000"
    assert_guarded(answer)


def test_static_files_tell_browsers_to_stay_with_tls(https):
    answer = https.get(static("drawings/css/site.css"), secure=True)

    answer.close()
    assert "Strict-Transport-Security" in answer


def test_a_request_without_tls_is_redirected_to_https(https):
    answer = https.get("/gallery/?q=x")

    assert answer.status_code == 301
    assert answer["Location"] == "https://testserver/gallery/?q=x"
    assert_guarded(answer)


def test_a_request_for_a_foreign_host_is_not_redirected(https):
    answer = https.get("/", headers={"Host": FOREIGN})

    assert answer.status_code == 400
    assert_guarded(answer)


def test_cookies_are_limited_to_tls_and_to_this_site(https, settings, django_user_model):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = {"username": "ada", "password": "right"}
    django_user_model.objects.create_superuser(**account)

    https.post("/admin/login/", account, secure=True)

    session, token = https.cookies["sessionid"], https.cookies["csrftoken"]

    for cookie in (session, token):
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
    assert session["httponly"]


def test_a_host_claimed_by_a_client_never_appears_in_a_page(client, drawn):
    page = client.get(drawn.get_absolute_url(), headers={"X-Forwarded-Host": FOREIGN})

    assert page.status_code == 200
    assert FOREIGN not in page.content.decode()
