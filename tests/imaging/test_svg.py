"""strokes.svg as Chromium renders it, compared with the image."""

import base64
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest

from drawings.imaging import colormaps, rasteriser, svg
from tests.support import documents, samples
from tests.support.documents import CLEAR, INVERT, LINE, document, fill, flip, stroke

SVG = "{http://www.w3.org/2000/svg}"
GRAY = colormaps.palette("gray", 0, 255)


def parsed(text):
    return ElementTree.fromstring(text)  # noqa: S314 - our own


def elements(text):
    return [each.tag.removeprefix(SVG) for each in parsed(text).iter()][1:]


def colours(field, palette):
    return np.frombuffer(palette, np.uint8).reshape(256, 3)[field]


@pytest.fixture(scope="module")
def render_svg(browser):
    """Renders an SVG at its own size; returns the pixels on the screen.

    The tests share one page: each replaces its whole content.
    """
    page = browser.new_page()

    def show(text, width, height):
        page.set_viewport_size({"width": width, "height": height})
        data = base64.b64encode(text.encode()).decode()
        page.set_content(
            "<style>body { margin: 0 } img { display: block }</style>"
            f'<img src="data:image/svg+xml;base64,{data}">'
        )
        assert page.evaluate("document.images[0].decode().then(() => true)")
        return samples.decoded(page.screenshot())

    yield show
    page.close()


@pytest.fixture
def measure_difference(render_svg):
    """Returns the difference of each pixel between Chromium's rendering and the field."""

    def measure(given, palette=GRAY, ground=None):
        field = rasteriser.rasterise(given, ground)
        picture = render_svg(
            svg.from_strokes(given, palette, ground), given["width"], given["height"]
        )
        return np.abs(picture.astype(int) - colours(field, palette)).mean(axis=2)

    return measure


# Outlines, so that fills have something to fill.
LEFT = stroke((10, 10), (80, 14), (76, 90), (12, 84), (10, 10), radius=2.5)
RIGHT = stroke((120, 30, 1), (180, 40, 6), (170, 110, 3), (110, 100, 0.5), (120, 30, 1), shade=60)
WAVES = [
    stroke(
        *((x, 150 + 9 * np.sin(x / 9 + wave), 1 + x / 40) for x in range(8, 190, 3)), shade=shade
    )
    for wave, shade in enumerate((30, 120, 200))
]
MANY = document(
    LEFT,
    fill(40, 40, 170),
    RIGHT,
    fill(140, 70, 90),
    flip("horizontal"),
    *WAVES,
    INVERT,
    stroke((20, 120), shade=255, radius=12),
    stroke((60, 130), (90, 120), shade=128, radius=5, antialiased=False),
    flip("vertical"),
    fill(2, 2, 20, 10),
    stroke((100, 100), (101, 180), shade=200, radius=0.4),
    width=200,
    height=190,
)


@pytest.mark.parametrize("cmap", ["gray", "viridis", "twilight"])
def test_an_svg_of_every_tool_looks_like_the_image(measure_difference, cmap):
    assert measure_difference(MANY, colormaps.palette(cmap, 0, 255)).mean() < 4


CASES = {
    "nothing": document(),
    "a line": document(LINE),
    "a dot": document(stroke((30, 20), radius=9)),
    "a small dot": document(stroke((30.5, 20.5), radius=0.5)),
    "the finest line": document(stroke((5, 5), (60, 40), radius=0)),
    "a point twice": document(stroke((30, 20), (30, 20), radius=9)),
    "a corner": document(stroke((5, 40), (30, 5), (55, 40), radius=4)),
    "a taper": document(stroke((10, 10, 1), (50, 35, 9))),
    "a taper that ends in a point": document(stroke((10, 10, 9), (50, 35, 0))),
    "a taper steeper than its length": document(stroke((30, 24, 16), (34, 24, 2))),
    "a point twice with two radii": document(stroke((30, 24, 4), (30, 24, 12))),
    "not antialiased": document(stroke((5, 8), (50, 40), radius=4, antialiased=False)),
    "a taper not antialiased": document(stroke((5, 8, 2), (50, 40, 8), antialiased=False)),
    "off the edge": document(stroke((-200, 20), (20, 20), (300, 200), radius=5)),
    "a flip": document(LINE, flip("vertical")),
    "two flips": document(LINE, flip("vertical"), flip("horizontal")),
    "a flip between": document(LINE, flip(), stroke((3, 3), (20, 30), shade=90)),
    "an inversion": document(LINE, INVERT),
    "two inversions": document(LINE, INVERT, INVERT),
    "an inversion between": document(LINE, INVERT, stroke((3, 3), (20, 30), shade=90)),
    "a clearing": document(LINE, INVERT, flip(), CLEAR, stroke((3, 3), (20, 30), shade=90)),
    "a clearing before an inversion": document(LINE, CLEAR, INVERT),
    "only a clearing": document(LINE, CLEAR),
}


@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_an_svg_looks_like_the_image(measure_difference, given):
    difference = measure_difference(given)

    # Chromium's edges differ a little from the rasteriser's, and nothing else does.
    assert difference.mean() < 1.5
    assert (difference > 60).mean() < 0.005


@pytest.mark.parametrize("cmap", ["gray", "tab10"])
def test_filled_areas_have_exactly_the_right_colour(measure_difference, cmap):
    given = document(LEFT, fill(40, 40, 170), INVERT, flip(), width=100, height=100)
    difference = measure_difference(given, colormaps.palette(cmap, 0, 255))

    # The middle of the filled area, without the outline's soft edge.
    middle = (slice(20, 78), slice(100 - 70, 100 - 20))
    assert (rasteriser.rasterise(given)[middle] == 255 - 170).all()
    assert not difference[middle].any()


def test_a_fill_up_to_a_soft_edge_keeps_the_edge(measure_difference):
    given = document(stroke((32, 24), radius=12), fill(2, 2, 200, 20), fill(32, 24, 30, 100))

    assert measure_difference(given).mean() < 0.5


@pytest.mark.parametrize("operations", [[], [INVERT], [flip()], [INVERT, flip(), flip("vertical")]])
def test_the_base_image_lies_below_the_strokes(measure_difference, operations):
    ground = samples.shades(48, 64)

    difference = measure_difference(
        document(LINE, *operations), colormaps.palette("turbo", 0, 255), ground
    )

    # Wherever nothing was drawn, the pixels are exactly those of the image.
    assert (difference == 0).mean() > 0.85
    assert difference.mean() < 3


def test_a_clear_replaces_the_base_image_with_white(measure_difference):
    given = document(INVERT, CLEAR, LINE)

    assert measure_difference(given, GRAY, samples.shades(48, 64)).mean() < 1.5
    assert "image" not in elements(svg.from_strokes(given, GRAY, samples.shades(48, 64)))


def test_a_fill_takes_the_base_image_into_account(measure_difference):
    ground = np.full((48, 64), 255, np.uint8)
    ground[10:30, 10:30] = 40

    difference = measure_difference(document(fill(12, 12, 170), fill(50, 40, 90)), GRAY, ground)

    assert not difference.any()


def test_a_line_is_one_path_with_round_ends():
    root = parsed(svg.from_strokes(document(LINE), GRAY))

    paper, line = root
    assert paper.attrib == {"fill": "#ffffff", "d": "M0 0H64V48H0Z"}
    assert line.attrib == {"stroke": "#000000", "stroke-width": "4", "d": "M5 8.5L50.25 40"}
    assert root.attrib["viewBox"] == "0 0 64 48"
    assert root.attrib["stroke-linecap"] == root.attrib["stroke-linejoin"] == "round"


def test_an_svg_uses_the_colours_of_the_palette():
    palette = colormaps.palette("viridis", 20, 200)
    expected = {"#" + bytes(palette[3 * shade : 3 * shade + 3]).hex() for shade in (255, 0, 90)}

    text = svg.from_strokes(document(LINE, fill(2, 40, 90)), palette)

    assert set(re.findall("#[0-9a-f]{6}", text)) == expected


def test_a_fill_is_traced_as_a_few_rectangles():
    text = svg.from_strokes(document(fill(2, 2)), GRAY)

    assert 'd="M0 0H64V48H0Z"' in text.splitlines()[2]


def test_many_flips_do_not_nest_groups():
    root = parsed(svg.from_strokes(document(*[LINE, flip()] * 4_000), GRAY))

    # Every second line is as it was drawn; the others are in a group that mirrors them.
    assert [len(child) for child in root[:5]] == [0, 0, 1, 0, 1]
    assert len(root) == 1 + 4_000


def test_an_svg_of_a_field_shows_exactly_its_pixels(render_svg):
    field = samples.shades(30, 50)

    assert np.array_equal(render_svg(svg.from_field(field, GRAY), 50, 30), colours(field, GRAY))


def test_strokes_that_take_too_long_are_not_traced():
    wide = [stroke((0, 0), (1024, 1024), radius=256)] * 100

    with pytest.raises(rasteriser.TooMuchWorkError):
        svg.from_strokes(document(*wide, fill(2, 2), width=1024, height=1024), GRAY)


COSTLY_FILLS = {
    "80 of the whole paper": ([fill(0, 0, shade) for shade in range(80)], None),
    "one with a hundred thousand runs each time": (
        [fill(1, 1, 100 + number % 2, 10) for number in range(9)],
        np.where(np.indices((1024, 1024)).sum(axis=0) % 7 == 0, 0, 255).astype(np.uint8),
    ),
}


@pytest.mark.parametrize(("fills", "ground"), COSTLY_FILLS.values(), ids=COSTLY_FILLS)
def test_fills_that_take_too_long_are_not_traced(fills, ground):
    start = time.monotonic()

    with pytest.raises(rasteriser.TooMuchWorkError):
        svg.from_strokes(document(*fills, width=1024, height=1024), GRAY, ground)

    assert time.monotonic() - start < 5


def test_a_hundred_fills_of_an_ordinary_canvas_are_traced():
    fills = [fill(0, 0, shade) for shade in range(100)]

    assert "<image" not in svg.from_strokes(document(*fills, width=200, height=200), GRAY)


def test_strokes_without_a_fill_are_traced_without_rasterising():
    wide = [stroke((0, 0), (1024, 1024), radius=256)] * 9_999

    text = svg.from_strokes(document(*wide, width=1024, height=1024), GRAY)

    assert elements(text) == ["path"] * 10_000


def test_strokes_that_would_make_too_large_a_file_are_not_traced():
    taper = stroke(*((x % 64, x % 48, x % 9) for x in range(200_000)))

    with pytest.raises(rasteriser.TooMuchWorkError):
        svg.from_strokes(document(taper), GRAY)


def test_svgs_of_random_drawings_look_like_their_images(measure_difference):
    random = np.random.default_rng(7)

    differences = [measure_difference(documents.random_document(random)).mean() for _ in range(60)]

    assert np.mean(differences) < 1
    assert max(differences) < 12
