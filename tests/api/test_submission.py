"""What the API takes and refuses."""

import base64
import json
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from drawings.imaging import rasteriser
from drawings.models import Drawing
from drawings.services import senders, submissions
from tests.support import documents, samples
from tests.support.api import send

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

FIELD = samples.shades(20, 30)

ROWS = FIELD.tolist()

PICTURE = base64.b64encode(samples.png(FIELD)).decode()


def rows(*first):
    """Returns JSON rows of pixels that start with these numbers, spelt as given."""
    cells = [*first, *["12"] * (20 * 30 - len(first))]
    lines = [",".join(cells[start : start + 30]) for start in range(0, len(cells), 30)]
    return f"[[{'],['.join(lines)}]]"


# --- Submissions --------------------------------------------------------------------------


def test_rows_of_numbers_are_accepted_as_pixels(client):
    body = {"pixels": ROWS, "title": "Fox", "artist": "Ada", "colormap": "magma"}

    response = send(client, body)

    drawing = Drawing.objects.get()
    assert response.status_code == 201
    assert np.array_equal(drawing.field, FIELD)
    assert (drawing.title, drawing.artist, drawing.colormap) == ("Fox", "Ada", "magma")
    assert (drawing.vmin, drawing.vmax) == (0, 255)
    assert drawing.owner is None
    assert bytes(drawing.sender or b"") == senders.sender_of("127.0.0.1")
    assert response.json() == client.get(f"{URL}/{drawing.id}").json()
    assert client.get(response["Location"]).json() == response.json()
    assert not response.cookies


def test_a_base64_image_is_accepted(client):
    assert send(client, {"image": PICTURE}).status_code == 201
    assert np.array_equal(Drawing.objects.get().field, FIELD)


def test_integral_floats_are_accepted_as_pixel_values(client):
    assert send(client, f'{{"pixels": {rows("0.0", "255.0", "1e1")}}}').status_code == 201
    assert Drawing.objects.get().field.flat[:3].tolist() == [0, 255, 10]


def test_form_data_is_accepted_as_on_the_site(client):
    picture = SimpleUploadedFile("drawing.png", samples.png(FIELD), "image/png")

    multipart = client.post(URL, {"image": picture, "title": "Fox"})
    encoded = client.post(
        URL,
        f"canvas_data={samples.brightness_list('0')}",
        content_type="application/x-www-form-urlencoded",
    )

    assert (multipart.status_code, encoded.status_code) == (201, 201)
    assert set(Drawing.objects.values_list("colormap", flat=True)) == {"gray", "viridis"}


@pytest.mark.parametrize("way", ["pixels", "image"])
def test_strokes_can_accompany_an_image_or_rows_of_numbers(client, way):
    given = documents.document(documents.LINE)
    field = rasteriser.rasterise(given)
    pixels = {
        "pixels": field.tolist(),
        "image": base64.b64encode(samples.png(field)).decode(),
    }

    response = send(client, {way: pixels[way], "strokes": given})

    assert response.status_code == 201
    assert Drawing.objects.get().document == given
    assert response.json()["strokes_url"].endswith("/strokes.json")


def test_null_counts_as_a_missing_field(client):
    body = {"pixels": ROWS, "image": None, "title": None, "strokes": None, "submission_key": None}

    assert send(client, body).status_code == 201


def test_a_key_sent_to_both_the_site_and_the_api_stores_one_drawing(client):
    key = str(uuid4())

    first = send(client, {"pixels": ROWS, "submission_key": key})
    again = send(client, {"pixels": ROWS, "submission_key": key})
    on_the_site = client.post(
        "/drawings/",
        {"canvas_data": samples.brightness_list("0"), "submission_key": key},
        headers={"Accept": "application/json"},
    )

    assert [each.status_code for each in (first, again, on_the_site)] == [201, 200, 200]
    assert first.json() == again.json()
    assert on_the_site.json()["id"] == first.json()["id"]
    assert Drawing.objects.get().submission_key == UUID(key)


def repeated(client, key, title, **headers):
    return send(client, {"pixels": ROWS, "title": title, "submission_key": key}, **headers)


def test_a_repeated_key_of_a_withheld_drawing_gets_back_only_what_was_sent(client):
    key = str(uuid4())
    first = repeated(client, key, "Fox")
    answers = []
    for status in ("hidden", "pending"):
        Drawing.objects.all().update_stamped(
            **{"status": status, "title": "Secret", "artist": "Ada", "colormap": "hsv", "vmax": 9}
        )
        answers.append(repeated(Client(), key, "Owl"))

    # Not its real `updated_at`, which would reveal that it has changed.
    time = first.json()["created_at"]
    expected = {**first.json(), "title": "Owl", "status": "pending", "updated_at": time}
    assert [each.status_code for each in answers] == [200, 200]
    assert [each.json() for each in answers] == [expected] * 2
    assert {each["Location"] for each in answers} == {first["Location"]}
    assert Drawing.objects.get().title == "Secret"


def test_a_submission_repeated_before_approval_gets_the_same_response(client, settings):
    settings.REQUIRE_APPROVAL = True
    given = documents.document(documents.LINE)
    pixels = rasteriser.rasterise(given).tolist()
    body = {"pixels": pixels, "title": "Fox", "strokes": given, "submission_key": str(uuid4())}

    first, again = send(client, body), send(Client(), body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_a_repeated_key_of_a_published_drawing_gets_the_public_description(client):
    key = str(uuid4())
    first = repeated(client, key, "Fox")
    Drawing.objects.all().update_stamped(title="Owl")

    again = repeated(Client(), key, "Fox")

    assert again.json() == client.get(first["Location"]).json()
    assert again.json()["title"] == "Owl"


def test_a_drawing_deleted_before_the_response_is_not_found(client, monkeypatch):
    store = submissions.store_submission

    def store_and_delete(*arguments):
        stored = store(*arguments)
        Drawing.objects.all().delete()
        return stored

    monkeypatch.setattr(submissions, "store_submission", store_and_delete)

    picture = SimpleUploadedFile("drawing.png", samples.png(FIELD), "image/png")
    assert client.post(URL, {"image": picture}).status_code == 404


def test_a_submission_is_pending_where_approval_is_required(client, settings):
    settings.REQUIRE_APPROVAL = True

    response = send(client, {"pixels": ROWS})

    assert response.json()["status"] == "pending"
    assert client.get(response["Location"]).status_code == 404


def test_fields_that_a_sender_may_not_set_are_ignored(client):
    send(client, {"pixels": ROWS, "status": "hidden", "id": samples.NO_ID, "vmin": 9})

    drawing = Drawing.objects.get()
    assert (drawing.status, drawing.vmin) == ("published", 0)
    assert str(drawing.id) != samples.NO_ID


BAD_PIXELS = {
    "blank": rows(),
    "no list": "12",
    "a text": '"[[0]]"',
    "an object": '{"0": [1]}',
    "empty": "[]",
    "of empty rows": "[[], []]",
    "of numbers alone": "[" + ",".join(["0", "9"] * 200) + "]",
    "of two lengths": json.dumps([*ROWS[:-1], ROWS[-1][:-1]]),
    "too small": json.dumps(samples.shades(15, 30).tolist()),
    "too wide": json.dumps(samples.shades(16, 1025).tolist()),
    "nested deeper": json.dumps([[[0] * 30] * 30] * 30),
    **{
        f"with {number[:20]}": rows("0", number)
        for number in (
            *("NaN", "Infinity", "-Infinity", "1e400", "-1", "256", "0.5", "255.001"),
            *("true", "null", '"12"', "[1]", "{}", "9" * 4000),
        )
    },
}


# --- Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD_PIXELS)
def test_bad_pixels_are_refused_by_field(client, name):
    response = send(client, f'{{"pixels": {BAD_PIXELS[name]}, "title": "Fox"}}')

    assert response.status_code == 422
    errors = response.json()["errors"]
    assert list(errors) == ["pixels"]
    assert errors["pixels"][0].endswith(".")
    assert len(response.content) < 300
    assert not Drawing.objects.exists()


BAD_BODIES = {
    "a title of a number": ({"pixels": ROWS, "title": 5}, ["title"]),
    "a title of true": ({"pixels": ROWS, "title": True}, ["title"]),
    "a title of lists": ({"pixels": ROWS, "title": [["x"] * 1000]}, ["title"]),
    "a title with a NUL": ({"pixels": ROWS, "title": "a\0b"}, ["title"]),
    "a title of half a character": ({"pixels": ROWS, "title": "\ud800"}, ["title"]),
    "a title of 81 characters": ({"pixels": ROWS, "title": "x" * 81}, ["title"]),
    "an artist of a line break": ({"pixels": ROWS, "artist": "a\nb"}, ["artist"]),
    "a colormap of half a character": ({"pixels": ROWS, "colormap": "\udfff"}, ["colormap"]),
    "a colormap of an object": ({"pixels": ROWS, "colormap": {"a": 1}}, ["colormap"]),
    "a key that is none": ({"pixels": ROWS, "submission_key": "1"}, ["submission_key"]),
    "a key of a number": ({"pixels": ROWS, "submission_key": 1}, ["submission_key"]),
    "an image of numbers": ({"image": ROWS}, ["image"]),
    "an image that is no base64": ({"image": "é!"}, ["image"]),
    "an image that is none": ({"image": "aGVsbG8="}, ["image"]),
    "an empty image": ({"image": ""}, ["image"]),
    "no pixels": ({"title": "Fox"}, ["image"]),
    "both": ({"image": PICTURE, "pixels": ROWS}, ["pixels"]),
    "strokes of text": ({"pixels": ROWS, "strokes": "{}"}, ["strokes"]),
    "strokes that are none": ({"pixels": ROWS, "strokes": {}}, ["strokes"]),
    "strokes of another size": (
        {"pixels": ROWS, "strokes": documents.document(documents.LINE)},
        ["strokes"],
    ),
    "bad pixels with strokes": (
        {"pixels": 1, "strokes": documents.document(documents.LINE)},
        ["pixels"],
    ),
    "a list": ([ROWS], ["request"]),
    "a number": (12, ["request"]),
    "null": (None, ["request"]),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_values_are_refused_by_field(client, name):
    body, blamed = BAD_BODIES[name]

    response = send(client, body)

    assert response.status_code == 422
    errors = response.json()["errors"]
    assert sorted(errors) == blamed
    assert all(sentence.endswith(".") for each in errors.values() for sentence in each)
    assert len(response.content) < 400
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "black and white",
        '{"pixels": ',
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        f'{{"strokes": {"[" * 100_000}',
        '{"pixels": ' + "9" * 5_000 + "}",
        b"\xff\xfe\x00",
    ],
    ids=lambda body: str(body)[:12],
)
def test_malformed_json_is_refused_as_a_whole(client, body):
    response = send(client, body)

    assert response.status_code == 400
    assert response.json() == {"errors": {"request": ["The body is not JSON."]}}


@pytest.mark.parametrize("depth", range(100, 1000, 90))
def test_deeply_nested_strokes_are_refused(client, depth):
    nested = '{"a":' * depth + "1" + "}" * depth

    response = send(client, f'{{"pixels": {json.dumps(ROWS)}, "strokes": {nested}}}')

    assert response.status_code in {400, 422}


def test_the_last_value_of_a_repeated_field_counts(client):
    pixels = json.dumps(ROWS)

    response = send(client, f'{{"title": "Owl", "pixels": {pixels}, "title": "Fox"}}')

    assert response.json()["title"] == "Fox"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonx", "é"])
def test_a_body_of_an_unsupported_content_type_is_refused(client, kind):
    response = client.post(URL, json.dumps({"pixels": ROWS}), content_type=kind)

    assert response.status_code == 415
    assert "application/json" in response.json()["errors"]["request"][0]


def test_a_body_that_is_too_large_is_refused_in_json(client, settings):
    settings.MAX_UPLOAD_BYTES = 100_000

    response = client.post(
        URL, "x" * 100_001, content_type="application/json", headers={"Accept": "text/html"}
    )

    assert response.status_code == 413
    assert list(response.json()["errors"]) == ["request"]


def test_a_truncated_form_is_refused_in_json(client):
    response = client.post(URL, b"\x00\xff" * 50, content_type="multipart/form-data; boundary=line")

    assert response.status_code in {400, 422}
    assert response.json()["errors"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_pages_of_other_origins_cannot_submit(client, origin):
    for kind in ("application/json", "text/plain"):
        response = client.post(
            URL, json.dumps({"pixels": ROWS}), content_type=kind, headers={"Origin": origin}
        )
        assert response.status_code == 403
        assert "Access-Control-Allow-Origin" not in response
    assert not Drawing.objects.exists()


def test_pages_of_this_site_can_submit(client):
    assert send(client, {"pixels": ROWS}, Origin="http://testserver").status_code == 201


def test_csrf_tokens_and_session_cookies_are_ignored():
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_superuser("curator"))

    assert send(client, {"pixels": ROWS}).status_code == 201
    assert client.patch(f"{URL}/{Drawing.objects.get().id}", "{}").status_code == 401
