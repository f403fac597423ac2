"""What was done to the paper, and the field that it comes to. Knows nothing of Django.

The strokes document and its arithmetic are described in docs/strokes.md. `rasterise` is the twin of
static/drawings/rasteriser.js: both give the same bytes.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from drawings.imaging import pixels
from drawsite.lib import strict_json

VERSION = 1
MAX_OPERATIONS = 10_000
MAX_POINTS = 200_000
MAX_TIME = 7 * 24 * 3600 * 1000  # milliseconds
MAX_RADIUS = 256
LEAST_COORDINATE, GREATEST_COORDINATE = -2048, 3072
# What a document of so many points may inflate to, with room to spare.
MAX_TEXT_BYTES = 16_000_000
# Of zlib-ng: as small as at 9, in half the time.
COMPRESSION_LEVEL = 6

# Work is counted in pixels that a stroke's segment looks at: a core of an ordinary server does so
# many in a second (a segment across 1024 x 1024 takes 40 ms). The rest was measured beside that,
# and rounded up.
WORK_PER_SECOND = 25_000_000
SEGMENT_WORK = 500  # what each segment takes besides, 20 microseconds
BOX_WORK = 0.25  # for each pixel of the box around a stroke
SHEET_WORK = 0.01  # for each pixel of the field, to clear, invert or flip it
FILL_WORK = 1.0  # for each pixel of the field, to flood it;
RUN_WORK = 40  # for each run of pixels that might be flooded, 1.6 microseconds;
EDGE_WORK = 10  # and for each pixel that is blended beside the flood, 0.4 microseconds

STROKE_TOOLS = frozenset({"pen", "eraser", "line", "rectangle", "ellipse"})
STROKE_LISTS = ("x", "y", "radius", "t")

Document = dict[str, Any]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


class BadStrokesError(ValueError):
    """A strokes document that breaks the rules; the message is a sentence that says which."""


class MissingPaperError(Exception):
    """The drawing that was drawn on is gone; the message is a sentence that names it."""


class TooMuchError(Exception):
    """What is asked for takes more work than it may."""


class Budget:
    """The work that may be done for something, of which what is spent is gone."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds * WORK_PER_SECOND

    def spend(self, work: float) -> None:
        """To be called before the work is done; TooMuchError if it comes to more than is left."""
        self.left -= work
        if self.left < 0:
            raise TooMuchError


# --- Reading --------------------------------------------------------------------------------


def parse(text: str | bytes) -> Document:
    """The document in a JSON text, every rule of docs/strokes.md checked."""
    _check_length(text)
    try:
        document = strict_json.loads(text)
    except ValueError as error:
        raise BadStrokesError("This is not JSON.") from error
    check(document)
    return document  # type: ignore[no-any-return]


def pack(document: Document) -> bytes:
    """The document as it is stored (see `pack_text`)."""
    return pack_text(json.dumps(document, separators=(",", ":")))


def pack_text(text: str) -> bytes:
    """The JSON text of a checked document as it is stored: in a zlib stream.

    BadStrokesError if it is more than `unpack` reads.
    """
    data = text.encode()
    if len(data) > MAX_TEXT_BYTES:
        raise BadStrokesError(f"This is more than {MAX_TEXT_BYTES:,} characters.")
    return zlib_ng.compress(data, COMPRESSION_LEVEL)


def unpack(data: bytes) -> Document:
    """The document that `pack` has made."""
    return parse(unpack_text(data))


def unpack_text(data: bytes) -> bytes:
    """Its JSON text, not checked; bounded in memory whatever the data would inflate to."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_TEXT_BYTES)
    except zlib.error as error:
        raise BadStrokesError("The strokes are not a zlib stream.") from error
    if not inflater.eof:
        raise BadStrokesError("The strokes are cut short or too long.")
    return text


def _check_length(text: str | bytes) -> None:
    """Refuse what is not worth the time to read: more objects or numbers than a document may have.

    A document of strokes alone has the most commas: for each stroke of n points 4 (n - 1) in its
    lists, 6 between its keys and 1 before the next, and 4 between the document's keys.
    """
    brace, comma = ("{", ",") if isinstance(text, str) else (b"{", b",")
    operations = text.count(brace) - 1  # type: ignore[arg-type]  # and at most one for the paper
    if operations > MAX_OPERATIONS + 1:
        raise BadStrokesError(f"operations must be a list of at most {MAX_OPERATIONS:,}.")
    if text.count(comma) > 4 * MAX_POINTS + 3 * operations + 3:  # type: ignore[arg-type]
        raise BadStrokesError(f"There may be at most {MAX_POINTS:,} points.")


def check(document: Any) -> None:
    """Raise BadStrokesError unless the document keeps to every rule."""
    _object(document, {"version", "width", "height", "paper", "operations"}, "The document")
    if document["version"] != VERSION or type(document["version"]) is not int:
        raise BadStrokesError(f"Its version must be {VERSION}.")
    for side in ("width", "height"):
        _whole(document[side], pixels.MIN_SIDE, pixels.MAX_SIDE, side)
    _check_paper(document["paper"])
    operations = document["operations"]
    if not isinstance(operations, list) or len(operations) > MAX_OPERATIONS:
        raise BadStrokesError(f"operations must be a list of at most {MAX_OPERATIONS:,}.")
    clock = points = 0
    for number, operation in enumerate(operations, 1):
        try:
            clock = _check_operation(operation, document["width"], document["height"], clock)
        except BadStrokesError as error:
            raise BadStrokesError(f"Operation {number}: {error}") from error
        points += len(operation["t"]) if operation["tool"] in STROKE_TOOLS else 1
        if points > MAX_POINTS:
            raise BadStrokesError(f"There may be at most {MAX_POINTS:,} points.")


def _check_paper(paper: Any) -> None:
    if paper is None:
        return
    if isinstance(paper, dict) and len(paper) == 1:
        if isinstance(paper.get("drawing"), str):
            try:
                UUID(paper["drawing"])
            except ValueError as error:
                raise BadStrokesError("paper.drawing must be the id of a drawing.") from error
            return
        if isinstance(paper.get("image"), str):
            return
    raise BadStrokesError('paper must be null, {"drawing": id} or {"image": base64}.')


def _check_operation(operation: Any, width: int, height: int, clock: int) -> int:
    """Check one operation that begins no earlier than `clock`; the time at which it ends."""
    tool = operation.get("tool") if isinstance(operation, dict) else None
    if not isinstance(tool, str):
        raise BadStrokesError("It must be an object with a tool.")
    if tool in STROKE_TOOLS:
        _object(operation, {"tool", "shade", "antialiased", *STROKE_LISTS}, "A stroke")
        _switch(operation["antialiased"], "antialiased")
        _whole(operation["shade"], 0, 255, "shade")
        return _check_points(operation, clock)
    if tool == "fill":
        keys = {"tool", "shade", "antialiased", "tolerance", "x", "y", "t"}
        _object(operation, keys, "A fill")
        _switch(operation["antialiased"], "antialiased")
        _whole(operation["shade"], 0, 255, "shade")
        _whole(operation["tolerance"], 0, 255, "tolerance")
        _whole(operation["x"], 0, width - 1, "x")
        _whole(operation["y"], 0, height - 1, "y")
    elif tool == "flip":
        _object(operation, {"tool", "axis", "t"}, "A flip")
        if operation["axis"] not in ("horizontal", "vertical"):
            raise BadStrokesError("axis must be horizontal or vertical.")
    elif tool in ("clear", "invert"):
        _object(operation, {"tool", "t"}, "It")
    else:
        raise BadStrokesError("Its tool is not known.")
    _whole(operation["t"], 0, MAX_TIME, "t")
    return _not_before(clock, operation["t"], operation["t"])


def _check_points(stroke: Mapping[str, Any], clock: int) -> int:
    lists = [stroke[name] for name in STROKE_LISTS]
    if not all(isinstance(values, list) for values in lists) or not lists[0]:
        raise BadStrokesError("x, y, radius and t must be lists of at least one number.")
    if len({len(values) for values in lists}) != 1:
        raise BadStrokesError("x, y, radius and t must have the same length.")
    if len(lists[0]) > MAX_POINTS:
        raise BadStrokesError(f"There may be at most {MAX_POINTS:,} points.")
    _within(stroke["x"], LEAST_COORDINATE, GREATEST_COORDINATE, "x")
    _within(stroke["y"], LEAST_COORDINATE, GREATEST_COORDINATE, "y")
    _within(stroke["radius"], 0, MAX_RADIUS, "radius")
    times = stroke["t"]
    if not {type(time) for time in times} <= {int}:
        raise BadStrokesError("t must be whole numbers.")
    _within(times, 0, MAX_TIME, "t")
    if times != sorted(times):
        raise BadStrokesError("t must not run backwards.")
    return _not_before(clock, times[0], times[-1])


def _not_before(clock: int, begin: int, end: int) -> int:
    if begin < clock:
        raise BadStrokesError("t must not run backwards.")
    return end


def _object(value: Any, keys: set[str], what: str) -> None:
    if not isinstance(value, dict) or value.keys() != keys:
        raise BadStrokesError(f"{what} must be an object with exactly: {', '.join(sorted(keys))}.")


def _switch(value: Any, name: str) -> None:
    if type(value) is not bool:
        raise BadStrokesError(f"{name} must be true or false.")


def _whole(value: Any, least: int, greatest: int, name: str) -> None:
    # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
    if type(value) is not int or not least <= value <= greatest:
        raise BadStrokesError(f"{name} must be a whole number from {least} to {greatest}.")


def _within(values: Sequence[Any], least: int, greatest: int, name: str) -> None:
    if not {type(value) for value in values} <= {int, float}:
        raise BadStrokesError(f"{name} must be numbers.")
    # (Of numbers with a NaN among them, least and greatest could be any; the sum is NaN.)
    if not (least <= min(values) and max(values) <= greatest and math.isfinite(sum(values))):
        raise BadStrokesError(f"{name} must be from {least} to {greatest}.")


def image_of_paper(document: Document) -> pixels.Field | None:
    """The field that a document carries as its paper's image, of the document's size, if any."""
    paper = document["paper"]
    if not paper or "image" not in paper:
        return None
    try:
        data = base64.b64decode(paper["image"], validate=True)
        if not pixels.is_grey_png(data):
            raise ValueError("another format")
        field = pixels.field_from_picture(data)
    except (binascii.Error, ValueError) as error:
        raise BadStrokesError("paper.image must be an 8-bit grey PNG in base64.") from error
    if field.shape != (document["height"], document["width"]):
        raise BadStrokesError("paper.image must be as large as the field.")
    return field


def paper_drawing(document: Document) -> UUID | None:
    """The id of the drawing that was drawn on, if any."""
    paper = document["paper"]
    return UUID(paper["drawing"]) if paper and "drawing" in paper else None


def ground_of(document: Document, parent: pixels.Field | None) -> pixels.Field | None:
    """The field of a document's paper, or None for white paper.

    `parent` is the field of the drawing that was drawn on, if it is still there: MissingPaperError
    if it is not and the document needs it.
    """
    paper_id = paper_drawing(document)
    if paper_id is None:
        return image_of_paper(document)
    if parent is None:
        raise MissingPaperError(f"It was drawn on {paper_id}, which is gone.")
    return parent


# --- Rasterising ----------------------------------------------------------------------------


def rasterise(
    document: Document, ground: pixels.Field | None = None, budget: Budget | None = None
) -> pixels.Field:
    """The field, uint8 (height, width), that a checked document comes to on its paper.

    `ground` is the paper's field, for one that is not white. Raises TooMuchError if it takes more
    than the budget, if there is one: mostly at once.
    """
    *_, (_, field) = steps(document, ground, budget)
    return field


def rasterise_packed(
    data: bytes, parent: pixels.Field | None = None, budget: Budget | None = None
) -> pixels.Field:
    """The same of what `pack` has made; for `parent` and more errors see `ground_of`."""
    document = unpack(data)
    return rasterise(document, ground_of(document, parent), budget)


def steps(
    document: Document, ground: pixels.Field | None = None, budget: Budget | None = None
) -> Iterator[tuple[Mapping[str, Any] | None, pixels.Field]]:
    """(None, the paper), then each operation and the field after it, one array changed in place.

    The work of them all is spent before anything is done, but for what depends on the pixels that
    a fill meets.
    """
    budget = budget or Budget(math.inf)
    for operation in document["operations"]:
        budget.spend(work(operation, document["width"], document["height"]))
    shape = (document["height"], document["width"])
    field = np.full(shape, pixels.WHITE, np.uint8) if ground is None else ground.copy()
    if field.shape != shape:
        raise BadStrokesError("The paper must be as large as the field.")
    yield None, field
    for operation in document["operations"]:
        _perform(field, operation, budget)
        yield operation, field


def work(operation: Mapping[str, Any], width: int, height: int) -> float:
    """What an operation takes; a fill's runs and edges come on top."""
    if operation["tool"] == "fill":
        return SEGMENT_WORK + FILL_WORK * width * height
    if operation["tool"] not in STROKE_TOOLS:
        return SEGMENT_WORK + SHEET_WORK * width * height
    x, y, radius = (np.array(operation[name], np.float64) for name in ("x", "y", "radius"))
    reach = np.maximum(radius, np.concatenate((radius[:1], radius[:-1]))) + 1
    spans = [_spans(values, reach, side) for values, side in ((x, width), (y, height))]
    box = math.prod(high.max() - low.min() for low, high in spans)
    looked_at = np.dot(*(high - low for low, high in spans))
    return float(looked_at + BOX_WORK * box + SEGMENT_WORK * (len(x) + 1))


def _spans(values: Floats, reach: Floats, side: int) -> tuple[Floats, Floats]:
    """From where to where the box around each segment goes inside the field."""
    before = np.concatenate((values[:1], values[:-1]))
    low: Floats = np.clip(np.minimum(before, values) - reach, 0, side)
    high: Floats = np.clip(np.maximum(before, values) + reach, 0, side)
    return low, high


def _perform(field: pixels.Field, operation: Mapping[str, Any], budget: Budget) -> None:
    tool = operation["tool"]
    if tool == "clear":
        field[:] = pixels.WHITE
    elif tool == "invert":
        np.subtract(pixels.WHITE, field, out=field)
    elif tool == "flip":
        field[:] = field[:, ::-1] if operation["axis"] == "horizontal" else field[::-1]
    elif tool == "fill":
        _fill(field, operation, budget)
    else:
        _stroke(field, operation)


def _stroke(field: pixels.Field, stroke: Mapping[str, Any]) -> None:
    points = np.array([stroke[name] for name in ("x", "y", "radius")], np.float64).T
    height, width = field.shape
    # The part of the field that any segment can reach.
    reach = points[:, 2].max() + 1
    x0, y0 = (np.floor(points[:, :2].min(axis=0) - reach)).clip(0, (width, height)).astype(int)
    x1, y1 = (np.ceil(points[:, :2].max(axis=0) + reach)).clip(0, (width, height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    columns = np.arange(x0, x1) + 0.5
    rows = (np.arange(y0, y1) + 0.5)[:, np.newaxis]
    coverage = np.zeros((y1 - y0, x1 - x0))
    # It begins with the dot of its first point, as it does under a pen.
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
        reached = _reached(columns[left:right], rows[top:bottom], (ax, ay, ar), (bx, by, br))
        covered = reached if stroke["antialiased"] else (reached >= 0.5).astype(np.float64)
        np.maximum(part, np.minimum(1, covered), out=part)
    part_of_field = field[y0:y1, x0:x1]
    old = part_of_field.astype(np.float64)
    part_of_field[:] = np.floor(old + (stroke["shade"] - old) * coverage + 0.5).astype(np.uint8)


def _reached(columns: Floats, rows: Floats, a: tuple[float, ...], b: tuple[float, ...]) -> Floats:
    """How far a segment with round ends reaches beyond each pixel's centre, plus 0.5."""
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


def _fill(field: pixels.Field, fill: Mapping[str, Any], budget: Budget) -> None:
    mask = flooded(field, fill["x"], fill["y"], fill["tolerance"], budget)
    origin, shade = int(field[fill["y"], fill["x"]]), fill["shade"]
    if fill["antialiased"]:
        _blend_beside(field, mask, origin, shade, budget)
    field[mask] = shade


def _blend_beside(
    field: pixels.Field, mask: npt.NDArray[np.bool_], origin: int, shade: int, budget: Budget
) -> None:
    # Beside the flood lie the smoothed edges of lines: as much of the line as before, the rest in
    # the new shade instead of the old. The line is what is farthest from the old around a pixel.
    wide = np.pad(mask, 1)
    beside = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    rows, columns = np.nonzero(beside & ~mask)
    budget.spend(EDGE_WORK * len(rows))
    around = np.pad(field.astype(np.int64), 1, mode="edge")
    nine = np.stack([around[rows + j, columns + i] for j in range(3) for i in range(3)])
    old = field[rows, columns].astype(np.int64)
    beyond = np.where(old > origin, nine.max(axis=0), nine.min(axis=0))
    share = (old - origin) * (beyond - shade) / (beyond - origin)
    field[rows, columns] = np.floor(shade + share + 0.5).astype(np.uint8)


def flooded(
    field: pixels.Field, x: int, y: int, tolerance: int, budget: Budget | None = None
) -> npt.NDArray[np.bool_]:
    """Which pixels (height, width) a fill that begins at (x, y) floods.

    Run by run of neighbouring pixels in a line, not pixel by pixel. The budget is for the runs.
    """
    height, width = field.shape
    rows, begins, ends = runs(near(field, x, y, tolerance))
    if budget is not None:
        budget.spend(RUN_WORK * len(rows))
    # A run's place in the whole field: no two lines share one.
    begin_places, end_places = rows * (width + 1) + begins, rows * (width + 1) + ends
    # Those beside each run in the line above and in the one below: from the first that ends after
    # it begins, to the last that begins before it ends.
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
    waiting = [start]
    while waiting:
        run = waiting.pop()
        for first, last in beside:
            for other in range(first[run], last[run]):
                if not filled[other]:
                    filled[other] = True
                    waiting.append(other)

    reached = np.array(filled, np.bool_)
    edges = np.zeros((height, width + 1), np.int8)
    edges[rows[reached], begins[reached]] = 1
    edges[rows[reached], ends[reached]] = -1
    return edges[:, :-1].cumsum(axis=1, dtype=np.int8).view(np.bool_)


def near(field: pixels.Field, x: int, y: int, tolerance: int) -> npt.NDArray[np.bool_]:
    """Which pixels are no further from the brightness of (x, y) than the tolerance."""
    brightness = field.astype(np.int16)
    mask: npt.NDArray[np.bool_] = np.abs(brightness - brightness[y, x]) <= tolerance
    return mask


def runs(mask: npt.NDArray[np.bool_]) -> tuple[Indices, Indices, Indices]:
    """The runs of pixels in a mask's lines, from the top left: their rows, begins and ends."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, begins = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, begins, ends
