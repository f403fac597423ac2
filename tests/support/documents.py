"""Builders of strokes documents, and random documents."""

import json
import math

import numpy as np

from drawings.imaging import strokes

TOOLS = sorted(strokes.STROKE_TOOLS)


def document(*operations, width=64, height=48, paper=None, version=strokes.VERSION):
    """A strokes document of these operations, one millisecond apart."""
    return {
        "version": version,
        "width": width,
        "height": height,
        "paper": paper,
        "operations": [
            {**operation, "t": [time] * len(operation["x"])}
            if operation["tool"] in strokes.STROKE_TOOLS
            else {**operation, "t": time}
            for time, operation in enumerate(operations)
        ],
    }


def stroke(*points, shade=0, radius=2, tool="pen", antialiased=True, times=1):
    """A stroke through points (x, y) or (x, y, radius), all of them this many times."""
    with_radius = [(*point, radius)[:3] for point in points]
    x, y, radii = (list(values) for values in zip(*with_radius, strict=True))
    return {
        "tool": tool,
        "shade": shade,
        "antialiased": antialiased,
        "x": x * times,
        "y": y * times,
        "radius": radii * times,
    }


def ellipse(x, y, across, down, **look):
    """The outline of an ellipse, as the studio's tool draws it."""
    angles = (2 * math.pi * step / 48 for step in range(49))
    points = [
        (round(x + across * math.cos(a), 2), round(y + down * math.sin(a), 2)) for a in angles
    ]
    return stroke(*points, tool="ellipse", **look)


def fill(x, y, shade=100, tolerance=64, antialiased=True):
    look = {"shade": shade, "antialiased": antialiased, "tolerance": tolerance}
    return {"tool": "fill", **look, "x": x, "y": y}


def flip(axis="horizontal"):
    return {"tool": "flip", "axis": axis}


INVERT = {"tool": "invert"}
CLEAR = {"tool": "clear"}

LINE = stroke((5, 8.5), (50.25, 40))


def text(*operations, **values):
    """The JSON text of a document."""
    return json.dumps(document(*operations, **values))


def random_document(random: np.random.Generator):
    """A short, small and valid document of any version, with any tool and extreme values."""
    width, height = (int(side) for side in random.integers(16, 41, 2))
    operations = []
    for _ in range(random.integers(0, 5)):
        kind = random.integers(11)
        if kind < 6:
            operations.append(_random_stroke(random, width, height))
        elif kind < 8:
            x, y = int(random.integers(width)), int(random.integers(height))
            shade, tolerance = (int(value) for value in random.choice([0, 255, *range(256)], 2))
            operations.append(fill(x, y, shade, tolerance))
        elif kind < 9:
            operations += _random_outline_and_fill(random, width, height)
        else:
            others = [INVERT, flip("horizontal"), flip("vertical"), CLEAR]
            operations.append(others[random.integers(len(others))])
    version = int(random.choice(strokes.VERSIONS))
    return document(*operations, width=width, height=height, version=version)


def _random_outline_and_fill(random, width, height):
    """An ellipse, often of a thin line, filled with any shade or its own."""
    across, down = (random.uniform(3, (width, height)) / 2).tolist()
    line, shade = (int(value) for value in random.choice([0, 255, *range(256)], 2))
    radius = float(random.choice([0.25, 0.5, 0.75, 1, 2, 5]))
    outline = ellipse(width / 2, height / 2, across, down, shade=line, radius=radius)
    shade = int(random.choice([line, shade]))
    return [outline, fill(width // 2, height // 2, shade, tolerance=24)]


def _random_stroke(random, width, height):
    count = int(random.choice([1, 1, 2, 3, 6]))
    far = (strokes.LEAST_COORDINATE, strokes.GREATEST_COORDINATE)
    low, high = [(0, max(width, height)), (-60, 100), far][random.choice(3, p=[0.7, 0.2, 0.1])]
    points = random.uniform(low, high, (count, 2))
    radius = random.uniform(0, random.choice([1, 4, 30, strokes.MAX_RADIUS]), (count, 1))
    rounding = random.integers(5)
    if rounding == 0:  # on pixel borders and centres
        points, radius = points.round(), (radius * 2).round() / 2
    elif rounding < 4:  # as the studio rounds
        points, radius = points.round(2), radius.round(2)
    if random.random() < 0.3:  # a mouse
        radius[:] = radius[0]
    if random.random() < 0.2:  # repeated points
        points, radius = points.repeat(2, axis=0), radius.repeat(2, axis=0)
    if random.random() < 0.05:
        points[0] = random.choice(far, 2)
        radius[0] = random.choice([0, strokes.MAX_RADIUS])
    # Rounding may lift a radius above the maximum.
    radius = radius.clip(0, strokes.MAX_RADIUS)
    return stroke(
        *np.hstack((points, radius)).tolist(),
        shade=int(random.choice([0, 255, *range(256)])),
        tool=str(random.choice(TOOLS)),
        antialiased=bool(random.random() < 0.7),
    )
