"""Submissions that are refused, with the field and the reason."""

import json
from html import unescape
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drawings.models import Drawing
from tests.support import samples
from tests.support.samples import picture

pytestmark = pytest.mark.django_db

URL = "/drawings/"

JSON = {"Accept": "application/json"}

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

PICTURE = samples.png(samples.shades(32, 48))

LIST = samples.brightness_list("0", "255")

BAD_NUMBERS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "1e400": "1e400",
    "below 0": "-1",
    "just below 0": "-0.01",
    "above 255": "256",
    "just above 255": "255.01",
    "true": "true",
    "text": '"12"',
    "null": "null",
    "a list": "[12]",
    "an object": '{"a": 12}',
    "5,000 digits": "9" * 5_000,
    "4,000 digits": "9" * 4_000,
}

BAD_LISTS = {
    "blank": samples.brightness_list(),
    "one too few": samples.brightness_list("0", length=39_999),
    "one too many": samples.brightness_list("0", length=40_001),
    "no numbers": "[]",
    "nested 5,000 deep": "[" * 5_000 + "]" * 5_000,
    "nested 100,000 deep and open": "[" * 100_000,
    "an object": '{"a": 1}',
    "a number": "12",
    "null": "null",
    "a text": '"' + "a" * 40_000 + '"',
    "not JSON": "black and white",
    "cut short": LIST[:-1],
    "a NUL": "\0",
    **{
        f"an item is {name}": samples.brightness_list("0", text)
        for name, text in BAD_NUMBERS.items()
    },
}

BAD_PICTURES = {
    "blank": samples.png(np.full((20, 20), 255, np.uint8)),
    "blank and transparent": samples.encoded(np.zeros((20, 20, 4), np.uint8)),
    "too small": samples.png(samples.shades(15, 20)),
    "too large": samples.png(samples.shades(20, 1025)),
    "169 megapixels": samples.huge_png(),
    "animated": samples.animated("GIF"),
    "animated and cut short": samples.animated("GIF")[:101],
    "cut short": PICTURE[samples.TRUNCATED],
    "text": b"This is not a picture.",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"/>',
    "empty": b"",
}

BAD_TEXTS = {
    "a title with a NUL": ("title", "a\0b"),
    "a title with a line break": ("title", "a\nb"),
    "a title of 81 characters": ("title", "x" * 81),
    "an artist with a NUL": ("artist", "a\0b"),
    "an artist of 41 characters": ("artist", "x" * 41),
    "an unknown colormap": ("colormap", "nosuch"),
    "a colormap with a NUL": ("colormap", "gray\0"),
    "a colormap with a slash": ("colormap", "../gray"),
    "a colormap of 5,000 characters": ("colormap", "x" * 5_000),
    "a bad key": ("submission_key", "not-a-uuid"),
    "a key with a NUL": ("submission_key", f"{uuid4()}\0"),
}


def bad_forms():
    """Yields pytest parameters (form, name of the field to blame), each with a readable id."""
    for name, text in BAD_LISTS.items():
        yield pytest.param({"canvas_data": text}, "canvas_data", id=f"list: {name}")
    for name, data in BAD_PICTURES.items():
        yield pytest.param({"image": data}, "image", id=f"picture: {name}")
    for name, (key, value) in BAD_TEXTS.items():
        yield pytest.param({"image": PICTURE, key: value}, key, id=name)
    both = {"image": PICTURE, "canvas_data": LIST}
    yield pytest.param(both, "canvas_data", id="both a picture and a list")
    yield pytest.param({"title": "Nothing else"}, "image", id="neither a picture nor a list")
    yield pytest.param({"canvas_data": ""}, "image", id="an empty list field")


CASES = pytest.mark.parametrize(("form", "blamed"), [*bad_forms()])


def with_file(form):
    """Returns the form for the test client, with bytes wrapped as a file."""
    return {
        name: picture(value) if isinstance(value, bytes) else value for name, value in form.items()
    }


# Pillow warns about such a size before the form refuses it.
refuses = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")


# --- Refusals -----------------------------------------------------------------------------


@refuses
@CASES
def test_a_program_is_told_which_field_is_wrong_and_nothing_is_stored(client, form, blamed):
    response = client.post(URL, with_file(form), headers=JSON)

    assert response.status_code == 422
    errors = response.json()["errors"]
    assert list(errors) == [blamed]
    assert all(sentence.endswith(".") for sentence in errors[blamed])
    assert Drawing.objects.count() == 0


@refuses
@CASES
def test_a_person_gets_the_form_back_with_the_error_message(client, form, blamed):
    form = {"title": "My “typed” title", **form}
    expected = client.post(URL, with_file(form), headers=JSON).json()["errors"][blamed]

    response = client.post(URL, with_file(form), headers=HTML)

    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert '<canvas id="paper"' in page
    assert (
        f'name="title" dir="auto" maxlength="80" autocomplete="off" value="{form["title"]}"' in page
    )
    named = "" if blamed == "request" else f"{blamed.capitalize().replace('_', ' ')}: "
    for sentence in expected:
        assert f"<li>{named}{sentence}</li>" in page
    assert Drawing.objects.count() == 0


def test_submitted_values_cannot_break_out_of_the_page(client):
    form = {"title": '"><script>alert(1)</script>', "colormap": "<script>alert(2)</script>"}

    page = client.post(URL, form, headers=HTML).content.decode()

    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"canvas_data": BAD_LISTS["blank"]}, "only one shade"),
        ({"canvas_data": BAD_LISTS["one too few"]}, "exactly 40,000 numbers"),
        ({"canvas_data": BAD_LISTS["not JSON"]}, "not JSON"),
        ({"canvas_data": BAD_LISTS["an item is true"]}, "must be a number"),
        ({"canvas_data": BAD_LISTS["an item is NaN"]}, "from 0 to 255"),
        ({"image": BAD_PICTURES["blank"]}, "only one shade"),
        ({"image": BAD_PICTURES["169 megapixels"]}, "16 to 1024 pixels a side"),
        ({"image": BAD_PICTURES["animated"]}, "animated"),
        ({"image": BAD_PICTURES["cut short"]}, "damaged or cut short"),
        ({"image": BAD_PICTURES["text"]}, "can't read this image"),
        ({"image": BAD_PICTURES["empty"]}, "empty"),
        ({"image": PICTURE, "canvas_data": LIST}, "not both"),
        ({"image": PICTURE, "colormap": "nosuch"}, "no colormap of this name"),
    ],
)
@refuses
def test_the_error_message_says_what_is_wrong(client, form, said):
    errors = client.post(URL, with_file(form), headers=JSON).json()["errors"]

    assert said in " ".join(sentence for sentences in errors.values() for sentence in sentences)


def test_every_invalid_field_is_named(client):
    form = {"canvas_data": "[]", "title": "x" * 81, "colormap": "nosuch", "submission_key": "1"}

    assert set(client.post(URL, form, headers=JSON).json()["errors"]) == set(form)


def test_half_a_character_percent_encoded_is_refused(client):
    body = {
        "data": f"canvas_data={LIST}&title=%ED%A0%80",
        "content_type": "application/x-www-form-urlencoded",
    }

    response = client.post(URL, **body, headers=JSON)

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["title"]
    assert Drawing.objects.count() == 0


def test_half_a_character_as_raw_bytes_is_refused(client):
    lines = [
        b"--line",
        b'Content-Disposition: form-data; name="title"',
        b"",
        b"\xed\xa0\x80",
        b"--line",
        b'Content-Disposition: form-data; name="canvas_data"',
        b"",
        LIST.encode(),
        b"--line--",
        b"",
    ]

    response = client.post(
        URL, b"\r\n".join(lines), content_type="multipart/form-data; boundary=line", headers=JSON
    )

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["title"]
    assert Drawing.objects.count() == 0


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_a_body_over_the_limit_is_too_large(client, settings, headers):
    settings.MAX_UPLOAD_BYTES = 100_000

    response = client.post(URL, {"image": picture(bytes(100_001))}, headers=headers)

    assert response.status_code == 413
    sentence = "A submission may have at most 100,000 bytes."
    if headers is JSON:
        assert response.json() == {"errors": {"request": [sentence]}}
    else:
        assert sentence in response.content.decode()
    assert Drawing.objects.count() == 0


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_a_body_without_a_content_length_is_refused(client, headers):
    response = client.post(
        URL, {"canvas_data": LIST}, headers={**headers, "Transfer-Encoding": "chunked"}
    )

    assert response.status_code == 400
    assert "Content-Length" in response.content.decode()
    assert Drawing.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\x00\xff" * 50, "multipart/form-data; boundary=line"),
        (b"--line\r\n", "multipart/form-data"),
        ("a=1&" * 200, "application/x-www-form-urlencoded"),
    ],
    ids=["a broken multipart body", "a multipart body without its boundary", "200 fields"],
)
def test_a_body_that_cannot_be_read_is_a_client_error(client, body, content_type):
    response = client.post(URL, body, content_type=content_type, headers=JSON)

    assert response.status_code in (400, 422)
    assert response.json()["errors"]
    assert Drawing.objects.count() == 0


# RFC 2231 allows a parameter in pieces. Python's parser fails if it is also given whole.
WHOLE_AND_IN_PIECES = b"filename*=utf-8''a; filename*0=b"


@pytest.mark.parametrize("url", [URL, "/postmethod", "/api/v1/drawings", "/gallery/"])
def test_a_part_whose_header_cannot_be_read_is_refused(client, url):
    head = b'Content-Disposition: form-data; name="canvas_data"; ' + WHOLE_AND_IN_PIECES
    body = b"\r\n".join([b"--line", head, b"", LIST.encode(), b"--line--", b""])

    response = client.post(url, body, content_type="multipart/form-data; boundary=line")

    assert response.status_code == 400
    assert "A header within the body cannot be read." in response.content.decode()
    assert Drawing.objects.count() == 0


def test_a_json_body_is_refused_because_it_is_not_a_form(client):
    body = json.dumps({"canvas_data": [1] * 40_000})

    response = client.post(URL, body, content_type="application/json", headers=JSON)

    assert response.status_code == 422
    assert Drawing.objects.count() == 0


anything = hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def accept_or_refuse(client, form):
    before = Drawing.objects.count()
    response = client.post(URL, with_file(form), headers=JSON)
    if response.status_code == 201:
        drawing = Drawing.objects.get(pk=response.json()["id"])
        drawing.full_clean()
        assert drawing.field.shape == (drawing.height, drawing.width)
    else:
        assert 400 <= response.status_code < 500
        assert response.json()["errors"]
        assert Drawing.objects.count() == before


# --- Arbitrary input ----------------------------------------------------------------------


@anything
@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 255))
def test_no_bytes_in_an_image_break_the_server(client, junk, place, byte):
    damaged = bytearray(PICTURE)
    damaged[place % len(PICTURE)] = byte

    accept_or_refuse(client, {"image": junk if byte < 128 else PICTURE[:place] + junk})
    accept_or_refuse(client, {"image": bytes(damaged)})


@anything
@given(st.just("") | st.text(max_size=100), st.text(max_size=90), st.text(max_size=50))
def test_no_text_breaks_the_server(client, canvas_data, title, artist):
    form = {"canvas_data": canvas_data} if canvas_data else {"image": PICTURE}

    accept_or_refuse(client, {**form, "title": title, "artist": artist})
