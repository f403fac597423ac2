"""A drawing's strokes as SVG.

The colours come from a palette of 256, so inverting means drawing in other shades, and a flip
mirrors the shapes before it. Only a fill needs the pixels of its time.
"""

import base64
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawings.imaging import pixels, rasteriser, strokes
from drawings.imaging.png import png_from_blob

# Limits of one file: the work to make it, and a length that browsers still show readily.
MAX_SECONDS = 1.0
MAX_CHARACTERS = 8_000_000
# In the unit of rasteriser.work: writing a point, and a run of flooded pixels.
POINT_WORK = 100
RUN_WORK = 30

Point = tuple[float, float, float]


@dataclass
class Shape:
    """An SVG element, and how often the drawing was inverted and flipped before it."""

    element: str  # has {} in place of its colour
    shade: int
    inverted: int
    flipped: tuple[int, int]  # horizontally, vertically


def from_field(field: pixels.Field, palette: bytes) -> str:
    """The field itself as an embedded PNG, in the colours of `palette`, 256 RGB triples."""
    height, width = field.shape
    return _document(width, height, [_image(field, palette)])


def from_packed(data: bytes, palette: bytes, parent: pixels.Field | None = None) -> str:
    """Like `from_strokes`, for a packed document; `parent` is as in `strokes.base_image_of`."""
    document = strokes.unpack(data)
    return from_strokes(document, palette, strokes.base_image_of(document, parent))


def from_strokes(
    document: strokes.Document, palette: bytes, base: pixels.Field | None = None
) -> str:
    """The SVG of a checked document; `base` is its base image, or None for white paper.

    Raises rasteriser.TooMuchWorkError if it would take too long, or become too large a file.
    """
    width, height = document["width"], document["height"]
    operations = document["operations"]
    # Operations before the last clear leave no trace.
    clears = [number for number, each in enumerate(operations, 1) if each["tool"] == "clear"]
    if clears:
        operations, base = operations[clears[-1] :], None

    shapes = []
    inverted = across = down = 0
    length = 0
    budget = rasteriser.Budget(MAX_SECONDS)
    for operation, field in _with_fields({**document, "operations": operations}, base, budget):
        tool = operation["tool"]
        if tool == "invert":
            inverted += 1
        elif tool == "flip":
            across += operation["axis"] == "horizontal"
            down += operation["axis"] == "vertical"
        else:
            element = (
                _fill(operation, field, budget) if tool == "fill" else _stroke(operation, budget)
            )
            shapes.append(Shape(element, operation["shade"], inverted, (across, down)))
            length += len(element)
            if length > MAX_CHARACTERS:
                raise rasteriser.TooMuchWorkError

    colours = [f"#{palette[at : at + 3].hex()}" for at in range(0, 768, 3)]
    white = pixels.WHITE if inverted % 2 == 0 else 0
    body = [f'<path fill="{colours[white]}" d="M0 0H{width}V{height}H0Z"/>']
    if base is not None:
        turned = base[:: -1 if down % 2 else 1, :: -1 if across % 2 else 1]
        body = [_image(turned if inverted % 2 == 0 else pixels.WHITE - turned, palette)]
    for flips, group in itertools.groupby(
        shapes, lambda shape: ((across - shape.flipped[0]) % 2, (down - shape.flipped[1]) % 2)
    ):
        elements = [_coloured(shape, inverted, colours) for shape in group]
        body.extend(elements if flips == (0, 0) else [_mirrored(elements, flips, width, height)])
    return _document(width, height, body)


def _document(width: int, height: int, body: Iterable[str]) -> str:
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}"'
            ' fill="none" stroke-linecap="round" stroke-linejoin="round">',
            *body,
            "</svg>\n",
        )
    )


def _image(field: pixels.Field, palette: bytes) -> str:
    height, width = field.shape
    png = png_from_blob(pixels.write_blob(field), height, width, palette)
    return (
        f'<image width="{width}" height="{height}" image-rendering="pixelated"'
        f' href="data:image/png;base64,{base64.b64encode(png).decode()}"/>'
    )


def _coloured(shape: Shape, inverted: int, colours: list[str]) -> str:
    is_inverted = (inverted - shape.inverted) % 2 == 1
    return shape.element.format(colours[pixels.WHITE - shape.shade if is_inverted else shape.shade])


def _mirrored(elements: list[str], flips: tuple[int, int], width: int, height: int) -> str:
    across, down = flips
    matrix = f"{1 - 2 * across} 0 0 {1 - 2 * down} {width * across} {height * down}"
    return "\n".join((f'<g transform="matrix({matrix})">', *elements, "</g>"))


# --- Strokes --------------------------------------------------------------------------------


def _stroke(stroke: Mapping[str, Any], budget: rasteriser.Budget) -> str:
    budget.spend(POINT_WORK * len(stroke["x"]))
    antialiased = stroke["antialiased"]
    inked = [_ink_radius(radius) if antialiased else radius for radius in stroke["radius"]]
    points = list(zip(stroke["x"], stroke["y"], inked, strict=True))
    edges = "" if antialiased else ' shape-rendering="crispEdges"'
    if len(set(inked)) == 1:
        line = "L".join(f"{_number(x)} {_number(y)}" for x, y, _ in points)
        # A line of no length draws the dot of a stroke with one point.
        data = f"M{line}" + ("h0" if len(points) == 1 else "")
        return f'<path{edges} stroke="{{}}" stroke-width="{_number(2 * inked[0])}" d="{data}"/>'
    data = "".join(_outline(a, b) for a, b in zip(points[:1] + points, points, strict=False))
    return f'<path{edges} fill="{{}}" d="{data}"/>'


def _ink_radius(radius: float) -> float:
    """The radius of a line with as much ink as the rasteriser's, whose edge is one pixel wide."""
    return radius if radius >= 0.5 else (radius + 0.5) ** 2 / 2


def _outline(a: Point, b: Point) -> str:
    """A segment whose radius changes from a's to b's: half a disc, a trapezoid, half a disc."""
    (ax, ay, ar), (bx, by, br) = a, b
    length = math.hypot(bx - ax, by - ay)
    # A segment of no length is a's disc.
    cosine, sine = ((bx - ax) / length, (by - ay) / length) if length else (1.0, 0.0)
    if not length:
        br = ar
    return (
        f"M{_number(ax - sine * ar)} {_number(ay + cosine * ar)}{_arc(ar)}"
        f"{_number(ax + sine * ar)} {_number(ay - cosine * ar)}"
        f"L{_number(bx + sine * br)} {_number(by - cosine * br)}{_arc(br)}"
        f"{_number(bx - sine * br)} {_number(by + cosine * br)}Z"
    )


def _arc(radius: float) -> str:
    return f"A{_number(radius)} {_number(radius)} 0 0 1 "


def _number(value: float) -> str:
    """The value to three decimals, in the fewest characters."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# --- Fills ----------------------------------------------------------------------------------


def _with_fields(
    document: strokes.Document, base: pixels.Field | None, budget: rasteriser.Budget
) -> Iterator[tuple[Mapping[str, Any], pixels.Field]]:
    """Each operation with the field before it, which is current up to the last fill."""
    operations = document["operations"]
    fills = [number for number, each in enumerate(operations, 1) if each["tool"] == "fill"]
    needed = operations[: fills[-1]] if fills else []
    field = np.empty((0, 0), np.uint8)
    steps = rasteriser.steps({**document, "operations": needed}, base, budget)
    for operation in needed:
        _, field = next(steps)
        yield operation, field
    yield from ((operation, field) for operation in operations[len(needed) :])


def _fill(fill: Mapping[str, Any], field: pixels.Field, budget: rasteriser.Budget) -> str:
    budget.spend(rasteriser.FILL_WORK * field.size)
    mask = rasteriser.flood_mask(field, fill["x"], fill["y"], fill["tolerance"], budget)
    rows, begins, ends = rasteriser.runs(mask)
    budget.spend(RUN_WORK * len(rows))
    rectangles = _rectangles(rows, begins, ends)
    data = "".join(f"M{x0} {y0}H{x1}V{y1}H{x0}Z" for x0, y0, x1, y1 in rectangles)
    return f'<path shape-rendering="crispEdges" fill="{{}}" d="{data}"/>'


def _rectangles(
    rows: rasteriser.Indices, begins: rasteriser.Indices, ends: rasteriser.Indices
) -> Iterator[tuple[int, int, int, int]]:
    """Runs of pixels as (x0, y0, x1, y1), equal runs in consecutive rows joined to one."""
    # Sorted by column first, a run is followed directly by its continuation.
    order = np.lexsort((rows, ends, begins))
    x0 = y0 = x1 = y1 = -1
    for begin, end, row in zip(
        *(each[order].tolist() for each in (begins, ends, rows)), strict=True
    ):
        if (begin, end, row) == (x0, x1, y1):
            y1 += 1
            continue
        if y1 > 0:
            yield x0, y0, x1, y1
        x0, y0, x1, y1 = begin, row, end, row + 1
    if y1 > 0:
        yield x0, y0, x1, y1
