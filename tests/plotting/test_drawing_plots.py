import logging
import unicodedata
from functools import cache
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.text import Text

from drawings.models.validators import validate_line
from drawings.plotting import drawing_plots, style
from tests.support import samples

LOOKS: Any = {"title": "Fox", "byline": "by Ada", "cmap": "viridis", "vmin": 0, "vmax": 255}
# More contours, surface faces and shades than any drawing has.
NOISE = np.random.default_rng(6).integers(0, 256, (1024, 1024), np.uint8)
BEGINNINGS = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}
# The axes' left and top edges in pixels of the PNG.
LEFT, TOP = round(style.LEFT * style.DPI), round(style.TOP * style.DPI)


@pytest.fixture
def drawn(monkeypatch):
    """The texts that matplotlib draws during the test."""
    texts = []
    draw = Text.draw

    def remember(text, renderer):
        texts.append(text.get_text())
        draw(text, renderer)

    monkeypatch.setattr(Text, "draw", remember)
    return texts


def test_the_plot_shows_the_images_colours_within_its_axes():
    field = samples.shades(96, 96)
    side = round(
        drawing_plots.SIDE * style.DPI
    )  # six of the figure's pixels for each of the field's

    png = drawing_plots.draw_plot(
        field, kind="image", format="png", **{**LOOKS, "vmin": 20, "vmax": 180}
    )

    colours = ScalarMappable(Normalize(20, 180), "viridis").to_rgba(field, bytes=True)
    inside = samples.decoded(png, "RGBA")[TOP : TOP + side, LEFT : LEFT + side]
    assert side == 576
    assert np.array_equal(inside[3::6, 3::6], colours)


@pytest.mark.parametrize("format", style.FORMATS)
@pytest.mark.parametrize("kind", drawing_plots.KINDS)
def test_noise_takes_neither_long_nor_many_bytes(kind, format):
    for field in (NOISE, NOISE[:200, :200]):
        data = drawing_plots.draw_plot(field, kind=kind, format=format, **LOOKS)

        assert data.startswith(BEGINNINGS[format])
        assert len(data) < 6_000_000


@pytest.mark.parametrize("format", style.FORMATS)
@pytest.mark.parametrize("kind", drawing_plots.KINDS)
def test_a_figure_is_the_same_bytes_each_time(kind, format):
    field = samples.shades(40, 60)

    first, again = (
        drawing_plots.draw_plot(field, kind=kind, format=format, **LOOKS) for _ in range(2)
    )

    assert first == again
    assert b"CreationDate" not in first
    assert b"<dc:date>" not in first


@pytest.mark.parametrize("kind", drawing_plots.KINDS)
@pytest.mark.parametrize(
    ("field", "vmin", "vmax"),
    [
        pytest.param(NOISE[:16], 0, 255, id="wide"),
        pytest.param(NOISE[:, :16], 0, 255, id="tall"),
        pytest.param(NOISE[:16, :16], 100, 103, id="small"),
        pytest.param(NOISE[:16, :16], 50, 50, id="small, without a range"),
        pytest.param(np.full((40, 60), 255, np.uint8), 0, 255, id="white"),
        pytest.param(np.full((40, 60), 255, np.uint8), 255, 255, id="white, without a range"),
        pytest.param(np.zeros((40, 60), np.uint8), 100, 103, id="black, below the range"),
        pytest.param(np.zeros((40, 60), np.uint8), 50, 50, id="black, without a range"),
    ],
)
def test_every_field_that_a_drawing_may_have_can_be_plotted(kind, field, vmin, vmax):
    png = drawing_plots.draw_plot(
        field, kind=kind, format="png", **{**LOOKS, "vmin": vmin, "vmax": vmax}
    )

    height, width = samples.decoded(png).shape[:2]
    assert 200 < height < 1000
    assert 500 < width < 1000


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (r"$\frac{1}{2", r"$\frac{1}{2"),
        ("2$ and 3$", "2$ and 3$"),
        ("Sleeping 猫 cat 🐈", "Sleeping cat"),
        ("猫", ""),
        ("مرحبا Привет", "مرحبا Привет"),
        ("", ""),
        ("_^{}\\", "_^{}\\"),
        ("100% & 5\N{PER MILLE SIGN}", "100% & 5\N{PER MILLE SIGN}"),
        ("\ufeffFox\ufeff", "Fox"),
        ("un\u00adbe\u200bliev\u2060able", "unbelievable"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("e\u0301\u0302 \ufe0f!", "e\u0301\u0302 \ufe0f!"),
        ("\U000e0041\ufdd0\ud7ff\U0010fffd.", "."),
    ],
)
def test_a_title_is_drawn_without_characters_that_the_font_lacks(drawn, caplog, title, shown):
    with caplog.at_level(logging.WARNING):
        drawing_plots.draw_plot(
            samples.shades(20, 20), kind="image", format="png", **{**LOOKS, "title": title}
        )

    assert shown in drawn
    assert caplog.records == []


@cache
def valid_characters():
    """All valid characters of titles: those that are drawn, and those that are not."""
    valid = list(matching(is_valid, list(map(chr, range(0x110000)))))
    undrawn = list(matching(is_undrawn, valid))
    return sorted(set(valid) - set(undrawn)), undrawn


def matching(condition, chars):
    """The characters for which a condition holds. It holds for most, so many are tested at once."""
    if condition("".join(chars)):
        yield from chars
    elif len(chars) > 1:
        middle = len(chars) // 2
        yield from matching(condition, chars[:middle])
        yield from matching(condition, chars[middle:])


def is_valid(chars):
    try:
        validate_line(f"a{chars}")
    except ValidationError:
        return False
    return True


def is_undrawn(chars):
    return style.replace_undrawable(f"a{chars}a") in ("aa", "a a")


def encode_heading(format, width, title, byline):
    with style.applied():
        figure = style.new_figure(width, 0.1)
        style.add_heading(figure, title, byline)
        return figure, style.encode_figure(figure, format)


def test_every_valid_character_can_be_drawn(caplog, monkeypatch):
    monkeypatch.setitem(style.SAVE_OPTIONS, "png", {"dpi": 10})  # the figures are twenty feet wide
    drawn, undrawn = valid_characters()
    assert len(drawn) > 5_000
    assert len(undrawn) > 1_000_000
    with caplog.at_level(logging.WARNING):
        for at in range(0, len(drawn), 400):
            beside = "".join(drawn[at : at + 400])
            apart = "a" + "a".join(beside) + "b"  # marks and letters join: also without each other
            for format in style.FORMATS:
                figure, data = encode_heading(format, 240, beside * (format == "pdf"), apart)

                assert data.startswith(BEGINNINGS[format])
                assert not any(text.get_text().endswith("…") for text in figure.texts)
        encode_heading("png", 240, "", "".join(undrawn))
    assert caplog.records == []


def test_no_mix_of_characters_breaks_a_figure():
    random = np.random.default_rng(3)
    known, _ = valid_characters()
    odd = [char for char in known if unicodedata.category(char) in ("Cf", "Co", "Mn", "Me")]
    odd += list("\ufeff\u200d\u200fאم$\\%{}_^🐈")
    for number in range(30):
        title = "".join(random.choice([known, odd][random.integers(2)]) for _ in range(80))
        format = style.FORMATS[number % len(style.FORMATS)]

        _, data = encode_heading(format, 20, title, title[::-1])

        assert data.startswith(BEGINNINGS[format])


def test_a_title_that_is_too_long_ends_with_an_ellipsis(drawn):
    for letter in "Wi":
        title = letter * 80
        drawing_plots.draw_plot(
            samples.shades(20, 20), kind="image", format="png", **{**LOOKS, "title": title}
        )

    wide, narrow = (next(text for text in drawn if text[:3] == 3 * letter) for letter in "Wi")
    assert wide.endswith("W…")
    assert len(wide) < 50
    assert narrow == "i" * 80


def test_the_ink_of_rows_and_columns_is_counted_in_black_pixels():
    field = np.full((20, 30), 255, np.uint8)
    field[4, :10] = 0
    field[5, 0] = 204  # a fifth of a black pixel

    by_column, by_row = drawing_plots.ink_profiles(field)

    assert by_row.tolist() == [0] * 4 + [10, 0.2] + [0] * 14
    assert by_column.tolist() == [1.2] + [1] * 9 + [0] * 20


def test_block_means_are_the_means_of_equal_blocks():
    field = samples.shades(100, 30)

    x, y, means, block = drawing_plots.block_means(field, 25)

    assert block == (4, 2)
    assert means.shape == (25, 15)
    assert np.allclose(means, field.reshape(25, 4, 15, 2).mean(axis=(1, 3)))
    assert (x[0], x[-1], y[0], y[-1]) == (0.5, 28.5, 1.5, 97.5)


def test_the_blocks_of_a_small_field_are_its_pixels():
    field = samples.shades(20, 30)

    x, y, means, block = drawing_plots.block_means(field, 30)

    assert block == (1, 1)
    assert np.array_equal(means, field)
    assert x.tolist() == list(range(30))
    assert y.tolist() == list(range(20))
