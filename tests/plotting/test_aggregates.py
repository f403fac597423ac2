import warnings
from datetime import date, timedelta

import numpy as np
import pytest

from drawings.imaging import colormaps, pixels
from drawings.plotting import aggregates, gallery_plots, style
from drawings.plotting.aggregates import Shown
from tests.support import samples

PAPER = (255, 254, 251)
RNG = np.random.default_rng(5)
FIELDS = RNG.integers(0, 256, (30, 20, 24), np.uint8)
BLOBS = [pixels.write_blob(field) for field in FIELDS]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are drawn, as matplotlib has them."""
    figures = []

    def save(figure, form):
        figure.canvas.draw()
        figures.append(figure)
        return b""

    monkeypatch.setattr(style, "save", save)
    return figures


def gathered(*bunches):
    totals = aggregates.nothing(20, 24)
    for blobs in bunches:
        totals = aggregates.add(totals, blobs)
    return totals


@pytest.mark.parametrize("bunch", [1, 7, 30])
def test_what_is_told_of_each_pixel_is_what_numpy_tells_of_all_fields(bunch):
    totals = gathered(*(BLOBS[at : at + bunch] for at in range(0, 30, bunch)))

    assert totals.number == 30
    assert np.allclose(totals.mean(), FIELDS.mean(axis=0), rtol=0, atol=1e-12)
    assert np.allclose(totals.spread(), FIELDS.std(axis=0), rtol=0, atol=1e-9)
    assert np.array_equal(totals.ink(), (FIELDS < 128).mean(axis=0))


def test_fields_that_are_all_alike_have_no_spread():
    assert gathered([BLOBS[0]] * 9).spread().max() == 0


def test_nothing_is_added_to_sums_that_somebody_has():
    totals = gathered(BLOBS[:3])
    before = totals.sums.copy()

    aggregates.add(totals, BLOBS)

    assert np.array_equal(totals.sums, before)


def test_sums_of_the_lightest_fields_do_not_overflow():
    white = pixels.write_blob(np.full((20, 24), 255, np.uint8))

    totals = gathered([white] * 300)

    assert (totals.mean().min(), totals.spread().max(), totals.ink().max()) == (255, 0, 0)


@pytest.mark.parametrize("blob", [b"", b"damaged", pixels.write_blob(samples.shades(24, 20))])
def test_what_is_damaged_is_left_out(caplog, blob):
    totals = gathered([BLOBS[0], blob, BLOBS[1]])

    assert totals.number == 2
    assert np.allclose(totals.mean(), FIELDS[:2].mean(axis=0))
    assert "left out" in caplog.text


def shown(field, cmap="gray", blob=None):
    height, width = field.shape
    return Shown(blob or pixels.write_blob(field), height, width, cmap, 0, 255)


def test_a_thumbnail_is_the_drawing_in_its_own_colours():
    field = np.repeat(np.repeat(FIELDS[0][:18, :18], 4, axis=0), 4, axis=1)

    (picture,) = aggregates.thumbnails([shown(field, "magma")])

    palette = np.frombuffer(colormaps.palette("magma", 0, 255), np.uint8).reshape(256, 3)
    assert np.array_equal(np.asarray(picture), palette[field])


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(1024, 1024, (72, 72)), (16, 16, (72, 72)), (16, 1024, (72, 1)), (100, 50, (36, 72))],
)
def test_thumbnails_fit_into_their_cells(height, width, size):
    (picture,) = aggregates.thumbnails([shown(samples.shades(height, width))])

    assert picture.size == size


def test_the_contact_sheet_has_the_drawings_line_by_line():
    shades = [0, 50, 100, 150, 200, 250] * 4
    fields = [np.full((20, 20), shade, np.uint8) for shade in shades]
    pictures = aggregates.thumbnails([shown(field) for field in fields])

    sheet = aggregates.contact_sheet(pictures, PAPER)

    assert sheet.shape == (2 * 78, 12 * 78, 3)
    middles = sheet[39::78, 39::78]
    assert middles[..., 0].ravel().tolist() == shades
    assert tuple(sheet[0, 0]) == PAPER


def test_a_damaged_drawing_leaves_its_cell_empty(caplog):
    field = samples.shades(20, 20)

    pictures = aggregates.thumbnails([shown(field, blob=b"damaged"), shown(field)])

    assert np.asarray(pictures[0]).min() == 255
    assert np.asarray(pictures[1]).min() < 10
    assert "left out" in caplog.text


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
@pytest.mark.parametrize("kind", gallery_plots.MEASURES)
def test_a_figure_can_be_made_of_any_sums(kind, form):
    looks = {"kind": kind, "form": form, "title": "Title", "byline": "“$x^2$ 猫”"}
    for totals in (gathered(BLOBS), gathered([pixels.write_blob(np.full((20, 24), 255, "u1"))])):
        first, again = (gallery_plots.measure(totals, **looks) for _ in range(2))

        assert first == again


@pytest.mark.parametrize("number", [1, 2, 12, 13, 96])
def test_figures_have_the_size_that_the_page_keeps_for_them(number):
    words = {"form": "png", "title": "T", "byline": ""}
    field = samples.shades(30, 40)
    pictures = aggregates.thumbnails([shown(field)] * number)
    drawn = {
        "contact": gallery_plots.contact(pictures, **words),
        "mean": gallery_plots.measure(gathered(BLOBS), kind="mean", **words),
    }

    for kind, png in drawn.items():
        height, width = samples.decoded(png).shape[:2]
        assert (width, height) == gallery_plots.size(kind, (20, 24), number)


@pytest.mark.parametrize(
    ("kind", "shade", "limits"),
    [
        ("mean", 255, (0, 255)),
        ("mean", 99, (0, 255)),
        ("spread", 99, (0, 1)),
        ("ink", 255, (0, 1)),
        ("ink", 99, (0, 1)),
    ],
)
def test_what_is_the_same_everywhere_has_a_scale_that_makes_sense(drawn, kind, shade, limits):
    totals = gathered([pixels.write_blob(np.full((20, 24), shade, np.uint8))])

    gallery_plots.measure(totals, kind=kind, form="png", title="T", byline="")

    axes, bar = drawn[0].axes
    assert axes.images[0].get_clim() == limits
    assert bar.get_ylim() == limits


@pytest.mark.parametrize("number", range(1, 10))
def test_a_few_days_are_told_by_days_and_not_by_hours(drawn, number):
    counts = [(date(2025, 12, 29) + timedelta(days=at), at) for at in range(number)]

    with warnings.catch_warnings(action="error"):
        gallery_plots.days(counts, form="png", title="T", byline="")

    (axes,) = drawn[0].axes
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert 1 <= len(labels) <= number
    assert not [label for label in labels if ":" in label]
    if number <= 7:
        assert labels[0] == "29 Dec\n2025"
        assert len(labels) == number


@pytest.mark.parametrize("values", ["mean", "spread", "ink"])
def test_the_labels_of_the_colours_are_within_the_figure(drawn, values):
    white = pixels.write_blob(np.full((20, 24), 255, np.uint8))
    dotted = np.full((20, 24), 255, np.uint8)
    dotted[0, 0] = 0
    totals = gathered([white] * 124, [pixels.write_blob(dotted)])

    gallery_plots.measure(totals, kind=values, form="png", title="T", byline="")

    figure = drawn[0]
    bar = figure.axes[1]
    assert bar.get_tightbbox().x1 <= figure.bbox.x1
