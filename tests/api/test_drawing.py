"""One drawing in the API: read, and sent as on the site."""

from uuid import uuid4

import pytest

from drawings.imaging import rasteriser, strokes
from drawings.models import BlockedWord, Drawing
from drawings.services import senders
from drawsite.environment import Rate
from tests.support import documents, samples
from tests.support.api import send

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

FIELD = samples.shades(20, 30)

ROWS = FIELD.tolist()

AGES = 10**9


# --- Reading ------------------------------------------------------------------------------


def test_one_drawing_is_described_as_in_the_list(client, make_drawing):
    drawing = make_drawing(title="Fox")

    response = client.get(f"{URL}/{drawing.id}")

    assert response.status_code == 200
    assert response.json() == client.get(URL).json()["drawings"][0]


def test_every_url_in_a_description_works(client, make_drawing):
    given = documents.document(documents.LINE)
    field = rasteriser.rasterise(given)
    drawing = make_drawing(field, strokes=strokes.pack(given), strokes_agree=True)

    described = client.get(f"{URL}/{drawing.id}").json()

    for name in ("url", "image_url", "pixels_url", "strokes_url"):
        assert client.get(described[name]).status_code == 200, name


@pytest.mark.parametrize(("status", "allowed"), [("published", "*"), ("hidden", None)])
def test_pages_of_other_origins_may_read_only_public_pixels(
    client, admin_client, make_drawing, status, allowed
):
    drawing = make_drawing(status=status)

    for name in ("image.png", "pixels.npy"):
        response = admin_client.get(
            f"/drawings/{drawing.id}/{name}", headers={"Origin": "https://notebook.example"}
        )
        assert response.status_code == 200
        assert response.get("Access-Control-Allow-Origin") == allowed


@pytest.mark.parametrize("agree", [True, False, None])
def test_strokes_that_are_not_shown_have_no_url(client, make_drawing, agree):
    drawing = make_drawing(strokes=b"x", strokes_agree=agree)

    has_address = client.get(f"{URL}/{drawing.id}").json()["strokes_url"] is not None

    assert has_address == (agree is not False)


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_a_drawing_that_is_not_public_is_not_found(client, admin_client, make_drawing, status):
    drawing = make_drawing(status=status)

    for each in (client, admin_client):
        answer = each.get(f"{URL}/{drawing.id}")
        nothing = each.get(f"{URL}/{samples.NO_ID}")
        assert answer.status_code == nothing.status_code == 404
        assert answer.json() == nothing.json()


@pytest.mark.parametrize("id", ["1", "%00", "x" * 500, f"{samples.NO_ID}/x", "../drawings"])
def test_a_malformed_id_is_not_found_and_the_error_is_json(client, id):
    response = client.get(f"{URL}/{id}", headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert list(response.json()["errors"]) == ["request"]


@pytest.mark.parametrize("method", ["put", "delete", "trace", "options"])
def test_an_unsupported_method_gets_an_error_message(client, method):
    response = getattr(client, method)(URL)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"
    assert response.json() == {
        "errors": {"request": ["This address accepts only GET, HEAD, POST."]}
    }


# --- Limits -------------------------------------------------------------------------------


def test_blocked_words_are_refused(client):
    BlockedWord.objects.create(word="ugly")

    errors = send(client, {"pixels": ROWS, "title": "An UGLY fox"}).json()["errors"]

    assert list(errors) == ["title"]


def test_blocked_senders_are_refused(client):
    senders.block_sender(senders.sender_of("127.0.0.1"))

    response = send(client, {"pixels": ROWS})

    assert response.status_code == 403
    assert list(response.json()["errors"]) == ["request"]


def test_submissions_to_the_site_and_the_api_share_one_limit(client, settings):
    settings.SUBMIT_RATE = Rate(2, AGES)
    settings.SECRET_KEY = uuid4().hex
    send(client, {"pixels": ROWS})
    client.post("/postmethod", {"canvas_data": samples.brightness_list("0")})

    response = send(client, {"pixels": ROWS})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert list(response.json()["errors"]) == ["request"]
    assert Drawing.objects.count() == 2


def test_a_client_over_the_limit_is_told_when_to_retry(client, settings, make_drawing):
    settings.API_RATE = Rate(3, AGES)
    settings.SECRET_KEY = uuid4().hex

    answers = [client.get(URL) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) > 0
    assert list(answers[3].json()["errors"]) == ["request"]
    assert client.get("/api/").status_code == client.get("/gallery/").status_code == 200
