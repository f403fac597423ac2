import warnings
from datetime import date, timedelta

import numpy as np
import pytest

from drawings.imaging import colormaps, pixels
from drawings.plotting import aggregates, gallery_plots, style
from drawings.plotting.aggregates import ThumbnailSource
from tests.support import samples

PAPER = (255, 254, 251)
RNG = np.random.default_rng(5)
FIELDS = RNG.integers(0, 256, (30, 20, 24), np.uint8)
BLOBS = [pixels.write_blob(field) for field in FIELDS]


@pytest.fixture
def drawn(monkeypatch):
    """The matplotlib figures drawn during the test."""
    figures = []

    def encode_figure(figure, format):
        figure.canvas.draw()
        figures.append(figure)
        return b""

    monkeypatch.setattr(style, "encode_figure", encode_figure)
    return figures


def sum_batches(*batches):
    totals = aggregates.empty_totals(20, 24)
    for blobs in batches:
        totals = aggregates.add_blobs(totals, blobs)
    return totals


@pytest.mark.parametrize("size", [1, 7, 30])
def test_totals_in_batches_equal_numpys_statistics_of_all_fields(size):
    totals = sum_batches(*(BLOBS[at : at + size] for at in range(0, 30, size)))

    assert totals.number == 30
    assert np.allclose(totals.mean(), FIELDS.mean(axis=0), rtol=0, atol=1e-12)
    assert np.allclose(totals.spread(), FIELDS.std(axis=0), rtol=0, atol=1e-9)
    assert np.array_equal(totals.ink(), (FIELDS < 128).mean(axis=0))


def test_fields_that_are_all_alike_have_no_spread():
    assert sum_batches([BLOBS[0]] * 9).spread().max() == 0


def test_adding_blobs_leaves_the_given_totals_unchanged():
    totals = sum_batches(BLOBS[:3])
    before = totals.sums.copy()

    aggregates.add_blobs(totals, BLOBS)

    assert np.array_equal(totals.sums, before)


def test_sums_of_the_lightest_fields_do_not_overflow():
    white = pixels.write_blob(np.full((20, 24), 255, np.uint8))

    totals = sum_batches([white] * 300)

    assert (totals.mean().min(), totals.spread().max(), totals.ink().max()) == (255, 0, 0)


@pytest.mark.parametrize("blob", [b"", b"damaged", pixels.write_blob(samples.shades(24, 20))])
def test_damaged_blobs_are_left_out(caplog, blob):
    totals = sum_batches([BLOBS[0], blob, BLOBS[1]])

    assert totals.number == 2
    assert np.allclose(totals.mean(), FIELDS[:2].mean(axis=0))
    assert "a damaged drawing" in caplog.text


def source_of(field, cmap="gray", blob=None):
    height, width = field.shape
    return ThumbnailSource(blob or pixels.write_blob(field), height, width, cmap, 0, 255)


def test_a_thumbnail_is_the_drawing_in_its_own_colours():
    field = np.repeat(np.repeat(FIELDS[0][:18, :18], 4, axis=0), 4, axis=1)

    (thumbnail,) = aggregates.make_thumbnails([source_of(field, "magma")])

    palette = np.frombuffer(colormaps.palette("magma", 0, 255), np.uint8).reshape(256, 3)
    assert np.array_equal(np.asarray(thumbnail), palette[field])


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(1024, 1024, (72, 72)), (16, 16, (72, 72)), (16, 1024, (72, 1)), (100, 50, (36, 72))],
)
def test_thumbnails_fit_into_their_cells(height, width, size):
    (thumbnail,) = aggregates.make_thumbnails([source_of(samples.shades(height, width))])

    assert thumbnail.size == size


def test_the_contact_sheet_has_the_drawings_line_by_line():
    shades = [0, 50, 100, 150, 200, 250] * 4
    fields = [np.full((20, 20), shade, np.uint8) for shade in shades]
    thumbnails = aggregates.make_thumbnails([source_of(field) for field in fields])

    sheet = aggregates.make_contact_sheet(thumbnails, PAPER)

    assert sheet.shape == (2 * 78, 12 * 78, 3)
    middles = sheet[39::78, 39::78]
    assert middles[..., 0].ravel().tolist() == shades
    assert tuple(sheet[0, 0]) == PAPER


def test_a_damaged_drawing_leaves_its_cell_empty(caplog):
    field = samples.shades(20, 20)

    thumbnails = aggregates.make_thumbnails([source_of(field, blob=b"damaged"), source_of(field)])

    assert np.asarray(thumbnails[0]).min() == 255
    assert np.asarray(thumbnails[1]).min() < 10
    assert "a damaged drawing" in caplog.text


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
@pytest.mark.parametrize("kind", gallery_plots.MEASURES)
def test_any_totals_can_be_plotted_and_give_the_same_bytes_each_time(kind, format):
    options = {"kind": kind, "format": format, "title": "Title", "byline": "“$x^2$ 猫”"}
    for totals in (
        sum_batches(BLOBS),
        sum_batches([pixels.write_blob(np.full((20, 24), 255, "u1"))]),
    ):
        first, again = (gallery_plots.draw_measure(totals, **options) for _ in range(2))

        assert first == again


@pytest.mark.parametrize("number", [1, 2, 12, 13, 96])
def test_plots_have_the_size_that_the_page_reserves(number):
    texts = {"format": "png", "title": "T", "byline": ""}
    field = samples.shades(30, 40)
    thumbnails = aggregates.make_thumbnails([source_of(field)] * number)
    drawn = {
        "contact": gallery_plots.draw_contact_sheet(thumbnails, **texts),
        "mean": gallery_plots.draw_measure(sum_batches(BLOBS), kind="mean", **texts),
    }

    for kind, png in drawn.items():
        height, width = samples.decoded(png).shape[:2]
        assert (width, height) == gallery_plots.plot_size(kind, (20, 24), number)


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
def test_equal_values_everywhere_get_the_full_scale(drawn, kind, shade, limits):
    totals = sum_batches([pixels.write_blob(np.full((20, 24), shade, np.uint8))])

    gallery_plots.draw_measure(totals, kind=kind, format="png", title="T", byline="")

    axes, bar = drawn[0].axes
    assert axes.images[0].get_clim() == limits
    assert bar.get_ylim() == limits


@pytest.mark.parametrize("number", range(1, 10))
def test_a_few_days_are_labelled_by_days_and_not_by_hours(drawn, number):
    counts = [(date(2025, 12, 29) + timedelta(days=at), at) for at in range(number)]

    with warnings.catch_warnings(action="error"):
        gallery_plots.draw_days(counts, format="png", title="T", byline="")

    (axes,) = drawn[0].axes
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert 1 <= len(labels) <= number
    assert not [label for label in labels if ":" in label]
    if number <= 7:
        assert labels[0] == "29 Dec\n2025"
        assert len(labels) == number


@pytest.mark.parametrize("kind", ["mean", "spread", "ink"])
def test_the_colorbars_labels_are_within_the_figure(drawn, kind):
    white = pixels.write_blob(np.full((20, 24), 255, np.uint8))
    with_dot = np.full((20, 24), 255, np.uint8)
    with_dot[0, 0] = 0
    totals = sum_batches([white] * 124, [pixels.write_blob(with_dot)])

    gallery_plots.draw_measure(totals, kind=kind, format="png", title="T", byline="")

    figure = drawn[0]
    bar = figure.axes[1]
    assert bar.get_tightbbox().x1 <= figure.bbox.x1
