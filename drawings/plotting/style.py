"""What all figures have in common: their look, their heading, and how they become files.

A figure is laid out in inches from the bottom left, not by matplotlib's layout engines, which draw
it twice. Nothing in a file depends on when and where it was made.
"""

import io
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib

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

STYLE: Any = {
    "figure.dpi": DPI,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.labelsize": 10,
    "font.family": "DejaVu Sans",  # comes with matplotlib, and so is the same everywhere
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    # The ids in an SVG are hashed with it: else with something new each time.
    "svg.hashsalt": "drawsite",
}
# A tenth of a PNG's time less than at Pillow's own level, for 4 kB more.
SAVING: dict[str, dict[str, Any]] = {
    "png": {"pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None}},
}

# Inches.
LEFT = 0.75
RIGHT = 0.35
BOTTOM = 0.6
HEAD = 0.75
LEAST_WIDTH = 4.5
BAR_GAP = 0.15
BAR_WIDTH = 0.16
BAR_ROOM = 1.15  # with its labels, of up to three decimals

# Format characters that change how the letters beside them are drawn: joiners, marks of direction.
SHAPING = frozenset("\u200c\u200d\u200e\u200f")

TITLE_POINTS = 13.0
BYLINE_POINTS = 9.5


def sheet(width: float, height: float, *, right: float = RIGHT) -> "Figure":
    """A figure with room for axes of this size in inches, a heading, and labels."""
    from matplotlib.figure import Figure  # the server starts and runs without it

    # Not pyplot: it keeps every figure in a global list.
    return Figure(figsize=size(width, height, right=right))


def size(width: float, height: float, *, right: float = RIGHT) -> tuple[float, float]:
    """Width and height in inches of a `sheet`."""
    return max(LEAST_WIDTH, LEFT + width + right), BOTTOM + height + HEAD


def add_axes(
    figure: "Figure", left: float, bottom: float, width: float, height: float, **options: Any
) -> Any:
    """Axes at a place in inches."""
    across, up = figure.get_size_inches()
    rectangle = (left / across, bottom / up, width / across, height / up)
    return figure.add_axes(rectangle, **options)


def add_heading(figure: "Figure", title: str, byline: str = "") -> None:
    """A title, as much of it as fits on one line, and what the figure shows below it."""
    across, up = figure.get_size_inches()
    room = (across - LEFT - RIGHT) * 72
    for text, below, points, colour in (
        (title, 0.33, TITLE_POINTS, INK),
        (byline, 0.57, BYLINE_POINTS, MUTED),
    ):
        figure.text(
            LEFT / across,
            1 - below / up,
            fitting(drawable(text), points, room),
            fontsize=points,
            color=colour,
            parse_math=False,  # a dollar is a dollar
        )


def add_colorbar(figure: "Figure", of: "ScalarMappable", beside: "Axes", label: str) -> None:
    """The colours and what they stand for, right of the axes and as tall as their place."""
    across, _ = figure.get_size_inches()
    place = beside.get_position(original=True)
    axes = figure.add_axes(
        (place.x1 + BAR_GAP / across, place.y0, BAR_WIDTH / across, place.height)
    )
    bar = figure.colorbar(of, cax=axes, label=label)
    bar.outline.set_linewidth(0.4)


def save(figure: "Figure", form: str) -> bytes:
    """The figure as a file of one of FORMATS; of one figure, the same bytes each time."""
    out = io.BytesIO()
    figure.savefig(out, format=form, **SAVING[form])
    return out.getvalue()


@cache
def _font() -> Any:
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont("DejaVu Sans"))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(_font().get_charmap())


def drawable(text: str) -> str:
    """The text with spaces for the characters that the font lacks (emoji, Chinese ...), which would
    be boxes, and without format characters, but for those in SHAPING.

    Format characters draw nothing, and matplotlib's PDF backend fails on U+FEFF: it takes the
    glyph's character for a byte order mark, and so for no character at all.
    """
    signs = [sign for sign in text if unicodedata.category(sign) != "Cf" or sign in SHAPING]
    known = "".join(sign if ord(sign) in _glyphs() else " " for sign in signs)
    return re.sub(r"\s+", " ", known).strip()


def fitting(text: str, points: float, room: float) -> str:
    """As much of the text as is at most `room` points wide, with an ellipsis for the rest."""
    if _width(text, points) <= room:
        return text
    end = len(text)
    while end and _width(f"{text[:end]}…", points) > room:
        end -= 1
    return f"{text[:end].rstrip()}…"


def _width(text: str, points: float) -> float:
    font = _font()
    font.set_size(points, 72)
    font.set_text(text, 0)
    return float(font.get_width_height()[0]) / 64


def styled() -> Any:
    """The look, while figures are drawn."""
    return matplotlib.rc_context(STYLE)
