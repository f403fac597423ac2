from math import floor
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.test import Client

from drawings.models import Drawing
from tests.support import samples

URL = "/postmethod"

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    """A client of the Flask app: it sends neither a CSRF token nor an Accept header."""
    return Client(enforce_csrf_checks=True)


def listed(numbers):
    return "[" + ",".join(map(repr, numbers)) + "]"


def brightness():
    """A brightness list as the Flask app's page computed it: sums of weighted channels."""
    dice = np.random.default_rng(4)
    channels = dice.integers(20, 240, (40_000, 3)).tolist()
    return [0.34 * red + 0.5 * green + 0.16 * blue for red, green, blue in channels]


def test_the_response_is_only_the_new_drawings_id(program):
    response = program.post(URL, {"canvas_data": samples.brightness_list("0")})

    assert response.status_code == 200
    assert response.json() == {"unique_id": str(Drawing.objects.get().id)}


def test_a_form_encoded_body_is_accepted_too(program):
    response = program.post(
        URL,
        f"canvas_data={samples.brightness_list('0')}",
        content_type="application/x-www-form-urlencoded",
    )

    assert list(response.json()) == ["unique_id"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 200), ("https://evil.example", 403), ("null", 403), ("", 403)],
)
def test_pages_of_other_sites_cannot_submit(program, origin, status):
    body = {"canvas_data": samples.brightness_list("0")}

    assert program.post(URL, body, headers={"Origin": origin}).status_code == status
    assert Drawing.objects.exists() is (status == 200)


def test_every_number_is_rounded_half_up(program):
    numbers = brightness()

    program.post(URL, {"canvas_data": listed(numbers)})

    expected = [floor(number + 0.5) for number in numbers]
    drawing = Drawing.objects.get()
    assert drawing.field.shape == (200, 200)
    assert drawing.field.ravel().tolist() == expected
    assert (drawing.vmin, drawing.vmax) == (min(expected), max(expected))
    assert (drawing.colormap, drawing.title, drawing.artist) == ("viridis", "", "")


def test_values_slightly_above_255_are_stored_as_255(program):
    white = 0.34 * 255 + 0.5 * 255 + 0.16 * 255
    numbers = [0.0, white, 255.00000000000003] + [128.0] * 39_997

    program.post(URL, {"canvas_data": listed(numbers)})

    assert Drawing.objects.get().field.flat[:3].tolist() == [0, 255, 255]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"canvas_data": ""},
        {"canvas_data": "[1, 2]"},
        {"canvas_data": "<p>"},
        {"canvas_data": samples.brightness_list("NaN")},
        {"canvas_data": samples.brightness_list("256")},
        {"canvas_data": samples.brightness_list()},
        {"other": samples.brightness_list("0")},
    ],
)
def test_a_bad_body_is_refused_in_json(program, body):
    response = program.post(URL, body)

    assert response.status_code == 422
    assert [sentence for sentences in response.json()["errors"].values() for sentence in sentences]
    assert not Drawing.objects.exists()


def test_drawings_are_pending_where_approval_is_required(program, settings):
    settings.REQUIRE_APPROVAL = True

    program.post(URL, {"canvas_data": samples.brightness_list("0")})

    assert Drawing.objects.get().status == Drawing.Status.PENDING


def test_the_url_only_accepts_post_requests(program):
    assert program.get(URL).status_code == 405


# --- Old links ------------------------------------------------------------------------------


def test_the_list_of_results_redirects_to_the_gallery(program):
    response = program.get("/results/")

    assert (response.status_code, response["Location"]) == (301, "/gallery/")


def test_the_result_link_of_the_flask_page_redirects_to_the_drawing(program):
    answer = program.post(URL, {"canvas_data": samples.brightness_list("0")}).json()

    response = program.get(f"/results/{answer['unique_id']}", follow=True)

    assert response.redirect_chain == [(f"/drawings/{answer['unique_id']}/", 301)]
    assert response.status_code == 200


def test_an_id_of_the_flask_app_redirects_to_the_imported_drawing(program, make_drawing):
    drawing = make_drawing(flask_id=UUID("0b9ec9a4-1f0f-4d8e-9b7c-0a8a0c5d7e11"))

    response = program.get("/results/0b9ec9a4-1f0f-4d8e-9b7c-0a8a0c5d7e11")

    assert (response.status_code, response["Location"]) == (301, f"/drawings/{drawing.id}/")


def test_an_old_link_to_a_pending_drawing_says_only_that_it_is_pending(client, make_drawing):
    drawing = make_drawing(status="pending", title="Secret", flask_id=uuid4())

    page = client.get(f"/results/{drawing.flask_id}", follow=True).content.decode()

    assert "This drawing is waiting for approval" in page
    assert "Secret" not in page


def test_an_old_link_to_a_hidden_drawing_is_not_found_except_for_staff(
    client, admin_user, make_drawing
):
    drawing = make_drawing(status="hidden", flask_id=uuid4())
    url = f"/results/{drawing.flask_id}"

    assert client.get(url).status_code == 404
    client.force_login(admin_user)
    assert client.get(url)["Location"] == f"/drawings/{drawing.id}/"


@pytest.mark.parametrize("id", [samples.NO_ID, "1", "x"])
def test_a_link_to_an_unknown_drawing_is_not_found(program, id):
    assert program.get(f"/results/{id}").status_code == 404
