"""Submitting a drawing: accepted forms, repeated keys and CSRF checks."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drawings.models import Drawing
from drawsite.environment import Rate
from tests.support import samples
from tests.support.samples import picture

pytestmark = pytest.mark.django_db

URL = "/drawings/"

JSON = {"Accept": "application/json"}

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

PICTURE = samples.png(samples.shades(32, 48))

LIST = samples.brightness_list("0", "255")


def form_encoded(**values):
    """Returns keyword arguments of client.post for a form-encoded body."""
    return {
        "data": urlencode(values),
        "content_type": "application/x-www-form-urlencoded",
    }


# --- Accepted forms -----------------------------------------------------------------------


def test_a_program_gets_the_new_drawings_id_and_urls(client):
    response = client.post(URL, {"image": picture()}, headers=JSON)

    drawing = Drawing.objects.get()
    page = f"http://testserver/drawings/{drawing.id}/"
    assert response.status_code == 201
    assert response.json() == {
        "id": str(drawing.id),
        "url": page,
        "image_url": f"{page}image.png",
    }


def test_the_urls_in_the_response_to_a_program_work(client):
    body = client.post(URL, {"image": picture()}, headers=JSON).json()

    assert client.get(body["url"]).status_code == 200
    assert client.get(body["image_url"])["Content-Type"] == "image/png"


def test_a_browser_is_redirected_to_the_drawings_page(client):
    response = client.post(URL, {"image": picture()}, headers=HTML)

    assert response.status_code == 303
    assert response["Location"] == f"/drawings/{Drawing.objects.get().id}/"


def test_a_client_that_accepts_anything_counts_as_a_browser(client):
    assert client.post(URL, {"image": picture()}).status_code == 303


def test_a_grey_png_is_stored_byte_for_byte(client):
    field = samples.shades(32, 48)

    client.post(URL, {"image": picture(samples.png(field))})

    drawing = Drawing.objects.get()
    assert (drawing.height, drawing.width) == (32, 48)
    assert np.array_equal(drawing.field, field)
    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (0, 255, "gray")


def test_a_form_encoded_list_is_stored_rounded_half_up(client):
    text = samples.brightness_list("0.5", "1.4999", "254.5", "200", rest="7.49")

    response = client.post(URL, **form_encoded(canvas_data=text), headers=JSON)

    drawing = Drawing.objects.get()
    assert response.status_code == 201
    assert drawing.field.shape == (200, 200)
    assert drawing.field.flat[:5].tolist() == [1, 1, 255, 200, 7]
    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (1, 255, "viridis")


def test_a_list_may_also_come_as_multipart(client):
    assert client.post(URL, {"canvas_data": LIST}, headers=JSON).status_code == 201


def test_values_slightly_above_255_are_stored_as_255(client):
    white = 0.34 * 255 + 0.5 * 255 + 0.16 * 255 + 1e-10
    text = samples.brightness_list(repr(white), "-0.0")

    assert client.post(URL, {"canvas_data": text}, headers=JSON).status_code == 201
    assert Drawing.objects.get().field.flat[:2].tolist() == [255, 0]


@pytest.mark.parametrize("kind", [{"image": PICTURE}, {"canvas_data": LIST}])
def test_the_metadata_of_a_drawing_is_stored_with_it(client, kind):
    if "image" in kind:
        kind = {"image": picture()}
    about = {"title": "Grüße 🎨", "artist": "Ada", "colormap": "twilight"}

    client.post(URL, {**kind, **about})

    drawing = Drawing.objects.get()
    assert {name: getattr(drawing, name) for name in about} == about


def test_a_title_and_an_artist_of_maximum_length_are_accepted(client):
    client.post(URL, {"image": picture(), "title": "é" * 80, "artist": "🎨" * 40})

    drawing = Drawing.objects.get()
    assert (drawing.title, drawing.artist) == ("é" * 80, "🎨" * 40)


def test_whitespace_around_a_title_is_removed(client):
    client.post(URL, {"image": picture(), "title": "  Fox  "})

    assert Drawing.objects.get().title == "Fox"


def test_drawings_are_published_at_once_where_no_approval_is_required(client):
    client.post(URL, {"image": picture()})

    assert Drawing.objects.get().status == Drawing.Status.PUBLISHED


def test_drawings_are_pending_where_approval_is_required(client, settings):
    settings.REQUIRE_APPROVAL = True

    client.post(URL, {"image": picture()})

    assert Drawing.objects.get().status == Drawing.Status.PENDING


def test_a_client_cannot_set_fields_outside_the_form(client):
    given = {"id": str(uuid4()), "status": "hidden", "vmin": 200, "width": 16}

    client.post(URL, {"image": picture(), **given})

    drawing = Drawing.objects.get()
    assert str(drawing.id) != given["id"]
    assert (drawing.status, drawing.vmin, drawing.width) == ("published", 0, 48)


# --- Repeated submissions -----------------------------------------------------------------


def test_a_repeated_key_stores_one_drawing(client):
    key = str(uuid4())

    first = client.post(URL, {"image": picture(), "submission_key": key}, headers=JSON)
    again = client.post(URL, {"image": picture(), "submission_key": key}, headers=JSON)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Drawing.objects.get().submission_key == UUID(key)


def test_a_browser_that_submits_twice_is_redirected_to_the_same_page(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}

    first, again = client.post(URL, form), client.post(URL, form)

    assert first["Location"] == again["Location"]
    assert again.status_code == 303
    assert Drawing.objects.count() == 1


def test_the_same_image_sent_twice_without_a_key_stores_two_drawings(client):
    for _ in range(2):
        client.post(URL, {"image": picture()})

    assert Drawing.objects.count() == 2


def test_blocks_are_checked_with_two_queries_before_the_transaction(client):
    client.post(URL, {"image": picture()})

    with CaptureQueriesContext(connection) as queries:
        client.post(URL, {"image": picture(), "title": "A fox", "artist": "Ada"})

    kinds = [query["sql"].split()[0] for query in queries]
    assert kinds[: kinds.index("SAVEPOINT")] == ["SELECT", "SELECT"]
    assert "SELECT" not in kinds[kinds.index("SAVEPOINT") :]


def test_the_transaction_only_stores_the_drawing(client, settings):
    settings.SUBMIT_RATE = Rate(1000, 1000)
    client.post(URL, {"image": picture()})

    with CaptureQueriesContext(connection) as queries:
        client.post(URL, {"image": picture()})

    written = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(written) == 1
    assert "drawings_drawing" in written[0]


# --- CSRF and methods ---------------------------------------------------------------------


def test_a_form_without_a_csrf_token_is_refused():
    response = Client(enforce_csrf_checks=True).post(URL, {"image": picture()}, headers=HTML)

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
    assert not Drawing.objects.exists()


def test_a_program_without_a_csrf_token_is_refused_in_json():
    response = Client(enforce_csrf_checks=True).post(URL, {"image": picture()}, headers=JSON)

    assert response.status_code == 403
    assert "has expired" in response.json()["errors"]["request"][0]
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 403), ({"Origin": "https://testserver"}, 303)]
)
def test_a_program_over_https_is_told_to_send_its_origin(headers, status):
    client = Client(enforce_csrf_checks=True)
    client.get("/", secure=True)
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value, **headers}

    response = client.post(URL, {"image": picture()}, headers=headers, secure=True)

    assert response.status_code == status
    assert ("Origin or Referer" in response.content.decode()) == (status == 403)


def test_a_submission_with_the_pages_csrf_token_is_accepted():
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    token = client.cookies["csrftoken"].value

    in_form = client.post(URL, {"image": picture(), "csrfmiddlewaretoken": token})
    in_header = client.post(URL, {"image": picture()}, headers={"X-CSRFToken": token})

    assert (in_form.status_code, in_header.status_code) == (303, 303)


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_the_submission_url_redirects_to_the_gallery(client, method):
    response = getattr(client, method)(URL)

    assert response.status_code == 302
    assert response["Location"] == "/gallery/"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_an_unsupported_method_gets_an_error_message(client, method):
    response = getattr(client, method)(URL, headers={"accept": "application/json"})

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in response.json()["errors"]["request"][0]


@pytest.mark.parametrize(
    "title",
    ["a\u2028b", "a\u202eb", "\u200b", "\u3164\u3164"],
    ids=["line separator", "turned around", "no width", "invisible letter"],
)
def test_a_title_that_is_not_one_line_of_text_is_refused(client, field, title):
    response = client.post(
        URL,
        {"image": SimpleUploadedFile("a.png", samples.png(field)), "title": title},
        headers={"accept": "application/json"},
    )

    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"title"}
    assert not Drawing.objects.exists()
