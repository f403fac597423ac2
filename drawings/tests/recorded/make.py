"""Makes the recorded inputs beside this file, and the digests of what they come to.

    python -m drawings.tests.recorded.make

A change of a digest is a change of what every stored drawing's strokes mean: never by accident.
"""

import base64
import hashlib
import json
import math
import zlib
from pathlib import Path
from random import Random

import numpy as np

from drawings import pixels, strokes
from drawings.tests import samples
from drawings.tests.documents import CLEAR, INVERT, document, fill, flip, stroke

HERE = Path(__file__).parent
GOLDEN = HERE / "golden.json"

# Each is recorded once, and rasterised at all of these sizes.
EVERY_SIZE = "every_size"
SIDES = (16, 17, 31, 64, 100, 200, 333, 512, 1024)


def scribble(count, side, seed):
    """Points as a hand leaves them: in curves, at changing speed, rounded as the page rounds."""
    random = Random(seed)  # noqa: S311
    x = y = side / 2
    direction = turn = 0.0
    for _ in range(count):
        turn = 0.9 * turn + (random.random() - 0.5) * 0.4
        direction += turn
        speed = 1 + 4 * random.random()
        x += math.cos(direction) * speed
        y += math.sin(direction) * speed
        if not (0 < x < side and 0 < y < side):  # turn back at the edge
            direction += math.pi / 2
            x, y = min(max(x, 0), side), min(max(y, 0), side)
        yield round(x, 2), round(y, 2), round(1 + 2 * random.random(), 2)


def ellipse(x, y, across, down, radius):
    angles = (2 * math.pi * step / 48 for step in range(49))
    return [
        (round(x + across * math.cos(a), 2), round(y + down * math.sin(a), 2), radius)
        for a in angles
    ]


def rectangle(x0, y0, x1, y1, radius):
    return [(x, y, radius) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]


BOX = stroke(*rectangle(20, 20, 160, 140, 3), tool="rectangle")
LINES = [
    stroke((10, 10 + step), (190, 40 + step * 2.5), shade=step * 3) for step in range(0, 60, 7)
]


def documents():
    """Name of each recorded input, and the input."""
    square = {"width": 200, "height": 200}
    # Not compressed: how that comes out is not for this record to hold.
    lines = np.pad(samples.shades(48, 64), ((0, 0), (1, 0)))
    picture = pixels.png_from_blob(zlib.compress(lines.tobytes(), 0), 48, 64)
    paper = {"image": base64.b64encode(picture).decode()}
    return {
        "one_point": document(stroke((100.25, 80.5)), **square),
        "one_point_of_no_radius": document(stroke((100.5, 80.5), radius=0), **square),
        "two_points": document(stroke((20.5, 30), (150.75, 160.25)), **square),
        "duplicates": document(
            stroke((20, 20), (20, 20), (60, 90), (60, 90), (60, 90), (20, 20)), **square
        ),
        "duplicates_of_other_radius": document(
            stroke((50, 50, 3), (50, 50, 20), (120, 50, 20), (120, 50, 1)), **square
        ),
        "corner": document(stroke((20, 180), (100, 20), (180, 180), radius=5.5), **square),
        "scribble": document(stroke(*scribble(700, 200, 1), shade=20), **square),
        "off_the_edge_and_back": document(
            stroke(
                (150, 50), (260, 70), (230.5, 900), (-300, 120), (50, -20.25), (60, 60), radius=4
            ),
            stroke((-2048, -2048), (3072, 3072), radius=1.5, shade=90),
            stroke((-500, 100), (-400, 100), radius=256),
            **square,
        ),
        "radius_change": document(
            stroke((20, 100, 0), (100, 100, 30), (180, 100, 0.25)),
            stroke((20, 170, 12), (24, 170, 1), (180, 170, 9.75), shade=120),
            **square,
        ),
        "fill": document(
            BOX,
            fill(30, 30, shade=170),
            fill(0, 0, shade=60, tolerance=0),
            fill(90, 90, shade=30, tolerance=120),
            fill(199, 199, shade=250, tolerance=255),
            **square,
        ),
        "fill_between_lines": document(
            *LINES, fill(100, 5, 200), fill(100, 60, 150, 200), fill(3, 197, 90, 5), **square
        ),
        "eraser": document(
            stroke(*scribble(120, 200, 2), shade=0),
            stroke((0, 100), (200, 90), shade=255, radius=14, tool="eraser"),
            stroke((90, 0), (110, 200), shade=255, radius=6.5, tool="eraser", antialiased=False),
            **square,
        ),
        "not_antialiased": document(
            stroke(*scribble(200, 200, 3), shade=77, antialiased=False),
            stroke((10.5, 10.5), (190.5, 10.5), radius=0.5, antialiased=False),
            stroke((30, 30), (30, 90), radius=1, shade=5, antialiased=False),
            **square,
        ),
        "shapes": document(
            stroke((10, 190), (190, 150), tool="line", radius=2.25),
            BOX,
            stroke(*ellipse(100, 90, 60, 40, 4), tool="ellipse", shade=130),
            stroke(*ellipse(100, 90, 0, 20, 1), tool="ellipse", shade=10, antialiased=False),
            **square,
        ),
        "invert_flip_clear": document(
            stroke((20, 20), (90, 60), shade=40, radius=7),
            CLEAR,
            stroke((10, 30), (150, 60), shade=40, radius=7),
            INVERT,
            flip("horizontal"),
            stroke((10, 90), (150, 120), shade=200, radius=7),
            flip("vertical"),
            fill(5, 5, 99),
            INVERT,
            **{"width": 160, "height": 131},
        ),
        "on_a_picture": document(
            stroke((5, 5), (60, 40), shade=128),
            fill(50, 10, 3, 40),
            flip("vertical"),
            paper=paper,
        ),
        "nothing": document(),
        EVERY_SIZE: document(
            stroke(*scribble(150, 300, 4), shade=33),
            stroke((3.25, 2.5), (11, 13.75), (900.5, 700), radius=1.75),
            fill(15, 15, 180, 90),
            stroke((-20, 500), (1100, -40), radius=40, shade=140),
            fill(0, 9, 60, 30),
            INVERT,
            stroke((8, 8), shade=250, radius=3.5, antialiased=False),
            flip("horizontal"),
            width=16,
            height=16,
        ),
    }


def cases():
    """Each input at each of its sizes: a name and a document."""
    for name in sorted(path.stem for path in HERE.glob("*.json") if path != GOLDEN):
        recorded = json.loads((HERE / f"{name}.json").read_text())
        if name != EVERY_SIZE:
            yield name, recorded
            continue
        for side in SIDES:
            yield f"{name}@{side}", {**recorded, "width": side, "height": side}
    # Sides of different length, both ways.
    recorded = json.loads((HERE / f"{EVERY_SIZE}.json").read_text())
    for width, height in ((16, 1024), (1024, 16)):
        yield f"{EVERY_SIZE}@{width}x{height}", {**recorded, "width": width, "height": height}


def digest(field: pixels.Field) -> str:
    return hashlib.sha256(field.tobytes()).hexdigest()


def main():
    for name, made in documents().items():
        strokes.check(made)
        text = json.dumps(made, separators=(",", ":"))
        (HERE / f"{name}.json").write_text(text.replace(',{"tool"', ',\n{"tool"') + "\n")
    golden = {
        name: digest(strokes.rasterise(recorded, strokes.image_of_paper(recorded)))
        for name, recorded in cases()
    }
    GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
