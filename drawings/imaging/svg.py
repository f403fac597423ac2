"""A drawing's strokes as SVG. Knows nothing of Django and of matplotlib.

The colours are fixed (a palette of 256), so inverting is drawing in other shades, and a flip turns
over what was drawn before it. Only a fill needs the pixels that were there at its time.
"""

import base64
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawings.imaging import pixels, strokes

# How much may be done for one picture, and what a browser shows readily.
MAX_SECONDS = 1.0
MAX_CHARACTERS = 8_000_000
# In the unit of strokes.work: to write a point, and a run of pixels that was flooded.
POINT_WORK = 100
RUN_WORK = 30

Point = tuple[float, float, float]


@dataclass
class Shape:
    """An SVG element, and how often the paper was inverted and flipped before it."""

    element: str  # with {} where its colour goes
    shade: int
    inverted: int
    flipped: tuple[int, int]  # left and right, top and bottom


def from_field(field: pixels.Field, palette: bytes) -> str:
    """The field itself as a picture, in the colours of `palette`, 256 RGB triples."""
    height, width = field.shape
    return _document(width, height, [_image(field, palette)])


def from_packed(data: bytes, palette: bytes, parent: pixels.Field | None = None) -> str:
    """As `from_strokes`, of what strokes.pack has made; for `parent` see strokes.ground_of."""
    document = strokes.unpack(data)
    return from_strokes(document, palette, strokes.ground_of(document, parent))


def from_strokes(
    document: strokes.Document, palette: bytes, ground: pixels.Field | None = None
) -> str:
    """What a checked document draws on its paper (`ground` is its field, for one not white).

    Raises strokes.TooMuchError if it would take too long, or come to too large a file.
    """
    width, height = document["width"], document["height"]
    operations = document["operations"]
    # What was cleared away leaves nothing.
    clears = [number for number, each in enumerate(operations, 1) if each["tool"] == "clear"]
    if clears:
        operations, ground = operations[clears[-1] :], None

    shapes = []
    inverted = across = down = 0
    length = 0
    budget = strokes.Budget(MAX_SECONDS)
    for operation, field in _with_fields({**document, "operations": operations}, ground, budget):
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
                raise strokes.TooMuchError

    colours = [f"#{palette[at : at + 3].hex()}" for at in range(0, 768, 3)]
    white = pixels.WHITE if inverted % 2 == 0 else 0
    body = [f'<path fill="{colours[white]}" d="M0 0H{width}V{height}H0Z"/>']
    if ground is not None:
        turned = ground[:: -1 if down % 2 else 1, :: -1 if across % 2 else 1]
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
    png = pixels.png_from_blob(pixels.write_blob(field), height, width, palette)
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


def _stroke(stroke: Mapping[str, Any], budget: strokes.Budget) -> str:
    budget.spend(POINT_WORK * len(stroke["x"]))
    antialiased = stroke["antialiased"]
    inked = [_inked(radius) if antialiased else radius for radius in stroke["radius"]]
    points = list(zip(stroke["x"], stroke["y"], inked, strict=True))
    edges = "" if antialiased else ' shape-rendering="crispEdges"'
    if len(set(inked)) == 1:
        line = "L".join(f"{_number(x)} {_number(y)}" for x, y, _ in points)
        # A line to where it already is makes the dot of a stroke of one point.
        data = f"M{line}" + ("h0" if len(points) == 1 else "")
        return f'<path{edges} stroke="{{}}" stroke-width="{_number(2 * inked[0])}" d="{data}"/>'
    data = "".join(_outline(a, b) for a, b in zip(points[:1] + points, points, strict=False))
    return f'<path{edges} fill="{{}}" d="{data}"/>'


def _inked(radius: float) -> float:
    """The radius of a line with as much ink as the rasteriser's, whose edge is a pixel wide."""
    return radius if radius >= 0.5 else (radius + 0.5) ** 2 / 2


def _outline(a: Point, b: Point) -> str:
    """A segment whose radius goes from a's to b's: half a disc, a trapezoid, half a disc."""
    (ax, ay, ar), (bx, by, br) = a, b
    length = math.hypot(bx - ax, by - ay)
    # A segment from a point to itself is a's disc.
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
    """To thousandths, in as few characters as that takes."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# --- Fills ----------------------------------------------------------------------------------


def _with_fields(
    document: strokes.Document, ground: pixels.Field | None, budget: strokes.Budget
) -> Iterator[tuple[Mapping[str, Any], pixels.Field]]:
    """Each operation and the field before it. From the last fill on, that is not kept up."""
    operations = document["operations"]
    fills = [number for number, each in enumerate(operations, 1) if each["tool"] == "fill"]
    needed = operations[: fills[-1]] if fills else []
    field = np.empty((0, 0), np.uint8)
    steps = strokes.steps({**document, "operations": needed}, ground, budget)
    for operation in needed:
        _, field = next(steps)
        yield operation, field
    yield from ((operation, field) for operation in operations[len(needed) :])


def _fill(fill: Mapping[str, Any], field: pixels.Field, budget: strokes.Budget) -> str:
    budget.spend(strokes.FILL_WORK * field.size)
    mask = strokes.flooded(field, fill["x"], fill["y"], fill["tolerance"], budget)
    rows, begins, ends = strokes.runs(mask)
    budget.spend(RUN_WORK * len(rows))
    rectangles = _rectangles(rows, begins, ends)
    data = "".join(f"M{x0} {y0}H{x1}V{y1}H{x0}Z" for x0, y0, x1, y1 in rectangles)
    return f'<path shape-rendering="crispEdges" fill="{{}}" d="{data}"/>'


def _rectangles(
    rows: strokes.Indices, begins: strokes.Indices, ends: strokes.Indices
) -> Iterator[tuple[int, int, int, int]]:
    """Runs of pixels in a line, (x0, y0, x1, y1); the same run in lines that follow is one."""
    # By column first, a run's continuation stands right behind it.
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
