"""Drawings on a base image that is not published, which is treated like a deleted one."""

import json
import re
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drawings.datasets.exports.source import Source
from drawings.http import owner_cookie
from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawings.services import moderation
from tests.support import documents, samples

SITE, API = "/drawings/", "/api/v1/drawings"
JSON = {"Accept": "application/json"}
WITHHELD = ["hidden", "pending"]
# The value of a hidden base image's pixel, and another value that it might have.
SECRET, OTHER = 200, 60
NOW = timezone.now()

pytestmark = pytest.mark.django_db


def base_field(pixel=SECRET, height=48, width=64):
    """The field of a base image, with this value for the pixel at the top left."""
    field = samples.shades(height, width)
    field[0, 0] = pixel
    return field


def document_on(base):
    return documents.document(documents.LINE, paper={"drawing": str(base)})


def probe_of(base):
    """Strokes that cover all of a base image but one pixel, and fill from there with a tolerance.

    They produce one of two fields, which reveals whether the pixel is lighter than 128.
    """
    cover = [
        documents.stroke((1.5 if row == 0 else 0.5, row + 0.5), (63.5, row + 0.5), shade=255)
        for row in range(48)
    ]
    for stroke in cover:
        stroke.update(radius=[0.4, 0.4], antialiased=False)
    flood = documents.fill(0, 0, shade=100, tolerance=127, antialiased=False)
    return documents.document(*cover, flood, documents.LINE, paper={"drawing": str(base)})


def send(given, field, client=None, route=SITE):
    """Send a drawing and its strokes. Returns the response."""
    form = {
        "image": SimpleUploadedFile("drawing.png", samples.png(field), "image/png"),
        "strokes": json.dumps(given),
        "title": "Guess",
    }
    return (client or Client()).post(route, form, headers=JSON)


def submit(*arguments, **options):
    """Send a drawing. Returns its row."""
    response = send(*arguments, **options)
    assert response.status_code == 201
    return Drawing.objects.get(pk=response.json()["id"])


def plain(response, *ids):
    """The status, headers and body of a response, without values that differ each time."""
    head = {name: value for name, value in response.items() if name not in ("ETag", "X-Request-ID")}
    body = response.content.decode()
    for each in ids:
        for name in (str(each), each.hex[-8:]):
            body = body.replace(name, "ID")
            head = {key: value.replace(name, "ID") for key, value in head.items()}
    body = re.sub(r'"(created_at|updated_at|split)":"[^"]*"', r'"\1":""', body)
    return response.status_code, {**head, "Content-Length": ""}, body


def responses_about(drawing, *ids, client=None):
    """The responses of all routes about a drawing."""
    client = client or Client()
    Drawing.objects.filter(pk=drawing.pk).update(created_at=NOW)
    page = f"/drawings/{drawing.id}/"
    routes = {
        "page": page,
        "strokes.json": f"{page}strokes.json",
        "strokes.svg": f"{page}strokes.svg",
        "api": f"{API}/{drawing.id}",
        "api list": API,
    }
    return {name: plain(client.get(address), drawing.id, *ids) for name, address in routes.items()}


def statuses(drawing, client=None):
    """The statuses of strokes.json and strokes.svg."""
    client = client or Client()
    return [
        client.get(f"/drawings/{drawing.id}/{name}").status_code
        for name in ("strokes.json", "strokes.svg")
    ]


def shown(drawing, client=None):
    """Whether the page offers strokes, and which parent it names."""
    context = (client or Client()).get(f"/drawings/{drawing.id}/").context
    return context["has_strokes"], context["parent"]


def described(drawing):
    """Whether the API offers strokes, and which parent it names."""
    answer = Client().get(f"{API}/{drawing.id}").json()
    return answer["strokes_url"] is not None, answer["parent"]


def exported():
    """The strokes of each record in an export of the published drawings."""
    return [
        record.strokes
        for batch in Source(DrawingFilter.published()).read_with_pixels()
        for record in batch
    ]


# --- Submission -----------------------------------------------------------------------------


@pytest.mark.parametrize("route", [SITE, API])
def test_strokes_reveal_no_pixel_of_a_base_image_that_is_hidden_from_their_sender(
    make_drawing, route
):
    bases = {status: make_drawing(base_field(), status=status).id for status in WITHHELD}
    bases["none"] = uuid4()
    answers = []
    for base in bases.values():
        for guess in (SECRET, OTHER):
            given = probe_of(base)
            response = send(given, rasteriser.rasterise(given, base_field(guess)), route=route)
            child = Drawing.objects.get(pk=response.json()["id"])
            answers.append(
                {"sent": plain(response, child.id, base), **responses_about(child, base)}
            )
            child.delete()

    for name in answers[0]:
        assert [each[name] for each in answers] == [answers[0][name]] * 6, name
    assert answers[0]["sent"][0] == 201
    assert [answers[0][name][0] for name in ("strokes.json", "strokes.svg")] == [404, 404]


def test_on_a_published_base_image_only_matching_strokes_are_shown(make_drawing):
    """The attack above would reveal a pixel of this one."""
    base = make_drawing(base_field())
    given = probe_of(base.id)

    for guess, status in ((SECRET, 200), (OTHER, 404)):
        assert (
            statuses(submit(given, rasteriser.rasterise(given, base_field(guess)))) == [status] * 2
        )


@pytest.mark.parametrize("route", [SITE, API])
@pytest.mark.parametrize("status", WITHHELD)
def test_the_size_of_a_hidden_base_image_is_not_revealed(make_drawing, route, status):
    field = samples.shades(48, 64)
    for base in (make_drawing(base_field(height=50), status=status).id, uuid4()):
        response = send(document_on(base), field, route=route)

        assert response.status_code == 201
        assert Drawing.objects.get(pk=response.json()["id"]).parent is None


@pytest.mark.parametrize("status", WITHHELD)
def test_a_base_image_that_is_hidden_during_submission_is_never_linked(make_drawing, status):
    base = make_drawing(base_field(), status=status)
    given = document_on(base.id)
    child = submit(given, rasteriser.rasterise(given, base.field))
    Drawing.objects.filter(pk=base.pk).update(status="published")
    call_command("verify_strokes")

    assert (child.parent, child.document) == (None, given)
    assert statuses(child) == [404, 404]
    assert (shown(child), described(child), exported()) == (
        (False, None),
        (False, None),
        [None, None],
    )


@pytest.mark.parametrize("status", WITHHELD)
def test_a_base_image_of_another_browser_is_hidden_as_well(make_drawing, status):
    base = make_drawing(base_field(), status=status, owner=uuid4())
    other = Client()
    other.post(SITE, {"canvas_data": samples.brightness_list("0")})
    assert owner_cookie.COOKIE in other.cookies

    assert submit(document_on(base.id), samples.shades(48, 64), client=other).parent is None


def test_artists_may_draw_on_their_own_pending_drawings(settings):
    settings.REQUIRE_APPROVAL = True
    artist = Client()
    base = submit(documents.document(documents.LINE), base_field(), client=artist)
    given = document_on(base.id)
    child = submit(given, rasteriser.rasterise(given, base.field), client=artist)
    assert child.parent == base
    assert statuses(child, artist) == [200, 200]
    assert shown(child, artist) == (True, base)

    Drawing.objects.filter(pk=child.pk).update(status="published")
    assert statuses(child) == [404, 404]
    assert (shown(child), described(child)) == ((False, None), (False, None))
    assert shown(child, artist) == (True, base)

    Drawing.objects.filter(pk=base.pk).update(status="published")
    assert statuses(child) == [200, 200]
    assert (shown(child), described(child)) == ((True, base), (True, str(base.id)))


# --- Display --------------------------------------------------------------------------------


@pytest.fixture
def family(make_drawing):
    """A base image and a drawing on it, both published."""
    base = make_drawing(base_field())
    given = document_on(base.id)
    return base, submit(given, rasteriser.rasterise(given, base.field))


@pytest.mark.parametrize("agree", [None, True])
@pytest.mark.parametrize("status", WITHHELD)
def test_hiding_a_base_image_has_the_same_effect_as_deleting_it(family, status, agree):
    base, child = family
    Drawing.objects.filter(pk=child.pk).update(strokes_agree=agree)
    Drawing.objects.filter(pk=base.pk).update(status=status)
    withheld = responses_about(child), exported()
    assert str(base.id) not in str(withheld)
    picture = Client().get(f"/drawings/{child.id}/image.png")
    assert Drawing.objects.get(pk=child.pk).strokes_agree is agree  # nothing was verified
    base.delete()

    assert withheld == (responses_about(child), exported())
    assert withheld[0]["strokes.json"][0] == withheld[0]["strokes.svg"][0] == 404
    assert withheld[1] == [None]
    assert picture.status_code == 200


@pytest.mark.parametrize("agree", [None, True])
def test_strokes_are_shown_again_once_the_base_image_is_published_again(family, agree):
    base, child = family
    Drawing.objects.filter(pk=child.pk).update(strokes_agree=agree)
    Drawing.objects.filter(pk=base.pk).update(status="hidden")
    assert statuses(child) == [404, 404]
    Drawing.objects.filter(pk=base.pk).update(status="published")

    assert statuses(child) == [200, 200]
    assert (shown(child), described(child)) == ((True, base), (True, str(base.id)))
    assert [each for each in exported() if each] == [child.strokes]


@pytest.mark.parametrize("name", ["strokes.json", "strokes.svg", ""])
@pytest.mark.parametrize("status", WITHHELD)
def test_staff_see_both_and_no_cache_stores_them(family, admin_client, name, status):
    base, child = family
    Drawing.objects.filter(pk=base.pk).update(status=status)

    response = admin_client.get(f"/drawings/{child.id}/{name}")

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in response
    assert shown(child, admin_client) == (True, base)


@pytest.mark.parametrize("name", ["strokes.json", "strokes.svg"])
def test_a_conditional_request_does_not_reveal_them(family, name):
    base, child = family
    address = f"/drawings/{child.id}/{name}"
    etag = Client().get(address)["ETag"]
    Drawing.objects.filter(pk=base.pk).update(status="hidden")

    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize("how", ["by its artist", "by staff"])
def test_deleting_a_base_image_withdraws_the_strokes_on_it(family, admin_user, how):
    base, child = family
    assert statuses(child) == [200, 200]
    if how == "by staff":
        moderation.delete_drawings([base], admin_user.pk)
    else:
        base.delete()

    assert statuses(child) == [404, 404]
    assert (shown(child), described(child), exported()) == ((False, None), (False, None), [None])
    assert np.array_equal(Drawing.objects.get().field, child.field)


def test_an_export_reads_all_base_images_in_one_query(make_drawing):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            exported()
        return len(captured)

    base = make_drawing(base_field())
    packed = strokes.pack(document_on(base.id))
    for _ in range(2):
        make_drawing(base_field(), parent=base, strokes=packed, strokes_agree=True)
    few = queries()
    for _ in range(5):
        make_drawing(base_field(), parent=base, strokes=packed, strokes_agree=True)

    assert queries() == few == 1
