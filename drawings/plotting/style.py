"""The style, layout, heading and file formats that all plots share.

Figures are laid out in inches from the bottom left, because matplotlib's layout engines draw a
figure twice. The same plot is the same bytes at any time and on any machine.
"""

import io
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib

from drawings.imaging import colormaps as colormaps  # registers the site's own with matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

DPI = 120
FORMATS = ("png", "svg", "pdf")

PAPER = "#fffefb"
INK = "#22211f"
MUTED = "#67635b"
LINE = "#dcd7cc"
ACCENT = "#2e5aac"

RC_PARAMS: Any = {
    "figure.dpi": DPI,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.labelsize": 10,
    "font.family": "DejaVu Sans",  # bundled with matplotlib
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    # Salts the ids in an SVG. Without it they are random.
    "svg.hashsalt": "drawsite",
}
# Pillow's default level takes a tenth longer for a PNG, and saves 4 kB.
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None}},
}

# Inches: the margins around the axes, a figure's least width, and the colorbar.
LEFT = 0.75
RIGHT = 0.35
BOTTOM = 0.6
TOP = 0.75
LEAST_WIDTH = 4.5
COLORBAR_GAP = 0.15
COLORBAR_WIDTH = 0.16
COLORBAR_RIGHT = 1.15  # the right margin with a colorbar whose labels have up to three decimals

# Format characters (Cf) that change how adjacent letters are drawn: joiners and direction marks.
SHAPING = frozenset("\u200c\u200d\u200e\u200f")

TITLE_POINTS = 13.0
BYLINE_POINTS = 9.5


def new_figure(width: float, height: float, *, right: float = RIGHT) -> "Figure":
    """A figure with room for axes of this size in inches, a heading, and labels."""
    from matplotlib.figure import Figure  # imported late: server processes never need it

    # Not pyplot, which keeps every figure in a global list.
    return Figure(figsize=figure_size(width, height, right=right))


def figure_size(width: float, height: float, *, right: float = RIGHT) -> tuple[float, float]:
    """Width and height in inches of a `new_figure` with axes of this size."""
    return max(LEAST_WIDTH, LEFT + width + right), BOTTOM + height + TOP


def add_axes(
    figure: "Figure", left: float, bottom: float, width: float, height: float, **options: Any
) -> Any:
    """Add axes at a position in inches, and return them."""
    figure_width, figure_height = figure.get_size_inches()
    rectangle = (
        left / figure_width,
        bottom / figure_height,
        width / figure_width,
        height / figure_height,
    )
    return figure.add_axes(rectangle, **options)


def add_heading(figure: "Figure", title: str, byline: str = "") -> None:
    """Add the title and the byline, each truncated to one line."""
    width, height = figure.get_size_inches()
    text_width = (width - LEFT - RIGHT) * 72
    for text, below, points, colour in (
        (title, 0.33, TITLE_POINTS, INK),
        (byline, 0.57, BYLINE_POINTS, MUTED),
    ):
        figure.text(
            LEFT / width,
            1 - below / height,
            truncate_text(replace_undrawable(text), points, text_width),
            fontsize=points,
            color=colour,
            parse_math=False,  # a dollar sign is a dollar sign
        )


def add_colorbar(figure: "Figure", of: "ScalarMappable", beside: "Axes", label: str) -> None:
    """Add a colorbar right of the axes, as tall as their original position."""
    width, _ = figure.get_size_inches()
    position = beside.get_position(original=True)
    axes = figure.add_axes(
        (
            position.x1 + COLORBAR_GAP / width,
            position.y0,
            COLORBAR_WIDTH / width,
            position.height,
        )
    )
    colorbar = figure.colorbar(of, cax=axes, label=label)
    colorbar.outline.set_linewidth(0.4)


def encode_figure(figure: "Figure", format: str) -> bytes:
    """The figure as a file in one of FORMATS: the same bytes each time for the same figure."""
    out = io.BytesIO()
    figure.savefig(out, format=format, **SAVE_OPTIONS[format])
    return out.getvalue()


@cache
def _font() -> Any:
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont("DejaVu Sans"))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(_font().get_charmap())


def replace_undrawable(text: str) -> str:
    """The text with a space for each run of characters that the font lacks (emoji, Chinese ...).

    The font would draw those as boxes. Format characters (Cf) not in SHAPING are removed: they draw
    nothing, and matplotlib's PDF backend fails on U+FEFF, which it decodes as a byte order mark and
    so to an empty string.
    """
    characters = [char for char in text if unicodedata.category(char) != "Cf" or char in SHAPING]
    known = "".join(char if ord(char) in _glyphs() else " " for char in characters)
    return re.sub(r"\s+", " ", known).strip()


def truncate_text(text: str, points: float, width: float) -> str:
    """The text, cut to at most `width` points with an ellipsis at the end if it is longer.

    `points` is the font size.
    """
    if _text_width(text, points) <= width:
        return text
    end = len(text)
    while end and _text_width(f"{text[:end]}…", points) > width:
        end -= 1
    return f"{text[:end].rstrip()}…"


def _text_width(text: str, points: float) -> float:
    font = _font()
    font.set_size(points, 72)
    font.set_text(text, 0)
    return float(font.get_width_height()[0]) / 64


def applied() -> Any:
    """A context manager that applies the style to the figures drawn in its block."""
    return matplotlib.rc_context(RC_PARAMS)
