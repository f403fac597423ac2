"""Plots of many drawings, by matplotlib. They run in the plot worker (worker.py)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image

from drawings.imaging.pixels import WHITE
from drawings.plotting import aggregates, drawing_plots, style
from drawings.plotting.aggregates import Floats, Totals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches. The page shows several plots in a row, and labels stay legible on small figures.
SIDE = 3.6
DAYS_SIZE = (5.6, 3.5)
# Up to this many days have a label each. For so few, matplotlib would add labels for hours.
FEW_DAYS = 7


class Measure(NamedTuple):
    """A statistic of each pixel, and how it is shown."""

    compute: Callable[[Totals], Floats]
    label: str
    cmap: str


MEASURES = {
    "mean": Measure(Totals.mean, "Mean brightness", "gray"),
    "spread": Measure(Totals.spread, "Standard deviation of brightness", "magma"),
    "ink": Measure(Totals.ink, "Share of the drawings with ink", "magma_r"),
}
KINDS = (*MEASURES, "contact", "days")


def draw_measure(totals: Totals, *, kind: str, format: str, title: str, byline: str) -> bytes:
    """A plot of one of MEASURES, as a file in one of style.FORMATS."""
    compute, label, cmap = MEASURES[kind]
    values = compute(totals)
    with style.applied():
        height, width = drawing_plots.axes_size(values.shape, SIDE)
        figure = style.new_figure(width, height, right=style.COLORBAR_RIGHT)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
        # The scale starts at 0, except for the mean, where most pixels are nearly white. If all
        # values are equal, matplotlib would choose a range that includes negative values.
        vmin, vmax = values.min() if kind == "mean" else 0, values.max()
        if vmin == vmax:
            vmin, vmax = 0, WHITE if kind == "mean" else 1
        image = axes.imshow(values, cmap=cmap, vmin=vmin, vmax=vmax, interpolation="none")
        drawing_plots.set_ticks(axes, values.shape)
        style.add_colorbar(figure, image, axes, label)
        return _encode_with_heading(figure, format, title, byline)


def draw_contact_sheet(
    thumbnails: Sequence[Image.Image], *, format: str, title: str, byline: str
) -> bytes:
    """A contact sheet at its own resolution, as a file in one of style.FORMATS."""
    with style.applied():
        red, green, blue = bytes.fromhex(style.PAPER[1:])
        sheet = aggregates.make_contact_sheet(thumbnails, (red, green, blue))
        height, width = _contact_sheet_size(len(thumbnails))
        figure = style.new_figure(width, height)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
        axes.set_axis_off()
        axes.imshow(sheet, interpolation="none", aspect="auto")
        return _encode_with_heading(figure, format, title, byline)


def draw_days(counts: Sequence[tuple[date, int]], *, format: str, title: str, byline: str) -> bytes:
    """A bar for each day's number, oldest first, as a file in one of style.FORMATS."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    with style.applied():
        figure = style.new_figure(*DAYS_SIZE)
        axes = style.add_axes(figure, style.LEFT, style.BOTTOM, *DAYS_SIZE)
        axes.bar(*zip(*counts, strict=True), width=0.86, color=style.ACCENT)
        if len(counts) <= FEW_DAYS:
            labels = [f"{day.day} {day:%b}" for day, _ in counts]
            labels[0] += f"\n{counts[0][0].year}"
            axes.set_xticks([day for day, _ in counts], labels)
        else:
            locator: Any = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
            locator.intervald[3] = [1, 2, 7, 14]  # whole days only
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(ylim=(0, max(1, *(number for _, number in counts)) * 1.05), ylabel="Drawings")
        axes.margins(x=0.01)
        axes.spines[["top", "right"]].set_visible(False)
        return _encode_with_heading(figure, format, title, byline)


def plot_size(kind: str, shape: tuple[int, int], number: int) -> tuple[int, int]:
    """Width and height in pixels of a PNG plot, for the page to reserve space for it.

    `shape` is the (height, width) of the fields, `number` that of a contact sheet's thumbnails.
    """
    if kind in MEASURES:
        height, width = drawing_plots.axes_size(shape, SIDE)
        inches = style.figure_size(width, height, right=style.COLORBAR_RIGHT)
    elif kind == "contact":
        height, width = _contact_sheet_size(number)
        inches = style.figure_size(width, height)
    else:
        inches = style.figure_size(*DAYS_SIZE)
    # Rounded as matplotlib does.
    width_pixels, height_pixels = (int(side * style.DPI + 1e-8) for side in inches)
    return width_pixels, height_pixels


def _contact_sheet_size(number: int) -> tuple[float, float]:
    """Height and width in inches: one pixel of the contact sheet is one of the PNG."""
    rows, columns = aggregates.grid_shape(number)
    cell = (aggregates.THUMBNAIL_SIDE + aggregates.GAP) / style.DPI
    return rows * cell, columns * cell


def _encode_with_heading(figure: "Figure", format: str, title: str, byline: str) -> bytes:
    style.add_heading(figure, title, byline)
    return style.encode_figure(figure, format)
