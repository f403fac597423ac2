"""Fields in colour: what matplotlib does for the pictures.

Colours come from a palette: a colormap has at most 256 answers for the 256 values of a pixel, so
the picture of a drawing is its blob behind a table of 256 colours.
"""

from functools import lru_cache

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from drawings.imaging import pixels

# The groups of matplotlib's colormap reference, in its order; "More" takes what is in none.
COLORMAP_GROUPS = {
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
# What the pages offer as swatches; every other colormap is one step further, in a list.
FEATURED_COLORMAPS = (
    "gray",
    "viridis",
    "magma",
    "cividis",
    "twilight",
    "coolwarm",
    "terrain",
    "turbo",
)

LIBRARY_VERSION = f"matplotlib-{matplotlib.__version__}"


def is_colormap(name: str) -> bool:
    return name in matplotlib.colormaps


@lru_cache(maxsize=1)
def grouped_colormaps() -> list[tuple[str, list[str]]]:
    """Every colormap that matplotlib has, as (group, names); a reversed one follows its own."""
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
    """The colours of brightness 0 to 255 as 256 RGB triples, 768 bytes.

    Identical to `ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(field, bytes=True)` for any
    uint8 field, because that is what makes it. Needs vmin <= vmax.
    """
    shades = np.arange(256, dtype=np.uint8)
    with np.errstate(over="ignore"):  # limits that are next to nothing apart: all is above them
        colours = ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(shades, bytes=True)
    return colours[:, :3].tobytes()


@lru_cache(maxsize=1024)  # at most 1 MB
def own_palette(cmap: str, vmin: int, vmax: int) -> bytes:
    """As `palette`, and kept: for the limits that a drawing's row has.

    Not for those that a request names: anybody could name ever new ones, and what is of use would
    have to go.
    """
    return palette(cmap, vmin, vmax)


@lru_cache(maxsize=256)  # at most 0.5 MB
def strip_png(cmap: str) -> bytes:
    """A colormap as a 256 x 1 palette PNG: a swatch, and in its PLTE the table of colours."""
    shades = np.arange(256, dtype=np.uint8).reshape(1, 256)
    return pixels.png_from_blob(pixels.write_blob(shades), 1, 256, palette(cmap, 0, 255))
