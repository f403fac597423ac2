"""Drawings on paper that not everybody may see: such a paper is as good as gone."""

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
# A paper's pixel that nobody knows, and another value that it might have.
SECRET, OTHER = 200, 60
NOW = timezone.now()

pytestmark = pytest.mark.django_db


def ground(pixel=SECRET, height=48, width=64):
    """The field of a paper, with this value for the pixel at the top left."""
    field = samples.shades(height, width)
    field[0, 0] = pixel
    return field


def document_on(paper):
    return documents.document(documents.LINE, paper={"drawing": str(paper)})


def probe_of(paper):
    """Strokes that cover all of a paper but one pixel, and flood from there what is like it: their
    field is one of two, and which one tells whether the pixel is lighter than 128."""
    cover = [
        documents.stroke((1.5 if row == 0 else 0.5, row + 0.5), (63.5, row + 0.5), shade=255)
        for row in range(48)
    ]
    for stroke in cover:
        stroke.update(radius=[0.4, 0.4], antialiased=False)
    flood = documents.fill(0, 0, shade=100, tolerance=127, antialiased=False)
    return documents.document(*cover, flood, documents.LINE, paper={"drawing": str(paper)})


def send(given, field, client=None, route=SITE):
    """The answer to a drawing and its strokes."""
    form = {
        "image": SimpleUploadedFile("drawing.png", samples.png(field), "image/png"),
        "strokes": json.dumps(given),
        "title": "Guess",
    }
    return (client or Client()).post(route, form, headers=JSON)


def sent(*arguments, **options):
    """The drawing that was sent."""
    response = send(*arguments, **options)
    assert response.status_code == 201
    return Drawing.objects.get(pk=response.json()["id"])


def plain(response, *ids):
    """An answer without what is new in every answer: status, headers and body."""
    head = {name: value for name, value in response.items() if name not in ("ETag", "X-Request-ID")}
    body = response.content.decode()
    for each in ids:
        for name in (str(each), each.hex[-8:]):
            body = body.replace(name, "ID")
            head = {key: value.replace(name, "ID") for key, value in head.items()}
    body = re.sub(r'"(created_at|updated_at|split)":"[^"]*"', r'"\1":""', body)
    return response.status_code, {**head, "Content-Length": ""}, body


def told(drawing, *ids, client=None):
    """All that is told of a drawing, by route."""
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
    """Of strokes.json and strokes.svg."""
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
    """The strokes in the exports of published drawings."""
    return [
        record.strokes
        for batch in Source(DrawingFilter.published()).read_with_pixels()
        for record in batch
    ]


# --- Sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [SITE, API])
def test_strokes_tell_no_pixel_of_a_paper_that_their_sender_may_not_see(make_drawing, route):
    papers = {status: make_drawing(ground(), status=status).id for status in WITHHELD}
    papers["none"] = uuid4()
    answers = []
    for paper in papers.values():
        for guess in (SECRET, OTHER):
            given = probe_of(paper)
            response = send(given, rasteriser.rasterise(given, ground(guess)), route=route)
            child = Drawing.objects.get(pk=response.json()["id"])
            answers.append({"sent": plain(response, child.id, paper), **told(child, paper)})
            child.delete()

    for name in answers[0]:
        assert [each[name] for each in answers] == [answers[0][name]] * 6, name
    assert answers[0]["sent"][0] == 201
    assert [answers[0][name][0] for name in ("strokes.json", "strokes.svg")] == [404, 404]


def test_of_a_paper_that_everybody_sees_only_the_right_strokes_are_shown(make_drawing):
    """The attack above would tell a pixel of this one."""
    paper = make_drawing(ground())
    given = probe_of(paper.id)

    for guess, status in ((SECRET, 200), (OTHER, 404)):
        assert statuses(sent(given, rasteriser.rasterise(given, ground(guess)))) == [status] * 2


@pytest.mark.parametrize("route", [SITE, API])
@pytest.mark.parametrize("status", WITHHELD)
def test_the_size_of_a_paper_is_told_to_nobody_who_may_not_see_it(make_drawing, route, status):
    field = samples.shades(48, 64)
    for paper in (make_drawing(ground(height=50), status=status).id, uuid4()):
        response = send(document_on(paper), field, route=route)

        assert response.status_code == 201
        assert Drawing.objects.get(pk=response.json()["id"]).parent is None


@pytest.mark.parametrize("status", WITHHELD)
def test_paper_that_is_withheld_when_it_is_drawn_on_stays_gone(make_drawing, status):
    paper = make_drawing(ground(), status=status)
    given = document_on(paper.id)
    child = sent(given, rasteriser.rasterise(given, paper.field))
    Drawing.objects.filter(pk=paper.pk).update(status="published")
    call_command("verify_strokes")

    assert (child.parent, child.document) == (None, given)
    assert statuses(child) == [404, 404]
    assert (shown(child), described(child), exported()) == (
        (False, None),
        (False, None),
        [None, None],
    )


@pytest.mark.parametrize("status", WITHHELD)
def test_another_browsers_paper_is_withheld_as_well(make_drawing, status):
    paper = make_drawing(ground(), status=status, owner=uuid4())
    other = Client()
    other.post(SITE, {"canvas_data": samples.brightness_list("0")})
    assert owner_cookie.COOKIE in other.cookies

    assert sent(document_on(paper.id), samples.shades(48, 64), client=other).parent is None


def test_what_waits_may_be_drawn_on_by_its_artist(settings):
    settings.REQUIRE_APPROVAL = True
    artist = Client()
    paper = sent(documents.document(documents.LINE), ground(), client=artist)
    given = document_on(paper.id)
    child = sent(given, rasteriser.rasterise(given, paper.field), client=artist)
    assert child.parent == paper
    assert statuses(child, artist) == [200, 200]
    assert shown(child, artist) == (True, paper)

    Drawing.objects.filter(pk=child.pk).update(status="published")
    assert statuses(child) == [404, 404]
    assert (shown(child), described(child)) == ((False, None), (False, None))
    assert shown(child, artist) == (True, paper)

    Drawing.objects.filter(pk=paper.pk).update(status="published")
    assert statuses(child) == [200, 200]
    assert (shown(child), described(child)) == ((True, paper), (True, str(paper.id)))


# --- Shown ----------------------------------------------------------------------------------


@pytest.fixture
def family(make_drawing):
    """A paper and what was drawn on it, both published."""
    paper = make_drawing(ground())
    given = document_on(paper.id)
    return paper, sent(given, rasteriser.rasterise(given, paper.field))


@pytest.mark.parametrize("agree", [None, True])
@pytest.mark.parametrize("status", WITHHELD)
def test_what_was_drawn_on_a_drawing_before_it_was_withheld_is_as_if_it_were_deleted(
    family, status, agree
):
    paper, child = family
    Drawing.objects.filter(pk=child.pk).update(strokes_agree=agree)
    Drawing.objects.filter(pk=paper.pk).update(status=status)
    withheld = told(child), exported()
    assert str(paper.id) not in str(withheld)
    picture = Client().get(f"/drawings/{child.id}/image.png")
    assert Drawing.objects.get(pk=child.pk).strokes_agree is agree  # nothing was verified
    paper.delete()

    assert withheld == (told(child), exported())
    assert withheld[0]["strokes.json"][0] == withheld[0]["strokes.svg"][0] == 404
    assert withheld[1] == [None]
    assert picture.status_code == 200


@pytest.mark.parametrize("agree", [None, True])
def test_once_the_paper_is_published_again_the_strokes_are_back(family, agree):
    paper, child = family
    Drawing.objects.filter(pk=child.pk).update(strokes_agree=agree)
    Drawing.objects.filter(pk=paper.pk).update(status="hidden")
    assert statuses(child) == [404, 404]
    Drawing.objects.filter(pk=paper.pk).update(status="published")

    assert statuses(child) == [200, 200]
    assert (shown(child), described(child)) == ((True, paper), (True, str(paper.id)))
    assert [each for each in exported() if each] == [child.strokes]


@pytest.mark.parametrize("name", ["strokes.json", "strokes.svg", ""])
@pytest.mark.parametrize("status", WITHHELD)
def test_staff_see_both_and_no_cache_keeps_them(family, admin_client, name, status):
    paper, child = family
    Drawing.objects.filter(pk=paper.pk).update(status=status)

    response = admin_client.get(f"/drawings/{child.id}/{name}")

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in response
    assert shown(child, admin_client) == (True, paper)


@pytest.mark.parametrize("name", ["strokes.json", "strokes.svg"])
def test_an_etag_does_not_get_around_it(family, name):
    paper, child = family
    address = f"/drawings/{child.id}/{name}"
    etag = Client().get(address)["ETag"]
    Drawing.objects.filter(pk=paper.pk).update(status="hidden")

    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize("how", ["by its artist", "by staff"])
def test_what_is_deleted_takes_the_strokes_on_it_from_view(family, admin_user, how):
    paper, child = family
    assert statuses(child) == [200, 200]
    if how == "by staff":
        moderation.delete_drawings([paper], admin_user.pk)
    else:
        paper.delete()

    assert statuses(child) == [404, 404]
    assert (shown(child), described(child), exported()) == ((False, None), (False, None), [None])
    assert np.array_equal(Drawing.objects.get().field, child.field)


def test_an_export_asks_about_all_papers_at_once(make_drawing):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            exported()
        return len(captured)

    paper = make_drawing(ground())
    packed = strokes.pack(document_on(paper.id))
    for _ in range(2):
        make_drawing(ground(), parent=paper, strokes=packed, strokes_agree=True)
    few = queries()
    for _ in range(5):
        make_drawing(ground(), parent=paper, strokes=packed, strokes_agree=True)

    assert queries() == few == 1
