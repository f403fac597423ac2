"""Figures of one drawing by matplotlib, and those of the admin's statistics.

For the helper process of turns.py: drawing one takes long. Whatever a field holds, the time and the
file are bounded: what would have a part for each pixel is drawn from means of blocks of pixels.
"""

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from drawings.imaging.pixels import WHITE, Field
from drawings.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches: of a field's longer side, and what the other has at least.
SIDE = 4.8
LEAST_SIDE = 1.2
SURFACE = (5.2, 4.3)
PROFILE = 1.1
GAP = 0.12

LEVELS = 8
CONTOUR_GRID = 200
SURFACE_GRID = 100
# What is more, noise for one, is pixels in an SVG and a PDF as well: megabytes else.
MOST_VERTICES = 20_000
# From this many times the commonest shade's pixels to the others' on, bars need a log scale.
MUCH = 20

# Text, and bars: on the admin's own grounds, which the figures leave clear.
THEMES = {"light": ("#333333", "#417690"), "dark": ("#eeeeee", "#79aec8")}
# Inches, and dots in each of them: sharp, and legible, on a wide and on a narrow screen.
SIZES = {"wide": ((9.0, 3.2), 160), "narrow": ((4.2, 3.4), 200)}


class Colours(NamedTuple):
    cmap: str
    vmin: float
    vmax: float


def draw(
    field: Field,
    *,
    kind: str,
    form: str,
    title: str,
    byline: str,
    cmap: str,
    vmin: float,
    vmax: float,
) -> bytes:
    """One of KINDS of figures of a field, as a file of one of style.FORMATS.

    Needs vmin <= vmax.
    """
    with style.styled():
        figure, what = KINDS[kind](field, Colours(cmap, vmin, vmax))
        style.add_heading(figure, title, f"{byline} · {what}" if byline else what)
        return style.save(figure, form)


def box(shape: tuple[int, ...], side: float = SIDE) -> tuple[float, float]:
    """Height and width in inches of the axes of a field of this shape, in pixels."""
    height, width = shape
    inches = side / max(shape)
    return max(LEAST_SIDE, height * inches), max(LEAST_SIDE, width * inches)


def _image(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """The field as imshow shows it, with its axes in pixels."""
    height, width = box(field.shape)
    figure = style.sheet(width, height, right=style.BAR_ROOM)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    # Not "nearest", the same to the eye: an SVG or a PDF has the field's own pixels so.
    image = axes.imshow(field, **colours._asdict(), interpolation="none")
    set_ticks(axes, field.shape)
    style.add_colorbar(figure, image, axes, "Brightness")
    return figure, _size(field)


def _contour(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """Areas of like brightness."""
    height, width = box(field.shape)
    figure = style.sheet(width, height, right=style.BAR_ROOM)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    x, y, means, step = reduced(field, CONTOUR_GRID)
    # To the very edges: the centres of the outermost blocks lie within.
    means = np.pad(means, 1, mode="edge")
    rows, columns = field.shape
    x, y = np.r_[-0.5, x, columns - 0.5], np.r_[-0.5, y, rows - 0.5]
    levels = np.linspace(colours.vmin, max(colours.vmax, colours.vmin + 1), LEVELS + 1)
    levels = np.unique(levels.round())
    below, above = means.min() < levels[0], means.max() > levels[-1]
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[below, above]
    middles = (levels[:-1] + levels[1:]) / 2
    ends = {"vmin": middles[0], "vmax": middles[-1]}  # paper is as white as in the picture
    areas = axes.contourf(x, y, means, levels, cmap=colours.cmap, extend=extend, **ends)
    if ((levels > means.min()) & (levels < means.max())).any():
        lines = axes.contour(x, y, means, levels, colors=style.INK, linewidths=0.3, alpha=0.6)
        if sum(len(path.vertices) for path in lines.get_paths()) > MOST_VERTICES:
            lines.set_rasterized(True)
            areas.set_rasterized(True)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    set_ticks(axes, field.shape)
    style.add_colorbar(figure, areas, axes, "Brightness")
    return figure, f"contours{_of_means(step)}"


def _surface(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """Ink as mountains, seen from above the picture's lower edge."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = style.sheet(*SURFACE)
    width, height = figure.get_size_inches()
    axes = style.add_axes(figure, 0.1, 0.1, width - 0.6, height - 0.7, projection="3d")
    x, y, means, step = reduced(field, SURFACE_GRID)
    colour = ScalarMappable(Normalize(colours.vmin, colours.vmax), colours.cmap)
    axes.plot_surface(
        *np.meshgrid(x, y),
        WHITE - means,
        facecolors=colour.to_rgba(means),
        rcount=SURFACE_GRID,
        ccount=SURFACE_GRID,
        linewidth=0,
        antialiased=False,
        shade=False,
    )
    rows, columns = field.shape
    axes.set(xlim=(0, columns), ylim=(rows, 0), zlim=(0, WHITE), zlabel="Darkness")
    sides = np.array([columns, rows]) / max(rows, columns)
    axes.set_box_aspect((*sides.clip(min=0.25), 0.3), zoom=1.05)
    axes.view_init(elev=45, azim=-65)
    axes.locator_params(axis="z", nbins=3)
    for axis, side in zip((axes.xaxis, axes.yaxis), sides, strict=True):
        axis.get_major_locator().set_params(nbins=max(2, int(6 * side)))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(style.PAPER)
    return figure, f"surface, as high as dark{_of_means(step)}"


def _histogram(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """How many pixels have each shade."""
    width, height, strip = 5.6, 3.4, 0.14
    figure = style.sheet(width, height + strip)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM + strip, width, height)
    counts = np.bincount(field.ravel(), minlength=WHITE + 1)
    edges = np.arange(WHITE + 2) - 0.5
    is_log = counts.max() > MUCH * np.median(counts[counts > 0])
    axes.stairs(counts, edges, baseline=0.5 if is_log else 0, fill=True, color=style.ACCENT)
    axes.set_yscale("log" if is_log else "linear")
    axes.set(xlim=(edges[0], edges[-1]), ylabel="Pixels")
    if is_log:
        axes.set_ylim(bottom=0.5)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right"]].set_visible(False)
    below = style.add_axes(figure, style.LEFT, style.BOTTOM, width, strip)
    shades = np.arange(WHITE + 1)[np.newaxis]
    below.imshow(shades, **colours._asdict(), aspect="auto", interpolation="none")
    below.set(xlabel="Brightness", xticks=[0, 64, 128, 192, 255], yticks=[])
    return figure, f"{field.size:,} pixels by brightness"


def _ink(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """The field, and beside it how much ink is in each of its rows and columns."""
    height, width = box(field.shape)
    figure = style.sheet(width + GAP + PROFILE, height + GAP + PROFILE)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    axes.imshow(field, **colours._asdict(), aspect="auto", interpolation="none")
    above = style.add_axes(
        figure, style.LEFT, style.BOTTOM + height + GAP, width, PROFILE, sharex=axes
    )
    right = style.add_axes(
        figure, style.LEFT + width + GAP, style.BOTTOM, PROFILE, height, sharey=axes
    )
    by_column, by_row = ink_profiles(field)
    looks = {"fill": True, "color": style.ACCENT}
    above.stairs(by_column, np.arange(len(by_column) + 1) - 0.5, **looks)
    right.stairs(by_row, np.arange(len(by_row) + 1) - 0.5, orientation="horizontal", **looks)
    above.tick_params(labelbottom=False)
    right.tick_params(labelleft=False)
    for profile in (above, right):
        profile.spines[["top", "right"]].set_visible(False)
        profile.margins(0)
    above.set_ylim(0, max(1, by_column.max()) * 1.05)
    right.set_xlim(0, max(1, by_row.max()) * 1.05)
    above.locator_params(axis="y", nbins=3)
    right.locator_params(axis="x", nbins=3)
    return figure, "ink by row and by column, in black pixels"


KINDS: "dict[str, Callable[[Field, Colours], tuple[Figure, str]]]" = {
    "image": _image,
    "contour": _contour,
    "surface": _surface,
    "histogram": _histogram,
    "ink": _ink,
}
DEFAULT_KIND = "image"


def ink_profiles(field: Field) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The ink of each column, and of each row, in black pixels: a grey one is a part of one."""
    darkness = WHITE - field
    return darkness.sum(axis=0) / WHITE, darkness.sum(axis=1) / WHITE


def reduced(
    field: Field, most: int
) -> tuple[
    npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[int, int]
]:
    """The means of equal blocks of the field, at most `most` along each side.

    The centres of the blocks in x and in y, in pixels; the means, float64 of shape (rows of
    blocks, columns of blocks); and a block's rows and columns. At the lower and the right edge the
    field's last pixels stand for those that a block has beyond it.
    """
    rows, columns = (math.ceil(side / most) for side in field.shape)
    height, width = field.shape
    whole = np.pad(field, ((0, -height % rows), (0, -width % columns)), mode="edge")
    blocks = whole.reshape(whole.shape[0] // rows, rows, whole.shape[1] // columns, columns)
    means = blocks.mean(axis=(1, 3))
    x = np.arange(means.shape[1]) * columns + (columns - 1) / 2
    y = np.arange(means.shape[0]) * rows + (rows - 1) / 2
    return x.clip(max=width - 1), y.clip(max=height - 1), means, (rows, columns)


def set_ticks(axes: "Axes", shape: tuple[int, ...]) -> None:
    """As many as there is room for on each side."""
    for axis, side in zip((axes.yaxis, axes.xaxis), shape, strict=True):
        bins = 8 * side / max(shape)
        if bins < 0.5:
            axis.set_ticks([0])
        else:
            axis.get_major_locator().set_params(nbins=math.ceil(bins))  # type: ignore[call-arg]


def _size(field: Field) -> str:
    height, width = field.shape
    return f"{width} × {height} pixels"


def _of_means(step: tuple[int, int]) -> str:
    rows, columns = step
    return "" if rows == columns == 1 else f", of means of {columns} × {rows} pixels"


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
    return style.save(figure, "png")


def shares_png(shares: Sequence[tuple[str, int]], *, theme: str, size: str) -> bytes:
    """A bar for the number of each name, the first on top, as a PNG."""
    figure, axes, colour = _plain_axes(theme, size)
    bars = axes.barh([name for name, _ in shares], [number for _, number in shares], color=colour)
    axes.bar_label(bars, padding=4, color=THEMES[theme][0])
    axes.invert_yaxis()
    axes.set_xmargin(0.1)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return style.save(figure, "png")


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
