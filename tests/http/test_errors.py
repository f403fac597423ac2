import pytest
from django.db import InterfaceError, OperationalError, connection
from django.templatetags.static import static

from drawings.http import errors
from tests.support import samples

JSON = {"Accept": "application/json"}

pytestmark = pytest.mark.django_db


# --- Missing pages --------------------------------------------------------------------------

NOT_THERE = [
    "/nosuch",
    f"/drawings/{samples.NO_ID}/",
    "/drawings/1/",
    "/colormaps/nosuch.png",
    "/%00",
]


@pytest.mark.parametrize("url", NOT_THERE)
def test_people_get_an_error_page_with_a_link_to_the_gallery(client, url):
    response = client.get(url)

    page = response.content.decode()
    assert response.status_code == 404
    assert "Page not found" in page
    assert '<a class="button" href="/gallery/">See the gallery</a>' in page


@pytest.mark.parametrize("url", NOT_THERE)
def test_programs_get_errors_as_json(client, url):
    response = client.get(url, headers=JSON)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert list(response.json()["errors"]) == ["request"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("text/html, application/json;q=0.5", "text/html"),
        ("*/*", "text/html"),
        ("image/png", "text/html"),
        ("", "text/html"),
        ("nonsense;;q=x", "text/html"),
        ("application/json; a*=utf-8''x; a*0=y", "text/html"),
    ],
)
def test_an_error_has_the_content_type_that_the_client_prefers(client, accept, kind):
    assert client.get("/nosuch", headers={"Accept": accept})["Content-Type"].startswith(kind)


# --- Hosts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b", "", "[::1"])
@pytest.mark.parametrize("url", ["/", "/nosuch"])
def test_a_foreign_host_is_refused(client, url, host):
    response = client.get(url, headers={"Host": host})

    assert response.status_code == 400
    if host.strip():
        assert host not in response.content.decode()


def test_the_log_says_once_where_to_set_hosts_and_omits_the_requested_host(client, caplog):
    errors.warn_once_about_host.cache_clear()

    for _ in range(2):
        client.get("/", headers={"Host": "evil.example"})

    assert caplog.text.count("ALLOWED_HOSTS") == 1
    assert "evil" not in caplog.text


def test_a_foreign_host_gets_no_static_files(client):
    url = static("drawings/css/site.css")

    own, foreign = client.get(url), client.get(url, headers={"Host": "evil.example"})

    own.close()
    assert own.status_code == 200
    assert foreign.status_code == 400


def test_a_request_for_a_foreign_host_is_refused_in_json(client):
    response = client.get("/", headers={**JSON, "Host": "evil.example"})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["request"])


# --- The database ---------------------------------------------------------------------------


def failing_with(error):
    def wrapper(execute, sql, params, many, context):
        raise error

    return connection.execute_wrapper(wrapper)


@pytest.mark.parametrize(
    "error", [OperationalError("database is locked"), InterfaceError("connection is closed")]
)
@pytest.mark.parametrize("url", ["/gallery/", f"/drawings/{samples.NO_ID}/image.png"])
def test_clients_are_asked_to_retry_while_the_database_is_unavailable(client, url, error):
    with failing_with(error):
        response = client.get(url)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert "Busy, back in a moment" in response.content.decode()


@pytest.mark.parametrize("url", ["/drawings/", "/postmethod"])
def test_a_drawing_that_the_database_cannot_store_is_to_be_sent_again(client, url):
    with failing_with(OperationalError("disk is full")):
        response = client.post(url, {"canvas_data": samples.brightness_list("0")}, headers=JSON)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "nothing was stored" in response.json()["errors"]["request"][0]


def test_the_canvas_works_while_the_database_is_unavailable(client):
    with failing_with(OperationalError("away")):
        assert client.get("/").status_code == 200


def test_an_unavailable_database_does_not_lock_staff_into_an_error(admin_client):
    with failing_with(OperationalError("away")):
        assert admin_client.get("/admin/drawings/drawing/").status_code == 503


def test_a_session_that_cannot_be_saved_gets_503_instead_of_500(
    admin_client, settings, monkeypatch
):
    def away(self, **kwargs):
        raise OperationalError("away")

    settings.SESSION_SAVE_EVERY_REQUEST = True
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", away)
    admin_client.raise_request_exception = False

    response = admin_client.get("/admin/")

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


# --- What is never revealed -----------------------------------------------------------------


def test_an_unexpected_exception_gets_a_page_without_details(client, make_drawing):
    drawing = make_drawing()
    type(drawing).objects.update(blob=b"damaged")
    client.raise_request_exception = False

    as_page = client.get(f"/drawings/{drawing.id}/pixels.npy")
    as_json = client.get(f"/drawings/{drawing.id}/pixels.npy", headers=JSON)

    assert (as_page.status_code, as_json.status_code) == (500, 500)
    assert "Something went wrong on our side" in as_page.content.decode()
    assert "BadBlobError" not in as_page.content.decode()
    assert list(as_json.json()["errors"]) == ["request"]


# --- What pages contain and accept ---------------------------------------------------------


@pytest.mark.parametrize("url", ["/", "/gallery/", "/admin/login/"])
def test_no_page_contains_what_the_content_security_policy_blocks(client, url):
    page = client.get(url).content.decode()

    assert "style=" not in page
    assert "onclick=" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("url", ["/", "/gallery/", "/healthz"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_read_only(client, url, method):
    assert getattr(client, method)(url).status_code == 405
