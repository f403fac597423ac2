"""Lines of Quick, Draw!, drawn with our own pen.

The format: https://github.com/googlecreativelab/quickdraw-dataset#the-raw-moderated-dataset.
A `drawing` is a list of strokes, each [[x ...], [y ...]] as the simplified files have it, or
[[x ...], [y ...], [t ...]] as the raw ones have it: pixels of any screen, and milliseconds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from math import hypot
from typing import Any

from drawings.datasets.imports import records
from drawings.datasets.imports.records import BadRecordError, Columns
from drawings.imaging import rasteriser, strokes

# Shares of the paper's shorter side.
MARGIN = 0.08
RADIUS = 0.01
LEAST_RADIUS = 0.75
# The pace of who has left no times: milliseconds for as much as the paper's shorter side, and
# between two strokes.
SIDE_TIME = 800
PAUSE = 250

# A span of less than this is none: what is so small has nothing to be enlarged.
LEAST_SPAN = 1e-6
MOST = 1e6  # of a coordinate
MOST_TIME = 1e15  # milliseconds since 1970, if it is that

DRAW_SECONDS = 2.0

Numbers = Sequence[float]


def columns(
    record: Mapping[str, Any], size: tuple[int, int], title: str, line: int, time: datetime
) -> Columns:
    """Of the object in a line. `time` is when it was made, and `title` what it shows, unless it
    says so itself."""
    title = records.line_of(record.get("word")) or title
    if record.get("timestamp") is not None:
        time = records.time_of(record["timestamp"])
    document = document_of(record.get("drawing"), *size)
    strokes.check(document)
    field = rasteriser.rasterise(document, budget=rasteriser.Budget(DRAW_SECONDS))
    key_id = record.get("key_id")
    if isinstance(key_id, int | str) and key_id != "":
        key = records.key_of("quickdraw", str(key_id))
    else:
        key = records.key_of_pixels("quickdraw", field, title, str(line))
    return {
        **records.of_others(field, key=key, title=title, created_at=time),
        "strokes": strokes.pack(document),
        "strokes_agree": True,  # the field is what they come to
    }


def document_of(drawing: Any, width: int, height: int) -> strokes.Document:
    """The strokes document, fitted to paper of this size; not checked but for the numbers."""
    if not isinstance(drawing, list) or not drawing:
        raise BadRecordError("drawing must be a list of strokes.")
    for stroke in drawing:
        _check_stroke(stroke)
    side = min(width, height)
    xs, ys = (
        _fitted([stroke[axis] for stroke in drawing], length, scale)
        for scale in [_scale(drawing, width, height, MARGIN * side)]
        for axis, length in enumerate((width, height))
    )
    if all(len(stroke) == 3 for stroke in drawing):
        times = _times_of([stroke[2] for stroke in drawing])
    else:
        times = _even_times(xs, ys, SIDE_TIME / side)
    radius = max(LEAST_RADIUS, RADIUS * side)
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
    for values, most in zip(stroke, (MOST, MOST, MOST_TIME), strict=False):
        # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
        if not {type(value) for value in values} <= {int, float}:
            raise BadRecordError("A stroke's x, y and t must be numbers.")
        if not all(-most <= value <= most for value in values):  # nor is NaN
            raise BadRecordError(f"A stroke's numbers must be from {-most:,.0f} to {most:,.0f}.")


def _scale(drawing: list[list[Numbers]], width: int, height: int, margin: float) -> float:
    """What the drawing is enlarged by to fill the paper, as far as its shape allows."""
    spans = [
        max(max(stroke[axis]) for stroke in drawing) - min(min(stroke[axis]) for stroke in drawing)
        for axis in (0, 1)
    ]
    fits = [
        (length - 2 * margin) / span
        for span, length in zip(spans, (width, height), strict=True)
        if span > LEAST_SPAN
    ]
    return min(fits, default=1.0)


def _fitted(lists: list[Numbers], length: int, scale: float) -> list[list[float]]:
    """Coordinates in pixels, in the middle, rounded to hundredths as the page does."""
    middle = (max(map(max, lists)) + min(map(min, lists))) / 2
    return [
        [round(length / 2 + (value - middle) * scale, 2) for value in values] for values in lists
    ]


def _times_of(lists: list[Numbers]) -> list[list[int]]:
    """Whole milliseconds since the first point; some clocks ran backwards."""
    first = clock = round(lists[0][0])
    times = []
    for values in lists:
        for value in values:
            clock = max(clock, round(value))
            times.append(clock - first)
    left = iter(times)
    return [[next(left) for _ in values] for values in lists]


def _even_times(xs: list[list[float]], ys: list[list[float]], pace: float) -> list[list[int]]:
    clock = 0.0
    times = []
    for x, y in zip(xs, ys, strict=True):
        stroke = [clock]
        for (x0, y0), (x1, y1) in pairwise(zip(x, y, strict=True)):
            clock += hypot(x1 - x0, y1 - y0) * pace
            stroke.append(clock)
        clock += PAUSE
        times.append([round(time) for time in stroke])
    return times
