"""Drawings as a person might make them, from a random generator. Knows nothing of Django."""

from typing import Literal

import numpy as np

from drawings.datasets.demo.hand import Hand
from drawings.datasets.demo.motifs import MOTIFS, PAGE, draw, move_frame
from drawings.imaging import strokes

SIDE = 200
HORIZON = 76  # the row where the ground begins: a sky is white from here on, a ground before
# The rows for strokes and for motifs, half a motif's size, its stray as a share of its slot.
BANDS = {
    "sky": ((-40, HORIZON - 6), (HORIZON - 12, HORIZON - 4), (19, 32), 0.2),
    "ground": ((HORIZON + 6, SIDE + 20), (168, 190), (25, 46), 0.12),
    "sea": ((HORIZON + 6, SIDE + 20), (138, 156), (24, 28), 0.12),
}

Kind = Literal["whole", "sky", "ground"]
Sketch = tuple[list[str], strokes.Document]  # its motifs, the main one first


def draw_sketch(random: np.random.Generator, kind: Kind = "whole") -> Sketch:
    """Returns a 200 x 200 drawing on white paper, never blank. A sky and a ground fit together."""
    hand = Hand(random, SIDE)
    if kind == "whole" and hand.chance(0.8):
        names = _pick_motifs(random, "alone", 1)
        x, y = random.normal(SIDE / 2, 5, 2)
        _draw_at(hand, names[0], x, y, random.uniform(48, 84))
    else:
        sky = [] if kind == "ground" else _draw_band(hand, "sky")
        ground = "sea" if hand.chance(0.2) else "ground"
        names = sky if kind == "sky" else _draw_band(hand, ground) + sky
    if kind == "whole" and hand.chance(0.02):
        hand.operations.append({"tool": "invert", "t": hand.clock + 1_000})
    page = {"version": strokes.VERSION, "width": SIDE, "height": SIDE, "paper": None}
    return names, {**page, "operations": hand.operations}


def _draw_band(hand: Hand, where: str) -> list[str]:
    (hand.top, hand.bottom), floors, sizes, stray = BANDS[where]
    names = _pick_motifs(hand.random, where, hand.random.choice((1, 2, 3), p=(0.68, 0.28, 0.04)))
    floor, slot = hand.random.uniform(*floors), SIDE / len(names)
    for number, name in enumerate(names):
        half = min(hand.random.uniform(*sizes), slot * 0.55)
        x, y = slot * (number + 0.5 + hand.random.uniform(-stray, stray)), floor - half
        if where == "sky":
            y -= hand.random.uniform(0, max(0, y - half))
        if name == "fish":
            y = floor + 25
        if name == "sun" and number in (0, len(names) - 1) and hand.chance(0.4):
            x, y, half = 4.0 if number == 0 else SIDE - 4.0, 4.0, 50.0  # in the corner of the page
        _draw_at(hand, name, x, y, half)
    if where == "sea" or (where == "ground" and hand.chance(0.55)):
        _draw_at(hand, f"{where}-level", SIDE / 2, floor, SIDE / 2)
    return names


def _pick_motifs(random: np.random.Generator, where: str, count: int) -> list[str]:
    names = [name for name, motif in MOTIFS.items() if where in motif.where]
    return [names[number] for number in random.permutation(len(names))[:count]]


def _draw_at(hand: Hand, name: str, x: float, y: float, half: float) -> None:
    flip = hand.chance(0.5) and not MOTIFS[name].text
    draw(hand, MOTIFS[name], move_frame(PAGE, (x, y), half, hand.random.normal(0, 2.6), flip))
