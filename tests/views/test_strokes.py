"""A drawing's strokes.json and strokes.svg."""

import base64
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from drawings.imaging import colormaps, rasteriser, strokes, svg
from drawings.models import Drawing
from drawings.plotting import worker
from tests.support import documents, samples

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}

PICTURES = ["image.png", "plot.png", "plot.svg", "pixels.npy", "pixels.csv", "pixels.json"]

STROKES = ["strokes.json", "strokes.svg"]

GIVEN = documents.document(documents.LINE, documents.fill(3, 40), documents.INVERT)


def url(drawing, name="image.png"):
    return f"/drawings/{drawing.id}/{name}"


@pytest.fixture
def make_drawn(make_drawing):
    """Stores a drawing with strokes."""

    def make(given=GIVEN, **values):
        ground = samples.shades(48, 64) if given["paper"] else None
        return make_drawing(
            rasteriser.rasterise(given, ground), strokes=strokes.pack(given), **values
        )

    return make


def on(drawing_id):
    return documents.document(documents.LINE, paper={"drawing": str(drawing_id)})


def test_the_strokes_are_returned_as_the_submitted_document(client, make_drawn):
    response = client.get(url(make_drawn(), "strokes.json"))

    assert response["Content-Type"] == "application/json"
    assert response.json() == GIVEN


def test_the_document_rasterises_to_the_pixels_of_the_drawing(client, make_drawn):
    drawing = make_drawn()

    given = strokes.parse(client.get(url(drawing, "strokes.json")).content)

    assert np.array_equal(rasteriser.rasterise(given), drawing.field)


def test_the_svg_is_a_download_named_after_the_drawing(client, make_drawn):
    drawing = make_drawn(title='"><script>')

    response = client.get(url(drawing, "strokes.svg"))

    assert response["Content-Type"] == "image/svg+xml"
    name = f"script ({drawing.id.hex[-8:]}).svg"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content.startswith(b"<svg ")
    assert b"script" not in response.content


@pytest.mark.parametrize(("query", "cmap"), [("", "plasma"), ("?cmap=hsv", "hsv")])
def test_the_svg_has_the_colours_of_the_image(client, make_drawn, query, cmap):
    drawing = make_drawn(colormap="plasma", vmin=20, vmax=200)

    response = client.get(url(drawing, "strokes.svg") + query)

    palette = colormaps.palette(cmap, 20, 200)
    assert response.content.decode() == svg.from_strokes(GIVEN, palette)


@pytest.mark.parametrize("cmap", ["nosuch", "gray%00"])
def test_an_svg_in_an_unknown_colormap_is_refused_by_name(client, make_drawn, cmap):
    response = client.get(f"{url(make_drawn(), 'strokes.svg')}?cmap={cmap}", headers=JSON)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cmap"]


def test_each_version_of_the_svg_has_its_own_etag(client, make_drawn):
    drawing = make_drawn()
    queries = ("strokes.svg", "strokes.svg?cmap=hsv", "strokes.json")

    etags = {client.get(url(drawing, query))["ETag"] for query in queries}
    Drawing.objects.update(vmin=9)
    etags.add(client.get(url(drawing, "strokes.svg"))["ETag"])

    assert len(etags) == 4


@pytest.mark.parametrize("name", STROKES)
def test_strokes_may_be_cached_and_a_matching_etag_gets_not_modified(client, make_drawn, name):
    drawing = make_drawn()
    response = client.get(url(drawing, name))
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in response

    again = client.get(url(drawing, name), headers={"If-None-Match": response["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_strokes_of_withheld_drawings_are_only_for_staff(
    client, admin_client, make_drawn, name, status
):
    address = url(make_drawn(status=status), name)

    assert Client().get(address).status_code == 404
    response = admin_client.get(address)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", STROKES)
def test_a_drawing_without_strokes_has_no_stroke_files(client, make_drawing, name):
    assert client.get(url(make_drawing(), name)).status_code == 404
    assert client.get(f"/drawings/{samples.NO_ID}/{name}").status_code == 404


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize(("agree", "status"), [(None, 200), (True, 200), (False, 404)])
def test_strokes_are_shown_only_if_they_match_the_pixels(client, make_drawn, name, agree, status):
    drawing = make_drawn(strokes_agree=agree)

    assert client.get(url(drawing, name)).status_code == status


@pytest.mark.parametrize("name", STROKES)
def test_unverified_strokes_are_verified_on_request(client, make_drawn, name):
    drawing = make_drawn()

    assert client.get(url(drawing, name)).status_code == 200

    assert Drawing.objects.get().strokes_agree is True


@pytest.mark.parametrize("name", STROKES)
def test_unverified_strokes_that_do_not_match_the_pixels_are_never_shown(
    client, make_drawing, name
):
    drawing = make_drawing(samples.shades(48, 64), strokes=strokes.pack(GIVEN))
    assert client.get(f"/drawings/{drawing.id}/").context["has_strokes"] is True

    assert [client.get(url(drawing, name)).status_code for _ in range(2)] == [404, 404]

    assert Drawing.objects.get().strokes_agree is False
    assert client.get(f"/drawings/{drawing.id}/").context["has_strokes"] is False


@pytest.mark.parametrize("name", STROKES)
def test_an_etag_does_not_bypass_verification(client, make_drawn, make_drawing, name):
    etag = client.get(url(make_drawn(), name))["ETag"]
    drawing = make_drawing(samples.shades(48, 64), strokes=strokes.pack(GIVEN))

    response = client.get(url(drawing, name), headers={"If-None-Match": f'{etag}, "x", *'})

    assert response.status_code == 404


@pytest.mark.parametrize("name", STROKES)
def test_strokes_that_take_too_long_to_verify_are_left_for_the_command(client, make_drawn, name):
    zigzag = documents.stroke(*[(0, 0), (1024, 1024)] * 40)
    drawing = make_drawn(documents.document(zigzag, width=1024, height=1024))

    assert client.get(url(drawing, name)).status_code == 404
    assert Drawing.objects.get().strokes_agree is None

    call_command("verify_strokes")
    assert client.get(url(drawing, name)).status_code == 200


@pytest.mark.parametrize("name", STROKES)
def test_unverified_strokes_whose_base_image_is_gone_are_not_shown(client, make_drawn, name):
    drawing = make_drawn(on(samples.NO_ID))

    assert client.get(url(drawing, name)).status_code == 404
    assert Drawing.objects.get().strokes_agree is False


@pytest.mark.parametrize("name", STROKES)
def test_strokes_are_not_verified_for_users_who_may_not_see_the_drawing(client, make_drawn, name):
    drawing = make_drawn(status="pending")

    assert client.get(url(drawing, name)).status_code == 404
    assert Drawing.objects.get().strokes_agree is None


@pytest.mark.parametrize(
    ("name", "agree"), [("strokes.json", None), ("strokes.svg", None), ("strokes.svg", True)]
)
def test_strokes_are_refused_briefly_while_the_server_is_busy(
    client, make_drawn, monkeypatch, name, agree
):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)
    drawing = make_drawn(strokes_agree=agree)

    with worker.acquire_slot():
        response = client.get(url(drawing, name), headers=JSON)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert client.get(url(drawing, name)).status_code == 200


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize("agree", [None, True])
def test_strokes_are_parsed_only_by_the_plot_worker(client, make_drawn, monkeypatch, name, agree):
    drawing = make_drawn(strokes_agree=agree)
    monkeypatch.setattr(strokes, "parse", None)  # in this process only
    with pytest.raises(TypeError):
        assert drawing.document

    assert client.get(url(drawing, name)).status_code == 200


def test_verified_strokes_do_not_wait_for_a_slot(client, make_drawn):
    drawing = make_drawn(strokes_agree=True)

    with worker.acquire_slot():
        assert client.get(url(drawing, "strokes.json")).status_code == 200


@pytest.mark.parametrize("name", STROKES)
def test_strokes_of_a_drawing_deleted_during_verification_are_not_found(
    client, make_drawn, monkeypatch, name
):
    drawing = make_drawn(strokes_agree=None)

    def run(function, *arguments):
        Drawing.objects.all().delete()
        return worker.run_inline(function, *arguments)

    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=run))

    assert client.get(url(drawing, name)).status_code == 404


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize("data", [b"", b"damaged", strokes.pack(GIVEN)[:-3]])
def test_damaged_strokes_are_treated_as_missing(client, make_drawing, caplog, name, data):
    drawing = make_drawing(strokes=data)

    assert client.get(url(drawing, name)).status_code == 404
    assert str(drawing.id) in caplog.text


@pytest.mark.parametrize("name", STROKES)
def test_strokes_are_read_only(client, make_drawn, name):
    assert client.post(url(make_drawn(), name)).status_code == 405


@pytest.mark.parametrize("name", STROKES)
def test_reading_strokes_takes_one_query(client, make_drawn, django_assert_num_queries, name):
    drawing = make_drawn(strokes_agree=True)

    with django_assert_num_queries(1) as queries:
        client.get(url(drawing, name))

    assert '"blob"' not in queries.captured_queries[0]["sql"]


@pytest.mark.parametrize("name", PICTURES)
def test_images_are_served_without_reading_the_strokes(
    client, make_drawn, django_assert_num_queries, name
):
    drawing = make_drawn()

    with django_assert_num_queries(1) as queries:
        client.get(url(drawing, name))

    assert '"strokes"' not in queries.captured_queries[0]["sql"]


def test_the_svg_of_a_drawing_on_another_drawing_shows_both(client, make_drawn, make_drawing):
    parent = make_drawing(samples.shades(48, 64))
    drawing = make_drawn(on(parent.id), parent=parent)

    response = client.get(url(drawing, "strokes.svg"))

    gray = colormaps.palette("gray", 0, 255)
    assert response.content.decode() == svg.from_strokes(on(parent.id), gray, parent.field)
    assert client.get(url(drawing, "strokes.json")).json() == on(parent.id)


def test_the_svg_of_a_drawing_on_a_base_image_shows_both(client, make_drawn):
    image = base64.b64encode(samples.png(samples.shades(48, 64))).decode()
    drawing = make_drawn(documents.document(documents.LINE, paper={"image": image}))

    assert b"<image " in client.get(url(drawing, "strokes.svg")).content


def test_an_svg_that_would_take_too_long_shows_the_pixels_instead(client, make_drawn):
    wide = [documents.stroke(*[(0, 0)] * 150, radius=256)] * 200
    given = documents.document(*wide, documents.fill(0, 0))
    drawing = make_drawn(GIVEN)
    Drawing.objects.update(strokes=strokes.pack(given), strokes_agree=True)

    response = client.get(url(drawing, "strokes.svg"))

    expected = svg.from_field(drawing.field, colormaps.palette("gray", 0, 255))
    assert response.content.decode() == expected
