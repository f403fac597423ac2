"""Figures of many drawings by matplotlib, for the helper process of turns.py."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from drawings.imaging.pixels import WHITE
from drawings.plotting import aggregates, drawing_plots, style
from drawings.plotting.aggregates import Totals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches. On the page they stand beside each other, and small ones keep their labels legible.
SIDE = 3.6
DAYS = (5.6, 3.5)
# So many days have a label each: of fewer still, matplotlib would tell the hours.
FEW_DAYS = 7


class Measure(NamedTuple):
    """What is told of each pixel, and how it looks."""

    of: Callable[[Totals], npt.NDArray[np.float64]]
    label: str
    cmap: str


MEASURES = {
    "mean": Measure(Totals.mean, "Mean brightness", "gray"),
    "spread": Measure(Totals.spread, "Standard deviation of brightness", "magma"),
    "ink": Measure(Totals.ink, "Share of the drawings with ink", "magma_r"),
}
KINDS = (*MEASURES, "contact", "days")


def measure(totals: Totals, *, kind: str, form: str, title: str, byline: str) -> bytes:
    """One of MEASURES of the fields in the sums, as a file of one of style.FORMATS."""
    of, label, cmap = MEASURES[kind]
    values = of(totals)
    with style.styled():
        height, width = drawing_plots.box(values.shape, SIDE)
        figure = style.sheet(width, height, right=style.BAR_ROOM)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
        # From nothing on, but for the mean, whose paper is what most pixels are. All alike they
        # have no scale, and matplotlib would make one up that goes below nothing.
        least, most = values.min() if kind == "mean" else 0, values.max()
        if least == most:
            least, most = 0, WHITE if kind == "mean" else 1
        image = axes.imshow(values, cmap=cmap, vmin=least, vmax=most, interpolation="none")
        drawing_plots.set_ticks(axes, values.shape)
        style.add_colorbar(figure, image, axes, label)
        return _finished(figure, form, title, byline)


def contact(pictures: Sequence[Image.Image], *, form: str, title: str, byline: str) -> bytes:
    """A contact sheet of thumbnails, one to each of its pixels, as a file."""
    with style.styled():
        ground = tuple(bytes.fromhex(style.PAPER[1:]))
        picture = aggregates.contact_sheet(pictures, (ground[0], ground[1], ground[2]))
        height, width = _contact_size(len(pictures))
        figure = style.sheet(width, height)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
        axes.set_axis_off()
        axes.imshow(picture, interpolation="none", aspect="auto")
        return _finished(figure, form, title, byline)


def days(counts: Sequence[tuple[date, int]], *, form: str, title: str, byline: str) -> bytes:
    """A bar for the number of each day, the oldest first, as a file."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    with style.styled():
        figure = style.sheet(*DAYS)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, *DAYS)
        axes.bar(*zip(*counts, strict=True), width=0.86, color=style.ACCENT)
        if len(counts) <= FEW_DAYS:
            labels = [f"{day.day} {day:%b}" for day, _ in counts]
            labels[0] += f"\n{counts[0][0].year}"
            axes.set_xticks([day for day, _ in counts], labels)
        else:
            locator: Any = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
            locator.intervald[3] = [1, 2, 7, 14]  # days, and nothing less
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(ylim=(0, max(1, *(number for _, number in counts)) * 1.05), ylabel="Drawings")
        axes.margins(x=0.01)
        axes.spines[["top", "right"]].set_visible(False)
        return _finished(figure, form, title, byline)


def size(kind: str, shape: tuple[int, int], number: int) -> tuple[int, int]:
    """Width and height of a figure in pixels: of drawings of a shape, or of so many on a contact
    sheet."""
    if kind in MEASURES:
        height, width = drawing_plots.box(shape, SIDE)
        inches = style.size(width, height, right=style.BAR_ROOM)
    elif kind == "contact":
        height, width = _contact_size(number)
        inches = style.size(width, height)
    else:
        inches = style.size(*DAYS)
    across, up = (int(side * style.DPI + 1e-8) for side in inches)  # as matplotlib has it
    return across, up


def _contact_size(number: int) -> tuple[float, float]:
    """Height and width in inches: a pixel of the contact sheet is one of the figure."""
    rows, columns = aggregates.cells(number)
    cell = (aggregates.THUMBNAIL + aggregates.MARGIN) / style.DPI
    return rows * cell, columns * cell


def _finished(figure: "Figure", form: str, title: str, byline: str) -> bytes:
    style.add_heading(figure, title, byline)
    return style.save(figure, form)
