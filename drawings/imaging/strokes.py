"""Strokes documents: how a drawing was made. The format is described in docs/strokes.md."""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from zlib_ng import zlib_ng

from drawings.imaging import pixels, uploads
from drawings.imaging.png import is_grey_png
from drawsite.lib import strict_json

VERSION = 2  # of new documents
VERSIONS = (1, 2)  # version 1 has another rule for the edges of fills
MAX_OPERATIONS = 10_000
MAX_POINTS = 200_000
MAX_TIME = 7 * 24 * 3600 * 1000  # milliseconds
MAX_RADIUS = 256
LEAST_COORDINATE, GREATEST_COORDINATE = -2048, 3072
# The JSON of MAX_POINTS points is smaller.
MAX_TEXT_BYTES = 16_000_000
# As small as zlib-ng's level 9, in half the time.
COMPRESSION_LEVEL = 6

STROKE_TOOLS = frozenset({"pen", "eraser", "line", "rectangle", "ellipse"})
STROKE_LISTS = ("x", "y", "radius", "t")

Document = dict[str, Any]


class BadStrokesError(ValueError):
    """A strokes document that breaks a rule; the message is a sentence that names the rule."""


class MissingBaseImageError(Exception):
    """The drawing that was drawn on is gone; the message is a sentence that names it."""


def parse(text: str | bytes) -> Document:
    """The document in a JSON text. Raises BadStrokesError if it breaks a rule."""
    _check_length(text)
    try:
        document = strict_json.loads(text)
    except ValueError as error:
        raise BadStrokesError("This is not JSON.") from error
    check(document)
    return document  # type: ignore[no-any-return]


def pack(document: Document) -> bytes:
    """The document's JSON as a zlib stream (see `pack_text`)."""
    return pack_text(json.dumps(document, separators=(",", ":")))


def pack_text(text: str) -> bytes:
    """The JSON text of a checked document as a zlib stream, as it is stored.

    Raises BadStrokesError if the text is longer than `unpack` reads.
    """
    data = text.encode()
    if len(data) > MAX_TEXT_BYTES:
        raise BadStrokesError(f"This is more than {MAX_TEXT_BYTES:,} bytes.")
    return zlib_ng.compress(data, COMPRESSION_LEVEL)


def unpack(data: bytes) -> Document:
    """The document in packed data. Raises BadStrokesError if it is damaged or breaks a rule."""
    return parse(unpack_text(data))


def unpack_text(data: bytes) -> bytes:
    """The unchecked JSON text of a packed document, of at most MAX_TEXT_BYTES.

    Raises BadStrokesError if the stream is damaged.
    """
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_TEXT_BYTES)
    except zlib.error as error:
        raise BadStrokesError("The strokes are not a zlib stream.") from error
    if not inflater.eof:
        raise BadStrokesError("The strokes are cut short or too long.")
    return text


def _check_length(text: str | bytes) -> None:
    """Refuse a text with more objects or numbers than a document may have, before it is parsed.

    A document that has only strokes has the most commas: for each stroke of n points 4 (n - 1) in
    its lists, 6 between its keys and 1 before the next stroke; 4 between the document's keys.
    """
    brace, comma = ("{", ",") if isinstance(text, str) else (b"{", b",")
    operations = text.count(brace) - 1  # type: ignore[arg-type]  # and at most one for the base image
    if operations > MAX_OPERATIONS + 1:
        raise BadStrokesError(f"operations must be a list of at most {MAX_OPERATIONS:,}.")
    if text.count(comma) > 4 * MAX_POINTS + 3 * operations + 3:  # type: ignore[arg-type]
        raise BadStrokesError(f"There may be at most {MAX_POINTS:,} points.")


def check(document: Any) -> None:
    """Raise BadStrokesError unless the document keeps every rule of docs/strokes.md."""
    _check_keys(document, {"version", "width", "height", "paper", "operations"}, "The document")
    if type(document["version"]) is not int or document["version"] not in VERSIONS:
        raise BadStrokesError(f"Its version must be {' or '.join(map(str, VERSIONS))}.")
    for side in ("width", "height"):
        _check_int(document[side], pixels.MIN_SIDE, pixels.MAX_SIDE, side)
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
    """Check an operation, which must not begin before `clock`. Returns when it ends."""
    tool = operation.get("tool") if isinstance(operation, dict) else None
    if not isinstance(tool, str):
        raise BadStrokesError("It must be an object with a tool.")
    if tool in STROKE_TOOLS:
        _check_keys(operation, {"tool", "shade", "antialiased", *STROKE_LISTS}, "A stroke")
        _check_bool(operation["antialiased"], "antialiased")
        _check_int(operation["shade"], 0, 255, "shade")
        return _check_points(operation, clock)
    if tool == "fill":
        keys = {"tool", "shade", "antialiased", "tolerance", "x", "y", "t"}
        _check_keys(operation, keys, "A fill")
        _check_bool(operation["antialiased"], "antialiased")
        _check_int(operation["shade"], 0, 255, "shade")
        _check_int(operation["tolerance"], 0, 255, "tolerance")
        _check_int(operation["x"], 0, width - 1, "x")
        _check_int(operation["y"], 0, height - 1, "y")
    elif tool == "flip":
        _check_keys(operation, {"tool", "axis", "t"}, "A flip")
        if operation["axis"] not in ("horizontal", "vertical"):
            raise BadStrokesError("axis must be horizontal or vertical.")
    elif tool in ("clear", "invert"):
        _check_keys(operation, {"tool", "t"}, "It")
    else:
        raise BadStrokesError("Its tool is not known.")
    _check_int(operation["t"], 0, MAX_TIME, "t")
    return _end_after(clock, operation["t"], operation["t"])


def _check_points(stroke: Mapping[str, Any], clock: int) -> int:
    lists = [stroke[name] for name in STROKE_LISTS]
    if not all(isinstance(values, list) for values in lists) or not lists[0]:
        raise BadStrokesError("x, y, radius and t must be lists of at least one number.")
    if len({len(values) for values in lists}) != 1:
        raise BadStrokesError("x, y, radius and t must have the same length.")
    if len(lists[0]) > MAX_POINTS:
        raise BadStrokesError(f"There may be at most {MAX_POINTS:,} points.")
    _check_numbers(stroke["x"], LEAST_COORDINATE, GREATEST_COORDINATE, "x")
    _check_numbers(stroke["y"], LEAST_COORDINATE, GREATEST_COORDINATE, "y")
    _check_numbers(stroke["radius"], 0, MAX_RADIUS, "radius")
    times = stroke["t"]
    if not {type(time) for time in times} <= {int}:
        raise BadStrokesError("t must be whole numbers.")
    _check_numbers(times, 0, MAX_TIME, "t")
    if times != sorted(times):
        raise BadStrokesError("t must not run backwards.")
    return _end_after(clock, times[0], times[-1])


def _end_after(clock: int, begin: int, end: int) -> int:
    if begin < clock:
        raise BadStrokesError("t must not run backwards.")
    return end


def _check_keys(value: Any, keys: set[str], what: str) -> None:
    if not isinstance(value, dict) or value.keys() != keys:
        raise BadStrokesError(f"{what} must be an object with exactly: {', '.join(sorted(keys))}.")


def _check_bool(value: Any, name: str) -> None:
    if type(value) is not bool:
        raise BadStrokesError(f"{name} must be true or false.")


def _check_int(value: Any, least: int, greatest: int, name: str) -> None:
    # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
    if type(value) is not int or not least <= value <= greatest:
        raise BadStrokesError(f"{name} must be a whole number from {least} to {greatest}.")


def _check_numbers(values: Sequence[Any], least: int, greatest: int, name: str) -> None:
    if not {type(value) for value in values} <= {int, float}:
        raise BadStrokesError(f"{name} must be numbers.")
    # With a NaN among the values, min and max are arbitrary, but the sum is NaN.
    if not (least <= min(values) and max(values) <= greatest and math.isfinite(sum(values))):
        raise BadStrokesError(f"{name} must be from {least} to {greatest}.")


def embedded_base_image(document: Document) -> pixels.Field | None:
    """The base image, (height, width) uint8, that is embedded in a document, if there is one.

    Raises BadStrokesError if it is not an 8-bit grey PNG of the document's size.
    """
    paper = document["paper"]
    if not paper or "image" not in paper:
        return None
    try:
        data = base64.b64decode(paper["image"], validate=True)
        if not is_grey_png(data):
            raise ValueError("another format")
        field = uploads.field_from_image_file(data)
    except (binascii.Error, ValueError) as error:
        raise BadStrokesError("paper.image must be an 8-bit grey PNG in base64.") from error
    if field.shape != (document["height"], document["width"]):
        raise BadStrokesError("paper.image must be as large as the drawing.")
    return field


def base_drawing_id(document: Document) -> UUID | None:
    """The id of the drawing that was drawn on, if there is one."""
    paper = document["paper"]
    return UUID(paper["drawing"]) if paper and "drawing" in paper else None


def base_image_of(document: Document, parent: pixels.Field | None) -> pixels.Field | None:
    """The (height, width) uint8 base image of a document, or None if it begins on white paper.

    `parent` is the field of the drawing that was drawn on, or None if it is gone. Raises
    MissingBaseImageError if the document needs it and it is gone.
    """
    base_id = base_drawing_id(document)
    if base_id is None:
        return embedded_base_image(document)
    if parent is None:
        raise MissingBaseImageError(f"It was drawn on {base_id}, which is gone.")
    return parent
