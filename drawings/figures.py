"""Figures of a field by matplotlib. For the helper process of turns.py: drawing one takes long."""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from drawings.pixels import Field

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES = 4.8
DPI = 100
# A tenth of a figure's time less than at Pillow's own level, for 4 kB more.
COMPRESSION_LEVEL = 3

# Text, and bars: on the admin's own grounds, which the figures leave clear.
THEMES = {"light": ("#333333", "#417690"), "dark": ("#eeeeee", "#79aec8")}
# Inches, and dots in each of them: sharp, and legible, on a wide and on a narrow screen.
SIZES = {"wide": ((9.0, 3.2), 160), "narrow": ((4.2, 3.4), 200)}


def image_png(field: Field, *, cmap: str, vmin: float, vmax: float) -> bytes:
    """The bare image, axes off, 480 pixels on its longer side, as a PNG."""
    from matplotlib.figure import Figure  # the server starts and runs without it

    height, width = field.shape
    inches = INCHES / max(height, width)
    # Not pyplot: it keeps every figure in a global list.
    figure = Figure(figsize=(width * inches, height * inches), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(field, cmap=cmap, vmin=vmin, vmax=vmax, interpolation="nearest", aspect="auto")
    return _png(figure)


def days_png(days: Sequence[date], counts: Sequence[int | None], *, theme: str, size: str) -> bytes:
    """A bar for the count of each day, as a PNG, from the first day on that has been counted."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    figure, axes, colour = _plain_axes(theme, size)
    counted = {day: count for day, count in zip(days, counts, strict=True) if count is not None}
    axes.bar(list(counted), list(counted.values()), width=0.9, color=colour)  # type: ignore[arg-type]
    locator = AutoDateLocator(maxticks=8 if size == "wide" else 5)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(1, axes.get_ylim()[1]))
    return _png(figure)


def shares_png(shares: Sequence[tuple[str, int]], *, theme: str, size: str) -> bytes:
    """A bar for the number of each name, the first on top, as a PNG."""
    figure, axes, colour = _plain_axes(theme, size)
    bars = axes.barh([name for name, _ in shares], [number for _, number in shares], color=colour)
    axes.bar_label(bars, padding=4, color=THEMES[theme][0])
    axes.invert_yaxis()
    axes.set_xmargin(0.1)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return _png(figure)


def _plain_axes(theme: str, size: str) -> "tuple[Figure, Axes, str]":
    """A figure without a ground, its axes, and the colour of bars in it."""
    from matplotlib.figure import Figure

    text, bars = THEMES[theme]
    inches, dpi = SIZES[size]
    figure = Figure(figsize=inches, dpi=dpi, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    axes.tick_params(colors=text)
    axes.xaxis.get_offset_text().set_color(text)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(text)
    return figure, axes, bars


def _png(figure: "Figure") -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", pil_kwargs={"compress_level": COMPRESSION_LEVEL})
    return out.getvalue()
