import base64
import json
from html import unescape
from urllib.parse import urlencode
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawsite.db.transactions import write_transaction
from drawsite.environment import Rate
from tests.support import documents, samples

URL = "/drawings/"
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PICTURE = samples.png(samples.shades(32, 48))
LIST = samples.brightness_list("0", "255")

pytestmark = pytest.mark.django_db


def picture(data=PICTURE):
    return SimpleUploadedFile("drawing.png", data, "image/png")


def form_encoded(**values):
    """Keyword arguments of client.post for a body of this content type."""
    return {
        "data": urlencode(values),
        "content_type": "application/x-www-form-urlencoded",
    }


# --- What is taken --------------------------------------------------------------------------


def test_a_program_gets_the_new_drawings_id_and_addresses(client):
    response = client.post(URL, {"image": picture()}, headers=JSON)

    drawing = Drawing.objects.get()
    page = f"http://testserver/drawings/{drawing.id}/"
    assert response.status_code == 201
    assert response.json() == {
        "id": str(drawing.id),
        "url": page,
        "image_url": f"{page}image.png",
    }


def test_the_addresses_that_a_program_gets_work(client):
    body = client.post(URL, {"image": picture()}, headers=JSON).json()

    assert client.get(body["url"]).status_code == 200
    assert client.get(body["image_url"])["Content-Type"] == "image/png"


def test_a_browser_is_sent_on_to_the_drawings_page(client):
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


def test_weights_that_add_up_to_a_little_over_white_are_white(client):
    white = 0.34 * 255 + 0.5 * 255 + 0.16 * 255 + 1e-10
    text = samples.brightness_list(repr(white), "-0.0")

    assert client.post(URL, {"canvas_data": text}, headers=JSON).status_code == 201
    assert Drawing.objects.get().field.flat[:2].tolist() == [255, 0]


@pytest.mark.parametrize("kind", [{"image": PICTURE}, {"canvas_data": LIST}])
def test_what_is_said_of_a_drawing_is_stored_with_it(client, kind):
    if "image" in kind:
        kind = {"image": picture()}
    about = {"title": "Grüße 🎨", "artist": "Ada", "colormap": "twilight"}

    client.post(URL, {**kind, **about})

    drawing = Drawing.objects.get()
    assert {name: getattr(drawing, name) for name in about} == about


def test_the_longest_title_and_artist_are_taken(client):
    client.post(URL, {"image": picture(), "title": "é" * 80, "artist": "🎨" * 40})

    drawing = Drawing.objects.get()
    assert (drawing.title, drawing.artist) == ("é" * 80, "🎨" * 40)


def test_space_around_a_title_is_dropped(client):
    client.post(URL, {"image": picture(), "title": "  Fox  "})

    assert Drawing.objects.get().title == "Fox"


def test_drawings_are_public_at_once_where_no_approval_is_asked_for(client):
    client.post(URL, {"image": picture()})

    assert Drawing.objects.get().status == Drawing.Status.PUBLISHED


def test_drawings_wait_where_approval_is_required(client, settings):
    settings.REQUIRE_APPROVAL = True

    client.post(URL, {"image": picture()})

    assert Drawing.objects.get().status == Drawing.Status.PENDING


def test_a_client_cannot_set_what_is_not_its_own(client):
    given = {"id": str(uuid4()), "status": "hidden", "vmin": 200, "width": 16}

    client.post(URL, {"image": picture(), **given})

    drawing = Drawing.objects.get()
    assert str(drawing.id) != given["id"]
    assert (drawing.status, drawing.vmin, drawing.width) == ("published", 0, 48)


# --- The same sent twice --------------------------------------------------------------------


def test_a_repeated_key_is_one_drawing(client):
    key = str(uuid4())

    first = client.post(URL, {"image": picture(), "submission_key": key}, headers=JSON)
    again = client.post(URL, {"image": picture(), "submission_key": key}, headers=JSON)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Drawing.objects.get().submission_key == UUID(key)


def test_a_browser_that_sends_twice_comes_to_the_same_page(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}

    first, again = client.post(URL, form), client.post(URL, form)

    assert first["Location"] == again["Location"]
    assert again.status_code == 303
    assert Drawing.objects.count() == 1


def test_without_a_key_the_same_picture_is_two_drawings(client):
    for _ in range(2):
        client.post(URL, {"image": picture()})

    assert Drawing.objects.count() == 2


def test_what_is_blocked_is_asked_for_in_two_queries_and_before_the_transaction(client):
    client.post(URL, {"image": picture()})

    with CaptureQueriesContext(connection) as queries:
        client.post(URL, {"image": picture(), "title": "A fox", "artist": "Ada"})

    kinds = [query["sql"].split()[0] for query in queries]
    assert kinds[: kinds.index("SAVEPOINT")] == ["SELECT", "SELECT"]
    assert "SELECT" not in kinds[kinds.index("SAVEPOINT") :]


def test_the_transaction_stores_the_drawing_and_does_nothing_else(client, settings):
    settings.SUBMIT_RATE = Rate(1000, 1000)
    client.post(URL, {"image": picture()})

    with CaptureQueriesContext(connection) as queries:
        client.post(URL, {"image": picture()})

    written = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(written) == 1
    assert "drawings_drawing" in written[0]


# --- Who may send ---------------------------------------------------------------------------


def test_a_form_without_the_sites_token_is_refused():
    response = Client(enforce_csrf_checks=True).post(URL, {"image": picture()}, headers=HTML)

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
    assert not Drawing.objects.exists()


def test_a_program_without_the_sites_token_is_told_in_json():
    response = Client(enforce_csrf_checks=True).post(URL, {"image": picture()}, headers=JSON)

    assert response.status_code == 403
    assert "has expired" in response.json()["errors"]["request"][0]
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 403), ({"Origin": "https://testserver"}, 303)]
)
def test_by_https_a_program_is_told_to_name_its_origin(headers, status):
    client = Client(enforce_csrf_checks=True)
    client.get("/", secure=True)
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value, **headers}

    response = client.post(URL, {"image": picture()}, headers=headers, secure=True)

    assert response.status_code == status
    assert ("Origin or Referer" in response.content.decode()) == (status == 403)


def test_the_token_from_the_page_lets_a_drawing_in():
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    token = client.cookies["csrftoken"].value

    in_form = client.post(URL, {"image": picture(), "csrfmiddlewaretoken": token})
    in_header = client.post(URL, {"image": picture()}, headers={"X-CSRFToken": token})

    assert (in_form.status_code, in_header.status_code) == (303, 303)


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_address_leads_to_the_gallery(client, method):
    response = getattr(client, method)(URL)

    assert response.status_code == 302
    assert response["Location"] == "/gallery/"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_method_that_is_not_taken_is_answered_in_words(client, method):
    response = getattr(client, method)(URL, headers={"accept": "application/json"})

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in response.json()["errors"]["request"][0]


@pytest.mark.parametrize(
    "title",
    ["a\u2028b", "a\u202eb", "\u200b", "\u3164\u3164"],
    ids=["line separator", "turned around", "no width", "invisible letter"],
)
def test_a_title_that_is_no_line_of_text_is_refused(client, field, title):
    response = client.post(
        URL,
        {"image": SimpleUploadedFile("a.png", samples.png(field)), "title": title},
        headers={"accept": "application/json"},
    )

    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"title"}
    assert not Drawing.objects.exists()


# --- What is refused ------------------------------------------------------------------------

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
    """(form, name of the field that is to blame), each with a readable id."""
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
    """The form as the test client takes it: bytes are a file."""
    return {
        name: picture(value) if isinstance(value, bytes) else value for name, value in form.items()
    }


# Pillow warns of such a size before the form refuses it.
refuses = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")


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
def test_a_person_keeps_what_was_typed_and_is_told_the_sentence(client, form, blamed):
    form = {"title": "My “typed” title", **form}
    expected = client.post(URL, with_file(form), headers=JSON).json()["errors"][blamed]

    response = client.post(URL, with_file(form), headers=HTML)

    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert '<canvas id="paper"' in page
    assert f'name="title" maxlength="80" autocomplete="off" value="{form["title"]}"' in page
    named = "" if blamed == "request" else f"{blamed.capitalize().replace('_', ' ')}: "
    for sentence in expected:
        assert f"<li>{named}{sentence}</li>" in page
    assert Drawing.objects.count() == 0


def test_what_was_typed_cannot_break_out_of_the_page(client):
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
def test_the_sentence_says_what_is_wrong(client, form, said):
    errors = client.post(URL, with_file(form), headers=JSON).json()["errors"]

    assert said in " ".join(sentence for sentences in errors.values() for sentence in sentences)


def test_every_field_that_is_wrong_is_named(client):
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
    sentence = "A submission is at most 100,000 bytes."
    if headers is JSON:
        assert response.json() == {"errors": {"request": [sentence]}}
    else:
        assert sentence in response.content.decode()
    assert Drawing.objects.count() == 0


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_a_body_that_does_not_say_its_length_is_refused(client, headers):
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


# RFC 2231: a parameter may come in pieces. One that comes whole as well, Python's parser fails on.
WHOLE_AND_IN_PIECES = b"filename*=utf-8''a; filename*0=b"


@pytest.mark.parametrize("url", [URL, "/postmethod", "/api/v1/drawings", "/gallery/"])
def test_a_part_whose_header_cannot_be_read_is_refused(client, url):
    head = b'Content-Disposition: form-data; name="canvas_data"; ' + WHOLE_AND_IN_PIECES
    body = b"\r\n".join([b"--line", head, b"", LIST.encode(), b"--line--", b""])

    response = client.post(url, body, content_type="multipart/form-data; boundary=line")

    assert response.status_code == 400
    assert "A header within the body cannot be read." in response.content.decode()
    assert Drawing.objects.count() == 0


def test_a_json_body_is_no_form_and_is_refused(client):
    body = json.dumps({"canvas_data": [1] * 40_000})

    response = client.post(URL, body, content_type="application/json", headers=JSON)

    assert response.status_code == 422
    assert Drawing.objects.count() == 0


# --- Whatever may come ----------------------------------------------------------------------

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


@anything
@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 255))
def test_no_bytes_in_a_picture_break_the_server(client, junk, place, byte):
    damaged = bytearray(PICTURE)
    damaged[place % len(PICTURE)] = byte

    accept_or_refuse(client, {"image": junk if byte < 128 else PICTURE[:place] + junk})
    accept_or_refuse(client, {"image": bytes(damaged)})


@anything
@given(st.just("") | st.text(max_size=100), st.text(max_size=90), st.text(max_size=50))
def test_no_text_breaks_the_server(client, canvas_data, title, artist):
    form = {"canvas_data": canvas_data} if canvas_data else {"image": PICTURE}

    accept_or_refuse(client, {**form, "title": title, "artist": artist})


# --- Strokes --------------------------------------------------------------------------------

GIVEN = documents.document(documents.LINE, documents.fill(3, 40), documents.INVERT)


def drawn(given=GIVEN, field=None, **values):
    """A submission of a drawing and its strokes."""
    field = rasteriser.rasterise(given) if field is None else field
    text = given if isinstance(given, str) else json.dumps(given)
    return {"image": picture(samples.png(field)), "strokes": text, **values}


def test_the_strokes_are_stored_with_the_picture(client):
    response = client.post(URL, drawn(), headers=JSON)

    drawing = Drawing.objects.get()
    assert response.status_code == 201
    assert drawing.document == GIVEN
    assert np.array_equal(rasteriser.rasterise(drawing.document), drawing.field)
    assert (drawing.strokes_agree, drawing.parent) == (None, None)


@pytest.mark.parametrize("values", [{}, {"strokes": ""}])
def test_a_picture_without_strokes_is_fine(client, values):
    client.post(URL, {"image": picture(), **values})

    assert Drawing.objects.get().strokes is None


def test_a_brightness_list_without_strokes_is_fine(client):
    client.post(URL, {"canvas_data": LIST, "strokes": ""})

    assert Drawing.objects.get().strokes is None


def test_what_was_drawn_on_is_remembered(client, make_drawing):
    parent = make_drawing(samples.shades(48, 64))
    given = documents.document(documents.LINE, paper={"drawing": str(parent.id)})

    client.post(URL, drawn(given, rasteriser.rasterise(given, parent.field)))

    drawing = Drawing.objects.exclude(pk=parent.pk).get()
    assert drawing.parent == parent
    assert list(parent.children.all()) == [drawing]


def test_a_parent_that_was_deleted_meanwhile_loses_nothing(client):
    given = documents.document(documents.LINE, paper={"drawing": samples.NO_ID})

    response = client.post(URL, drawn(given), headers=JSON)

    assert response.status_code == 201
    assert Drawing.objects.get().parent is None
    assert Drawing.objects.get().document == given


def test_a_picture_that_was_drawn_on_is_kept_with_the_strokes(client):
    ground = samples.shades(48, 64)
    image = base64.b64encode(samples.png(ground)).decode()
    given = documents.document(documents.LINE, paper={"image": image})

    client.post(URL, drawn(given, rasteriser.rasterise(given, ground)))

    kept = strokes.embedded_base_image(Drawing.objects.get().document)
    assert kept is not None
    assert np.array_equal(kept, ground)


def test_the_same_drawing_sent_twice_keeps_its_first_strokes(client):
    key = str(uuid4())
    other = documents.document(documents.LINE)

    first = client.post(URL, drawn(submission_key=key), headers=JSON)
    again = client.post(URL, drawn(other, submission_key=key), headers=JSON)

    assert (first.status_code, again.status_code) == (201, 200)
    assert Drawing.objects.get().document == GIVEN


def bad_strokes(make_drawing):
    """What is wrong, and the submission."""
    text = json.dumps(GIVEN)
    larger = documents.document(documents.LINE, width=65)
    parent = {"drawing": str(make_drawing().id)}
    jpeg = base64.b64encode(samples.encoded(samples.shades(48, 64), "JPEG")).decode()
    field = rasteriser.rasterise(GIVEN)
    return {
        "not JSON": drawn("a line", field),
        "a NUL": drawn("\0", field),
        "no document": drawn("{}", field),
        "another version": drawn({**GIVEN, "version": 2}, field),
        "nested 5,000 deep": drawn("[" * 5_000 + "]" * 5_000, field),
        "NaN": drawn(text.replace("8.5", "NaN"), field),
        "1e400": drawn(text.replace("8.5", "1e400"), field),
        "too many operations": drawn(documents.document(*[documents.CLEAR] * 10_001), field),
        "another width": drawn(larger, field),
        "another height": drawn({**GIVEN, "height": 49}, field),
        "a paper that is a JPEG": drawn({**GIVEN, "paper": {"image": jpeg}}, field),
        "a paper that is a drawing of another size": drawn({**GIVEN, "paper": parent}, field),
        "with a brightness list": {"canvas_data": LIST, "strokes": text},
    }


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_bad_strokes_are_refused_by_name_and_nothing_is_stored(client, make_drawing, headers):
    for name, form in bad_strokes(make_drawing).items():
        response = client.post(URL, form, headers=headers)

        assert response.status_code == 422, name
        if headers is JSON:
            errors = response.json()["errors"]
            assert list(errors) == ["strokes"], name
            assert all(sentence.endswith(".") for sentence in errors["strokes"]), name
        else:
            assert "<li>Strokes: " in response.content.decode(), name
        assert Drawing.objects.count() == 1, name


def test_strokes_alone_are_no_drawing(client):
    response = client.post(URL, {"strokes": json.dumps(GIVEN)}, headers=JSON)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"image", "strokes"}


def test_strokes_of_a_picture_that_is_bad_are_not_blamed(client):
    form = {**drawn(), "image": picture(b"This is not a picture.")}

    assert list(client.post(URL, form, headers=JSON).json()["errors"]) == ["image"]


def test_a_parent_that_goes_while_its_child_comes_in_loses_nothing(transactional_db):
    gone = uuid4()
    drawing = Drawing.from_field(samples.shades(20, 20), parent_id=gone, submission_key=uuid4())

    with write_transaction():
        stored, created = Drawing.objects.add_once(drawing)

    assert (created, stored.parent_id) == (True, None)
    stored = Drawing.objects.get()
    assert (stored.parent_id, stored.strokes_agree) == (None, False)
