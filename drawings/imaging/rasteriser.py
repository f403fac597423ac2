"""Pixels from strokes documents: the arithmetic of docs/strokes.md.

The twin of the studio's rasteriser in JavaScript: both produce the same bytes.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from drawings.imaging import pixels, strokes
from drawings.imaging.strokes import STROKE_TOOLS, Document

Floats = npt.NDArray[np.float64]
Heights = npt.NDArray[np.int16]  # brightness above the origin of a fill, or below it
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

# Work is counted in pixels that a stroke's segment examines. A core of an ordinary server examines
# 25 million a second (a segment across 1024 x 1024 takes 40 ms). The other costs were measured
# relative to that, and rounded up.
WORK_PER_SECOND = 25_000_000
SEGMENT_WORK = 500  # for each segment, 20 microseconds
BOX_WORK = 0.25  # for each pixel of the box around a stroke
FIELD_WORK = 0.01  # for each pixel of the field, to clear, invert or flip it
FILL_WORK = 1.0  # for each pixel of the field, to flood it;
RUN_WORK = 40  # for each run of pixels that might be flooded, 1.6 microseconds;
EDGE_WORK = 10  # for each pixel that is blended beside the flood, 0.4 microseconds;
CLIMB_WORK = 2  # and for each step from there to the top of its line, 0.08 microseconds


class TooMuchWorkError(Exception):
    """A document takes more work than its budget."""


class Budget:
    """The remaining work; it starts at `seconds` of one core."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds * WORK_PER_SECOND

    def spend(self, work: float) -> None:
        """Call before doing the work. Raises TooMuchWorkError if it exceeds what is left."""
        self.left -= work
        if self.left < 0:
            raise TooMuchWorkError


def rasterise(
    document: Document, base: pixels.Field | None = None, budget: Budget | None = None
) -> pixels.Field:
    """The (height, width) uint8 field that a checked document produces.

    `base` is its base image, (height, width) uint8, or None for white paper. Raises
    TooMuchWorkError, mostly before any work is done, if the document exceeds the budget.
    """
    *_, (_, field) = steps(document, base, budget)
    return field


def rasterise_packed(
    data: bytes, parent: pixels.Field | None = None, budget: Budget | None = None
) -> pixels.Field:
    """The field of a packed document; `parent` is as in `strokes.base_image_of`.

    Raises BadStrokesError, MissingBaseImageError or TooMuchWorkError.
    """
    document = strokes.unpack(data)
    return rasterise(document, strokes.base_image_of(document, parent), budget)


def steps(
    document: Document, base: pixels.Field | None = None, budget: Budget | None = None
) -> Iterator[tuple[Mapping[str, Any] | None, pixels.Field]]:
    """Yields (None, the base image), then each operation with the field after it.

    The field is one array that changes in place. The budget is charged for all operations before
    the first, except for the part of a fill's work that depends on the pixels it meets.
    """
    budget = budget or Budget(math.inf)
    for operation in document["operations"]:
        budget.spend(work(operation, document["width"], document["height"]))
    shape = (document["height"], document["width"])
    field = np.full(shape, pixels.WHITE, np.uint8) if base is None else base.copy()
    if field.shape != shape:
        raise strokes.BadStrokesError("The base image must be as large as the drawing.")
    yield None, field
    for operation in document["operations"]:
        _apply(field, operation, document["version"], budget)
        yield operation, field


def work(operation: Mapping[str, Any], width: int, height: int) -> float:
    """The work of an operation, without the runs and edges of a fill."""
    if operation["tool"] == "fill":
        return SEGMENT_WORK + FILL_WORK * width * height
    if operation["tool"] not in STROKE_TOOLS:
        return SEGMENT_WORK + FIELD_WORK * width * height
    x, y, radius = (np.array(operation[name], np.float64) for name in ("x", "y", "radius"))
    reach = np.maximum(radius, np.concatenate((radius[:1], radius[:-1]))) + 1
    spans = [_spans(values, reach, side) for values, side in ((x, width), (y, height))]
    box = math.prod(high.max() - low.min() for low, high in spans)
    examined = np.dot(*(high - low for low, high in spans))
    return float(examined + BOX_WORK * box + SEGMENT_WORK * (len(x) + 1))


def _spans(values: Floats, reach: Floats, side: int) -> tuple[Floats, Floats]:
    """Where the box around each segment begins and ends, clipped to the field."""
    before = np.concatenate((values[:1], values[:-1]))
    low: Floats = np.clip(np.minimum(before, values) - reach, 0, side)
    high: Floats = np.clip(np.maximum(before, values) + reach, 0, side)
    return low, high


def _apply(field: pixels.Field, operation: Mapping[str, Any], version: int, budget: Budget) -> None:
    tool = operation["tool"]
    if tool == "clear":
        field[:] = pixels.WHITE
    elif tool == "invert":
        np.subtract(pixels.WHITE, field, out=field)
    elif tool == "flip":
        field[:] = field[:, ::-1] if operation["axis"] == "horizontal" else field[::-1]
    elif tool == "fill":
        _fill(field, operation, version, budget)
    else:
        _draw_stroke(field, operation)


def _draw_stroke(field: pixels.Field, stroke: Mapping[str, Any]) -> None:
    points = np.array([stroke[name] for name in ("x", "y", "radius")], np.float64).T
    height, width = field.shape
    # The part of the field that the segments can reach.
    reach = points[:, 2].max() + 1
    x0, y0 = (np.floor(points[:, :2].min(axis=0) - reach)).clip(0, (width, height)).astype(int)
    x1, y1 = (np.ceil(points[:, :2].max(axis=0) + reach)).clip(0, (width, height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    columns = np.arange(x0, x1) + 0.5
    rows = (np.arange(y0, y1) + 0.5)[:, np.newaxis]
    coverage = np.zeros((y1 - y0, x1 - x0))
    # A stroke begins with the dot of its first point, as under a pen.
    begins = np.concatenate((points[:1], points[:-1]))
    for (ax, ay, ar), (bx, by, br) in zip(begins.tolist(), points.tolist(), strict=True):
        reach = max(ar, br) + 1
        left = max(x0, int(np.floor(min(ax, bx) - reach))) - x0
        top = max(y0, int(np.floor(min(ay, by) - reach))) - y0
        right = min(x1, int(np.ceil(max(ax, bx) + reach))) - x0
        bottom = min(y1, int(np.ceil(max(ay, by) + reach))) - y0
        if left >= right or top >= bottom:
            continue
        part = coverage[top:bottom, left:right]
        reached = _extent(columns[left:right], rows[top:bottom], (ax, ay, ar), (bx, by, br))
        covered = reached if stroke["antialiased"] else (reached >= 0.5).astype(np.float64)
        np.maximum(part, np.minimum(1, covered), out=part)
    part_of_field = field[y0:y1, x0:x1]
    old = part_of_field.astype(np.float64)
    part_of_field[:] = np.floor(old + (stroke["shade"] - old) * coverage + 0.5).astype(np.uint8)


def _extent(columns: Floats, rows: Floats, a: tuple[float, ...], b: tuple[float, ...]) -> Floats:
    """How far a segment with round ends extends beyond each pixel's centre, plus 0.5."""
    (ax, ay, ar), (bx, by, br) = a, b
    px, py = columns - ax, rows - ay
    dx, dy, dr = bx - ax, by - ay, br - ar
    squared = dx * dx + dy * dy
    if squared > 0:
        along = np.minimum(1, np.maximum(0, (px * dx + py * dy) / squared))
    else:
        along = np.zeros((rows.shape[0], columns.shape[0]))
    ex = px - along * dx
    ey = py - along * dy
    return ar + along * dr + 0.5 - np.sqrt(ex * ex + ey * ey)


def _fill(field: pixels.Field, fill: Mapping[str, Any], version: int, budget: Budget) -> None:
    mask = flood_mask(field, fill["x"], fill["y"], fill["tolerance"], budget)
    origin, shade = int(field[fill["y"], fill["x"]]), fill["shade"]
    if fill["antialiased"]:
        _blend_edges(field, mask, origin, shade, version, budget)
    field[mask] = shade


def _blend_edges(
    field: pixels.Field, mask: Mask, origin: int, shade: int, version: int, budget: Budget
) -> None:
    # Edges keep their share of the line, and replace the rest, the old background, by the new
    # shade. They are positions in the flattened field with a frame of one pixel, where every
    # neighbour is at a fixed distance.
    heights = field.astype(np.int16) - origin
    edges = _find_edges(heights, mask, version)
    budget.spend(EDGE_WORK * len(edges))
    rows, columns = (each - 1 for each in np.divmod(edges, field.shape[1] + 2))
    height = heights[rows, columns].astype(np.int64)
    line = _line_heights(heights, edges, version, budget).astype(np.int64)
    share = height * (line + origin - shade) / line
    field[rows, columns] = np.floor(shade + share + 0.5).astype(np.uint8)


def _find_edges(heights: Heights, mask: Mask, version: int) -> Indices:
    """The pixels beside the flood that may be smoothed edges of lines."""
    stride = mask.shape[1] + 2
    steps = (-stride, -1, 1, stride)
    framed = np.pad(heights, 1, mode="edge").ravel()
    free = np.pad(~mask, 1).ravel()  # neither flooded nor an edge
    beside_free = np.any([np.roll(free, step) for step in steps], axis=0)
    front = np.flatnonzero(np.pad(mask, 1).ravel() & beside_free)
    edges = []
    for _ in range(1 if version == 1 else 2):
        reached = np.zeros_like(free)
        for step in steps:
            here = front + step
            here = here[free[here]]
            if version > 1:
                # Only uphill, and on the side of a line that faces the flood: on the other side,
                # the next pixel is lower than the one before.
                side = np.sign(framed[here])
                before, after = side * framed[here - step], side * framed[here + step]
                here = here[(before < side * framed[here]) & (before <= after)]
            reached[here] = True
        front = np.flatnonzero(reached)
        free[front] = False
        edges.append(front)
    return np.concatenate(edges)


def _line_heights(heights: Heights, edges: Indices, version: int, budget: Budget) -> Heights:
    """The height of the line that each edge belongs to: at the top of a short climb."""
    stride = heights.shape[1] + 2
    framed = np.pad(heights, 1).ravel()
    tops, climbing = edges.copy(), np.arange(len(edges))
    for _ in range(1 if version == 1 else 8):
        budget.spend(CLIMB_WORK * len(climbing))
        here = there = tops[climbing]
        side = np.sign(framed[here])
        highest = side * framed[here]
        for step in (j * stride + i for j in (-1, 0, 1) for i in (-1, 0, 1)):
            height = side * framed[here + step]
            there = np.where(height > highest, here + step, there)
            highest = np.maximum(height, highest)
        moves = there != here
        climbing = climbing[moves]
        tops[climbing] = there[moves]
    line: Heights = framed[tops]
    return line


def flood_mask(
    field: pixels.Field, x: int, y: int, tolerance: int, budget: Budget | None = None
) -> Mask:
    """The (height, width) mask of the pixels that a fill floods from (x, y).

    Works on runs of neighbouring pixels in a row, not on single pixels. The budget is charged for
    the runs.
    """
    height, width = field.shape
    rows, begins, ends = runs(mask_near(field, x, y, tolerance))
    if budget is not None:
        budget.spend(RUN_WORK * len(rows))
    # A run's position in the whole field; the extra column keeps the rows apart.
    begin_places, end_places = rows * (width + 1) + begins, rows * (width + 1) + ends
    # The runs that touch each run in the row above and in the row below: from the first that ends
    # after it begins, to the last that begins before it ends.
    beside = [
        (
            np.searchsorted(end_places, begin_places + step, "right").tolist(),
            np.searchsorted(begin_places, end_places + step, "left").tolist(),
        )
        for step in (-(width + 1), width + 1)
    ]
    start = int(np.searchsorted(end_places, y * (width + 1) + x, "right"))
    filled = [False] * len(rows)
    filled[start] = True
    pending = [start]
    while pending:
        run = pending.pop()
        for first, last in beside:
            for other in range(first[run], last[run]):
                if not filled[other]:
                    filled[other] = True
                    pending.append(other)

    reached = np.array(filled, np.bool_)
    edges = np.zeros((height, width + 1), np.int8)
    edges[rows[reached], begins[reached]] = 1
    edges[rows[reached], ends[reached]] = -1
    return edges[:, :-1].cumsum(axis=1, dtype=np.int8).view(np.bool_)


def mask_near(field: pixels.Field, x: int, y: int, tolerance: int) -> Mask:
    """The (height, width) mask of pixels whose brightness is within the tolerance of (x, y)'s."""
    brightness = field.astype(np.int16)
    mask: Mask = np.abs(brightness - brightness[y, x]) <= tolerance
    return mask


def runs(mask: Mask) -> tuple[Indices, Indices, Indices]:
    """The runs of set pixels in a mask, from the top left: rows, begins and exclusive ends."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, begins = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, begins, ends
