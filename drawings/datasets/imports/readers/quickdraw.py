"""Converts records of Quick, Draw! by rasterising their strokes with this site's pen.

The format: https://github.com/googlecreativelab/quickdraw-dataset#the-raw-moderated-dataset.
A `drawing` is a list of strokes, each [[x ...], [y ...]] in simplified files, or
[[x ...], [y ...], [t ...]] in raw files: pixels of any screen, and milliseconds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from math import hypot
from typing import Any

from drawings.datasets.imports import records
from drawings.datasets.imports.records import BadRecordError, Columns
from drawings.imaging import rasteriser, strokes

# Fractions of the drawing's shorter side.
MARGIN = 0.08
RADIUS = 0.01
MIN_RADIUS = 0.75  # pixels
# The assumed pace of drawings without times: milliseconds for the length of the shorter side, and
# between two strokes.
MS_PER_SIDE = 800
PAUSE_MS = 250

# A drawing with a smaller span is a dot or a straight line: that axis does not limit the scale.
MIN_SPAN = 1e-6
MAX_COORDINATE = 1e6
MAX_TIME = 1e15  # enough for milliseconds since 1970

MAX_DRAW_SECONDS = 2.0

Numbers = Sequence[float]


def columns_from_record(
    record: Mapping[str, Any], size: tuple[int, int], title: str, line: int, time: datetime
) -> Columns:
    """Returns the columns of a record. `title` and `time` are defaults for its word and timestamp.

    `line` is its line number, which identifies a record without a key in later imports. Raises
    BadRecordError, BadStrokesError or TooMuchWorkError.
    """
    title = records.single_line(record.get("word")) or title
    if record.get("timestamp") is not None:
        time = records.parse_time(record["timestamp"])
    document = build_document(record.get("drawing"), *size)
    strokes.check(document)
    field = rasteriser.rasterise(document, budget=rasteriser.Budget(MAX_DRAW_SECONDS))
    key_id = record.get("key_id")
    if isinstance(key_id, int | str) and key_id != "":
        key = records.key_from_name("quickdraw", str(key_id))
    else:
        key = records.key_from_pixels("quickdraw", field, title, str(line))
    return {
        **records.foreign_columns(field, key=key, title=title, created_at=time),
        "strokes": strokes.pack(document),
        "strokes_agree": True,  # the field was just rasterised from them
    }


def build_document(drawing: Any, width: int, height: int) -> strokes.Document:
    """Returns a strokes document of this size, with the drawing fitted to it, not yet checked.

    Raises BadRecordError if the drawing is not a list of strokes with valid numbers.
    """
    if not isinstance(drawing, list) or not drawing:
        raise BadRecordError("drawing must be a list of strokes.")
    for stroke in drawing:
        _check_stroke(stroke)
    side = min(width, height)
    xs, ys = (
        _fit_axis([stroke[axis] for stroke in drawing], length, scale)
        for scale in [_scale(drawing, width, height, MARGIN * side)]
        for axis, length in enumerate((width, height))
    )
    if all(len(stroke) == 3 for stroke in drawing):
        times = _relative_times([stroke[2] for stroke in drawing])
    else:
        times = _estimate_times(xs, ys, MS_PER_SIDE / side)
    radius = max(MIN_RADIUS, RADIUS * side)
    return {
        "version": strokes.VERSION,
        "width": width,
        "height": height,
        "paper": None,
        "operations": [
            {
                "tool": "pen",
                "shade": 0,
                "antialiased": True,
                "x": x,
                "y": y,
                "radius": [radius] * len(x),
                "t": t,
            }
            for x, y, t in zip(xs, ys, times, strict=True)
        ],
    }


def _check_stroke(stroke: Any) -> None:
    if not isinstance(stroke, list) or len(stroke) not in (2, 3):
        raise BadRecordError("A stroke must be [[x ...], [y ...]] or [[x ...], [y ...], [t ...]].")
    if not all(isinstance(values, list) and values for values in stroke):
        raise BadRecordError("A stroke's x, y and t must be lists of at least one number.")
    if len({len(values) for values in stroke}) != 1:
        raise BadRecordError("A stroke's x, y and t must have the same length.")
    for values, limit in zip(stroke, (MAX_COORDINATE, MAX_COORDINATE, MAX_TIME), strict=False):
        # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
        if not {type(value) for value in values} <= {int, float}:
            raise BadRecordError("A stroke's x, y and t must be numbers.")
        if not all(-limit <= value <= limit for value in values):  # false for NaN, too
            raise BadRecordError(f"A stroke's numbers must be from {-limit:,.0f} to {limit:,.0f}.")


def _scale(drawing: list[list[Numbers]], width: int, height: int, margin: float) -> float:
    """Returns the factor that makes the drawing fill the size within its margins."""
    spans = [
        max(max(stroke[axis]) for stroke in drawing) - min(min(stroke[axis]) for stroke in drawing)
        for axis in (0, 1)
    ]
    fits = [
        (length - 2 * margin) / span
        for span, length in zip(spans, (width, height), strict=True)
        if span > MIN_SPAN
    ]
    return min(fits, default=1.0)


def _fit_axis(lists: list[Numbers], length: int, scale: float) -> list[list[float]]:
    """Returns centred coordinates in pixels, rounded to hundredths as the studio rounds them."""
    middle = (max(map(max, lists)) + min(map(min, lists))) / 2
    return [
        [round(length / 2 + (value - middle) * scale, 2) for value in values] for values in lists
    ]


def _relative_times(lists: list[Numbers]) -> list[list[int]]:
    """Returns whole milliseconds since the first point, never decreasing: some clocks ran back."""
    first = clock = round(lists[0][0])
    times = []
    for values in lists:
        for value in values:
            clock = max(clock, round(value))
            times.append(clock - first)
    left = iter(times)
    return [[next(left) for _ in values] for values in lists]


def _estimate_times(
    xs: list[list[float]], ys: list[list[float]], ms_per_pixel: float
) -> list[list[int]]:
    """Returns times in milliseconds for a pen that moves at an even pace."""
    clock = 0.0
    times = []
    for x, y in zip(xs, ys, strict=True):
        stroke = [clock]
        for (x0, y0), (x1, y1) in pairwise(zip(x, y, strict=True)):
            clock += hypot(x1 - x0, y1 - y0) * ms_per_pixel
            stroke.append(clock)
        clock += PAUSE_MS
        times.append([round(time) for time in stroke])
    return times
