"""Plots of one drawing, and the plots of the admin's statistics, by matplotlib.

Slow, so they run in the plot worker (worker.py). Time and file size are bounded for any field:
plots with a graphical element for each pixel are drawn from the means of blocks of pixels.
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

# Inches: the longer side of a field's axes, and the least of the other one.
SIDE = 4.8
LEAST_SIDE = 1.2
SURFACE_SIZE = (5.2, 4.3)
PROFILE_SIDE = 1.1
PROFILE_GAP = 0.12

CONTOUR_LEVELS = 8
# Blocks along each side.
CONTOUR_GRID = 200
SURFACE_GRID = 100
# With more vertices (from noise, for example) contours are rasterised even in SVG and PDF, where
# they would take megabytes as vectors.
MAX_VERTICES = 20_000
# A histogram whose highest bar exceeds this many times the median one has a log scale.
LOG_SCALE_RATIO = 20

# Colours of text and bars. The background is transparent, so that the admin's own shows through.
THEMES = {"light": ("#333333", "#417690"), "dark": ("#eeeeee", "#79aec8")}
# Width and height in inches, and DPI: sharp and legible on a wide and on a narrow screen.
SIZES = {"wide": ((9.0, 3.2), 160), "narrow": ((4.2, 3.4), 200)}


class Colours(NamedTuple):
    cmap: str
    vmin: float
    vmax: float


def draw_plot(
    field: Field,
    *,
    kind: str,
    format: str,
    title: str,
    byline: str,
    cmap: str,
    vmin: float,
    vmax: float,
) -> bytes:
    """A plot of a field, of one of KINDS, as a file in one of style.FORMATS.

    The colours are those of the colormap `cmap` over vmin to vmax. Needs vmin <= vmax.
    """
    with style.applied():
        figure, description = PLOTTERS[kind](field, Colours(cmap, vmin, vmax))
        style.add_heading(figure, title, f"{byline} · {description}" if byline else description)
        return style.encode_figure(figure, format)


def axes_size(shape: tuple[int, ...], side: float = SIDE) -> tuple[float, float]:
    """Height and width in inches of the axes for a field of `shape`, whose longer side is `side`.

    `shape` is (height, width) in pixels. No side is below LEAST_SIDE.
    """
    height, width = shape
    scale = side / max(shape)
    return max(LEAST_SIDE, height * scale), max(LEAST_SIDE, width * scale)


def _plot_image(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """The field by imshow, with axes in pixels."""
    height, width = axes_size(field.shape)
    figure = style.new_figure(width, height, right=style.COLORBAR_RIGHT)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    # Looks like "nearest", but an SVG or a PDF then embeds the field's own pixels.
    image = axes.imshow(field, **colours._asdict(), interpolation="none")
    set_ticks(axes, field.shape)
    style.add_colorbar(figure, image, axes, "Brightness")
    return figure, _describe_size(field)


def _plot_contours(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """Filled contours of brightness."""
    height, width = axes_size(field.shape)
    figure = style.new_figure(width, height, right=style.COLORBAR_RIGHT)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    x, y, means, block = block_means(field, CONTOUR_GRID)
    # Extend the grid to the field's edges, beyond the centres of the outermost blocks.
    means = np.pad(means, 1, mode="edge")
    rows, columns = field.shape
    x, y = np.r_[-0.5, x, columns - 0.5], np.r_[-0.5, y, rows - 0.5]
    levels = np.linspace(colours.vmin, max(colours.vmax, colours.vmin + 1), CONTOUR_LEVELS + 1)
    levels = np.unique(levels.round())
    below, above = means.min() < levels[0], means.max() > levels[-1]
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[below, above]
    middles = (levels[:-1] + levels[1:]) / 2
    # The outermost areas get the colormap's ends, so paper is as white as in the image.
    ends = {"vmin": middles[0], "vmax": middles[-1]}
    areas = axes.contourf(x, y, means, levels, cmap=colours.cmap, extend=extend, **ends)
    if ((levels > means.min()) & (levels < means.max())).any():
        lines = axes.contour(x, y, means, levels, colors=style.INK, linewidths=0.3, alpha=0.6)
        if sum(len(path.vertices) for path in lines.get_paths()) > MAX_VERTICES:
            lines.set_rasterized(True)
            areas.set_rasterized(True)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    set_ticks(axes, field.shape)
    style.add_colorbar(figure, areas, axes, "Brightness")
    return figure, f"contours{_describe_blocks(block)}"


def _plot_surface(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """A 3D surface whose height is darkness, seen from above the image's lower edge."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = style.new_figure(*SURFACE_SIZE)
    figure_width, figure_height = figure.get_size_inches()
    axes = style.add_axes(
        figure, 0.1, 0.1, figure_width - 0.6, figure_height - 0.7, projection="3d"
    )
    x, y, means, block = block_means(field, SURFACE_GRID)
    mappable = ScalarMappable(Normalize(colours.vmin, colours.vmax), colours.cmap)
    axes.plot_surface(
        *np.meshgrid(x, y),
        WHITE - means,
        facecolors=mappable.to_rgba(means),
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
    return figure, f"surface, darker is higher{_describe_blocks(block)}"


def _plot_histogram(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """The number of pixels of each brightness."""
    width, height, strip = 5.6, 3.4, 0.14
    figure = style.new_figure(width, height + strip)
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM + strip, width, height)
    counts = np.bincount(field.ravel(), minlength=WHITE + 1)
    edges = np.arange(WHITE + 2) - 0.5
    is_log = counts.max() > LOG_SCALE_RATIO * np.median(counts[counts > 0])
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


def _plot_ink(field: Field, colours: Colours) -> "tuple[Figure, str]":
    """The field, with the ink of each column above it and of each row to its right."""
    height, width = axes_size(field.shape)
    figure = style.new_figure(
        width + PROFILE_GAP + PROFILE_SIDE, height + PROFILE_GAP + PROFILE_SIDE
    )
    axes = style.add_axes(figure, style.LEFT, style.BOTTOM, width, height)
    axes.imshow(field, **colours._asdict(), aspect="auto", interpolation="none")
    above = style.add_axes(
        figure, style.LEFT, style.BOTTOM + height + PROFILE_GAP, width, PROFILE_SIDE, sharex=axes
    )
    right = style.add_axes(
        figure, style.LEFT + width + PROFILE_GAP, style.BOTTOM, PROFILE_SIDE, height, sharey=axes
    )
    by_column, by_row = ink_profiles(field)
    options = {"fill": True, "color": style.ACCENT}
    above.stairs(by_column, np.arange(len(by_column) + 1) - 0.5, **options)
    right.stairs(by_row, np.arange(len(by_row) + 1) - 0.5, orientation="horizontal", **options)
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


# By kind. Each returns a figure, and a description for its byline.
PLOTTERS: "dict[str, Callable[[Field, Colours], tuple[Figure, str]]]" = {
    "image": _plot_image,
    "contour": _plot_contours,
    "surface": _plot_surface,
    "histogram": _plot_histogram,
    "ink": _plot_ink,
}
KINDS = tuple(PLOTTERS)
DEFAULT_KIND = "image"


def ink_profiles(field: Field) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The ink of each column, and of each row, in black pixels: float64 of shapes (W,) and (H,).

    A grey pixel counts by its darkness, as a fraction of a black one.
    """
    darkness = WHITE - field
    return darkness.sum(axis=0) / WHITE, darkness.sum(axis=1) / WHITE


def block_means(
    field: Field, max_blocks: int
) -> tuple[
    npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[int, int]
]:
    """The means of equal blocks of a field, at most `max_blocks` along each side.

    Returns the blocks' centres in x and in y, in pixels; their means, float64 of shape (rows of
    blocks, columns of blocks); and the rows and columns of a block in pixels. Blocks that exceed
    the lower or the right edge are padded with the field's last pixels.
    """
    rows, columns = (math.ceil(side / max_blocks) for side in field.shape)
    height, width = field.shape
    padded = np.pad(field, ((0, -height % rows), (0, -width % columns)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // rows, rows, padded.shape[1] // columns, columns)
    means = blocks.mean(axis=(1, 3))
    x = np.arange(means.shape[1]) * columns + (columns - 1) / 2
    y = np.arange(means.shape[0]) * rows + (rows - 1) / 2
    return x.clip(max=width - 1), y.clip(max=height - 1), means, (rows, columns)


def set_ticks(axes: "Axes", shape: tuple[int, ...]) -> None:
    """Set as many ticks as fit along each axis, for a field of `shape`, (height, width)."""
    for axis, side in zip((axes.yaxis, axes.xaxis), shape, strict=True):
        bins = 8 * side / max(shape)
        if bins < 0.5:
            axis.set_ticks([0])
        else:
            axis.get_major_locator().set_params(nbins=math.ceil(bins))  # type: ignore[call-arg]


def _describe_size(field: Field) -> str:
    height, width = field.shape
    return f"{width} × {height} pixels"


def _describe_blocks(block: tuple[int, int]) -> str:
    rows, columns = block
    return "" if rows == columns == 1 else f", averaged over {columns} × {rows} pixels"


def draw_days_png(
    days: Sequence[date], counts: Sequence[int | None], *, theme: str, size: str
) -> bytes:
    """A bar for each day, as a PNG. Days that have not been counted yet (None) have no bar."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    figure, axes, colour = _transparent_figure(theme, size)
    counted = {day: count for day, count in zip(days, counts, strict=True) if count is not None}
    axes.bar(list(counted), list(counted.values()), width=0.9, color=colour)  # type: ignore[arg-type]
    locator = AutoDateLocator(maxticks=8 if size == "wide" else 5)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(1, axes.get_ylim()[1]))
    return style.encode_figure(figure, "png")


def draw_shares_png(shares: Sequence[tuple[str, int]], *, theme: str, size: str) -> bytes:
    """A horizontal bar for each (name, number), the first on top, as a PNG."""
    figure, axes, colour = _transparent_figure(theme, size)
    bars = axes.barh([name for name, _ in shares], [number for _, number in shares], color=colour)
    axes.bar_label(bars, padding=4, color=THEMES[theme][0])
    axes.invert_yaxis()
    axes.set_xmargin(0.1)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return style.encode_figure(figure, "png")


def _transparent_figure(theme: str, size: str) -> "tuple[Figure, Axes, str]":
    """A figure with a transparent background, its axes, and the colour for its bars."""
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
