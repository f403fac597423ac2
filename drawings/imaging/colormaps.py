"""Colormaps and palettes, by matplotlib, which also learns of the site's own: `crayons`.

A colormap maps the 256 values of a pixel to at most 256 colours, so a drawing in colour is its blob
with a palette of 256 colours.
"""

import zlib
from functools import lru_cache

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize

from drawings.imaging.crayons import CRAYONS
from drawings.imaging.png import png_from_blob

# The groups of matplotlib's colormap reference, in its order, after the site's own colormap; "More"
# has the ungrouped ones.
# Source: https://matplotlib.org/stable/gallery/color/colormap_reference.html
COLORMAP_GROUPS = {
    "Drawsite": "crayons",
    "Perceptually uniform": "viridis plasma inferno magma cividis",
    "Sequential": (
        "gray bone pink spring summer autumn winter cool Wistia hot afmhot gist_heat copper"
        " Greys Purples Blues Greens Oranges Reds YlOrBr YlOrRd OrRd PuRd RdPu BuPu GnBu PuBu"
        " YlGnBu PuBuGn BuGn YlGn binary gist_yarg gist_gray"
    ),
    "Diverging": (
        "PiYG PRGn BrBG PuOr RdGy RdBu RdYlBu RdYlGn Spectral coolwarm bwr seismic"
        " berlin managua vanimo"
    ),
    "Cyclic": "twilight twilight_shifted hsv",
    "Qualitative": (
        "Pastel1 Pastel2 Paired Accent okabe_ito Dark2 Set1 Set2 Set3 tab10 tab20 tab20b tab20c"
    ),
    "Miscellaneous": (
        "flag prism ocean gist_earth terrain gist_stern gnuplot gnuplot2 CMRmap cubehelix brg"
        " gist_rainbow rainbow jet turbo nipy_spectral gist_ncar"
    ),
}
# The pages offer these as swatches, and the others in a list.
FEATURED_COLORMAPS = (
    "crayons",
    "gray",
    "viridis",
    "magma",
    "cividis",
    "twilight",
    "coolwarm",
    "terrain",
    "turbo",
)

SUB_FILTER = 1  # PNG specification, section 9.2
LIBRARY_VERSION = f"matplotlib-{matplotlib.__version__}"

_crayons = ListedColormap(list(CRAYONS.values()), "crayons")
for _colormap in (_crayons, _crayons.reversed()):
    matplotlib.colormaps.register(_colormap)


def is_colormap(name: str) -> bool:
    return name in matplotlib.colormaps


@lru_cache(maxsize=1)
def grouped_colormaps() -> list[tuple[str, list[str]]]:
    """All colormaps as (group, names), each followed by its reverse."""
    left = set(matplotlib.colormaps)
    groups = []
    for group, names in COLORMAP_GROUPS.items():
        both = [twin for name in names.split() for twin in (name, f"{name}_r") if twin in left]
        left.difference_update(both)
        groups.append((group, both))
    if left:
        groups.append(("More", sorted(left)))
    return groups


def palette(cmap: str, vmin: float, vmax: float) -> bytes:
    """The colours of brightness 0 to 255 as 256 RGB triples (768 bytes).

    Identical to `ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(field, bytes=True)` for any
    uint8 field, because it calls that function. Needs vmin <= vmax.
    """
    shades = np.arange(256, dtype=np.uint8)
    with np.errstate(over="ignore"):  # vmin and vmax that nearly coincide
        colours = ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(shades, bytes=True)
    return colours[:, :3].tobytes()


@lru_cache(maxsize=1024)  # at most 1 MB
def own_palette(cmap: str, vmin: int, vmax: int) -> bytes:
    """Like `palette`, but cached: for the limits of drawings' rows.

    The limits in requests are unbounded, so they would evict useful palettes.
    """
    return palette(cmap, vmin, vmax)


@lru_cache(maxsize=256)  # at most 0.5 MB
def strip_png(cmap: str) -> bytes:
    """A colormap as a 256 x 1 palette PNG, from dark to light; its PLTE is the palette.

    The row of indexes is stored as differences (PNG filter 1, "Sub"): 256 ones compress to almost
    nothing.
    """
    row = bytes([SUB_FILTER, 0]) + bytes([1]) * 255
    return png_from_blob(zlib.compress(row, 9), 1, 256, palette(cmap, 0, 255))


def hex_colours(cmap: str) -> list[str]:
    """The colours of `palette(cmap, 0, 255)` as 256 strings such as "#dc1f26"."""
    colours = palette(cmap, 0, 255)
    return [f"#{colours[at : at + 3].hex()}" for at in range(0, len(colours), 3)]
