"""plot.png, plot.svg and plot.pdf of a drawing."""

import hashlib

import numpy as np
import pytest

from drawings.models import Drawing
from drawings.plotting import drawing_plots, style, worker
from drawings.views import plots
from tests.support import samples

JSON = {"Accept": "application/json"}
TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
EVERY = [(kind, form) for kind in drawing_plots.KINDS for form in style.FORMATS]

pytestmark = [pytest.mark.django_db, pytest.mark.files_alone]


def url(drawing, form="png"):
    return f"/drawings/{drawing.id}/plot.{form}"


@pytest.mark.parametrize(("kind", "form"), EVERY)
def test_a_plot_shows_the_drawing_and_its_metadata(client, make_drawing, kind, form):
    drawing = make_drawing(
        samples.shades(40, 60), title="Fox", artist="Ada", colormap="plasma", vmin=20, vmax=200
    )

    response = client.get(f"{url(drawing, form)}?kind={kind}")

    assert response["Content-Type"] == TYPES[form]
    assert response["Cache-Control"] == "public, max-age=300"
    assert response.content == drawing_plots.draw_plot(
        drawing.field,
        kind=kind,
        format=form,
        title="Fox",
        byline="by Ada",
        cmap="plasma",
        vmin=20,
        vmax=200,
    )


@pytest.mark.parametrize("form", style.FORMATS)
def test_the_default_plot_is_the_image(client, make_drawing, form):
    address = url(make_drawing(), form)

    assert client.get(address).content == client.get(f"{address}?kind=image").content


def test_a_plot_has_the_requested_colours(client, make_drawing):
    drawing = make_drawing(np.full((40, 40), 255, np.uint8))

    picture = samples.decoded(client.get(f"{url(drawing)}?kind=ink&cmap=viridis").content)

    assert (picture == (253, 231, 36)).all(axis=-1).mean() > 0.3


def test_each_kind_format_and_colormap_has_its_own_etag(client, make_drawing):
    drawing = make_drawing(samples.shades(20, 20))
    queries = [f"{url(drawing, form)}?kind={kind}" for kind, form in EVERY]
    queries += [f"{url(drawing)}?cmap=hsv"]

    etags = {client.get(query)["ETag"] for query in queries}

    assert len(etags) == len(queries)


@pytest.mark.parametrize(
    "change", [{"title": "Owl"}, {"artist": "Eve"}, {"vmax": 99}, {"colormap": "magma"}]
)
def test_the_etag_changes_with_what_the_plot_shows(client, make_drawing, change):
    drawing = make_drawing(samples.shades(20, 20), title="Fox")
    before = client.get(url(drawing))
    Drawing.objects.update(**change)

    after = client.get(url(drawing), headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after.content != before.content


def test_the_etag_distinguishes_the_title_from_the_artist(client, make_drawing):
    drawing = make_drawing(samples.shades(20, 20))
    etags = set()
    for title, artist in (("Fox", "Ada by Eve"), ("Fox by Ada", "Eve")):
        Drawing.objects.update(title=title, artist=artist)
        etags.add(client.get(url(drawing))["ETag"])

    assert len(etags) == 2


@pytest.mark.parametrize("form", style.FORMATS)
@pytest.mark.parametrize("query", ["kind=nosuch", "cmap=nosuch", "kind=%00", "cmap=gray%00"])
def test_invalid_plot_options_are_refused_by_name(client, make_drawing, form, query):
    response = client.get(f"{url(make_drawing(), form)}?{query}", headers=JSON)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [query.split("=")[0]]


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("kind=ink&cmap=magma", "public"),
        ("kind=ink", "public"),
        ("cmap=magma&kind=ink", "private"),
        ("kind=", "private"),
        ("kind=ink&x=1", "private"),
    ],
)
def test_only_canonical_queries_are_cached_publicly(client, make_drawing, query, scope):
    response = client.get(f"{url(make_drawing(samples.shades(20, 20)))}?{query}")

    assert response["Cache-Control"] == f"{scope}, max-age=300"


# Characters that trouble fonts and file formats, each with a visible letter.
ODD = {
    "byte order mark": "\ufeffa\ufeff",
    "joiners and selectors": "👩\u200d🚀a\ufe0f\u200c",
    "marks": "a\u0301\u0302\u0303\u20dd",
    "right to left": "مرحبا\u200f שלום",
    "private and unassigned": "a\ue000\U000f0000\u0378\U0010ffff",
    "beside the surrogates": "a\ud7ff\ue000",
    "TeX": r"$\frac{a$ %s \\ 100%",
}


@pytest.mark.parametrize("form", style.FORMATS)
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_no_title_breaks_a_plot(client, make_drawing, form, text):
    drawing = make_drawing(samples.shades(20, 20), title=text, artist=text)

    response = client.get(url(drawing, form))

    assert (response.status_code, response["Content-Type"]) == (200, TYPES[form])


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_svg_and_pdf_plots_are_sandboxed_downloads(client, make_drawing, form):
    drawing = make_drawing(samples.shades(20, 20), title="<script>alert(1)</script>")

    response = client.get(f"{url(drawing, form)}?kind=histogram")

    name = f"script alert(1) script ({drawing.id.hex[-8:]}).histogram.{form}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"<script" not in response.content


def test_a_png_is_shown_inline_and_saved_under_its_name(client, make_drawing):
    drawing = make_drawing(samples.shades(20, 20), title="Fox")

    response = client.get(url(drawing))

    name = f"Fox ({drawing.id.hex[-8:]}).image.png"
    assert response["Content-Disposition"] == f'inline; filename="{name}"'


@pytest.mark.parametrize(("kind", "form"), EVERY)
def test_a_plot_is_refused_briefly_while_another_is_drawn(
    client, make_drawing, monkeypatch, kind, form
):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)
    drawing = make_drawing(samples.shades(20, 20))

    with worker.acquire_slot():
        response = client.get(f"{url(drawing, form)}?kind={kind}", headers=JSON)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert client.get(f"{url(drawing, form)}?kind={kind}").status_code == 200


def test_a_plot_that_takes_too_long_is_refused_and_the_next_is_drawn(
    client, make_drawing, monkeypatch
):
    monkeypatch.setattr(worker, "SLOT_SECONDS", 0)
    drawing = make_drawing()

    response = client.get(url(drawing), headers=JSON)
    monkeypatch.undo()

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert client.get(url(drawing)).status_code == 200


def test_a_matching_etag_gets_not_modified_without_a_slot(client, make_drawing):
    drawing = make_drawing()
    etag = client.get(f"{url(drawing)}?kind=surface")["ETag"]

    with worker.acquire_slot():
        response = client.get(f"{url(drawing)}?kind=surface", headers={"If-None-Match": etag})

    assert response.status_code == 304


def test_the_plot_worker_draws_the_same_plot_every_time(client, make_drawing):
    """Plots depend neither on how the worker was started nor on what it has drawn before."""
    drawing = make_drawing(samples.shades(30, 30))
    digests = set()
    for _ in range(2):
        content = client.get(f"{url(drawing, 'svg')}?kind=contour").content
        digests.add(hashlib.sha256(content).hexdigest())
        client.get(f"{url(drawing)}?kind=surface")

    assert len(digests) == 1


def test_the_etag_changes_with_the_plotting_code(client, make_drawing, monkeypatch):
    address = url(make_drawing(samples.shades(20, 20)))
    etags = [client.get(address)["ETag"]]
    monkeypatch.setattr(plots, "PLOTTING_VERSION", "another")
    etags.append(client.get(address)["ETag"])

    assert etags[0] != etags[1]
