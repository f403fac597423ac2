"""Drawings as a hand might make them, from a random generator. Knows nothing of Django.

They fill galleries to try and to measure the site with. A `Hand` has its own pen, shake, pressure,
pace and patience; a *motif* is a function that draws one thing (a cat, a house) with it. A motif
draws in a square of its own, x and y from -1 to 1, y downwards; `Hand.go` says where on the paper
that is.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from drawings.imaging import strokes

SIDE = 200
# Where the sky ends and the ground begins, for those that are drawn apart.
HORIZON = 76

Kind = Literal["whole", "sky", "ground"]
Point = tuple[float, float]
Path = npt.NDArray[np.float64]


class Sketch(NamedTuple):
    """What is drawn, by the names of the motifs, the main one first; and how."""

    subjects: tuple[str, ...]
    document: strokes.Document


def sketch(random: np.random.Generator) -> strokes.Document:
    """The strokes document of a whole drawing, 200 x 200 on white paper; never blank."""
    return draw(random).document


def draw(random: np.random.Generator, kind: Kind = "whole") -> Sketch:
    """A sketch, 200 x 200 on white paper; never blank.

    A "sky" leaves all lines from HORIZON on white, a "ground" all lines before: one of each make a
    drawing together.
    """
    hand = Hand(random)
    if kind == "sky":
        subjects = _sky(hand)
    elif kind == "ground":
        subjects = _ground(hand)
    else:
        subjects = _whole(hand)
    document: strokes.Document = {
        "version": strokes.VERSION,
        "width": SIDE,
        "height": SIDE,
        "paper": None,
        "operations": hand.operations,
    }
    return Sketch(subjects, document)


class Hand:
    """Somebody's hand, with a pen in it, that draws `operations` one after the other."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.operations: list[dict[str, Any]] = []
        self.clock = int(random.integers(200, 3_000))  # milliseconds
        self.pen = float(random.choice([1.0, 1.25, 1.5, 1.5, 1.75, 2.0, 2.0, 2.5]))
        self.shade = int(random.choice([0, 0, 0, 0, 40, 70, 100]))
        self.shake = float(random.uniform(0.25, 1.1))  # pixels
        self.pace = float(random.uniform(4.0, 8.0))  # pixels between two points
        self.patience = float(random.uniform(0.1, 1.0))
        # A mouse has none.
        self.has_pressure = bool(random.random() < 0.65)
        self.colouring = str(random.choice(["none", "flood", "hatch"], p=[0.38, 0.5, 0.12]))
        self.antialiased = not self.chance(0.1)
        self.top, self.bottom = -40.0, SIDE + 40.0
        self.go(SIDE / 2, SIDE / 2, SIDE / 2)

    def go(self, x: float, y: float, half: float, *, mirror: bool = False) -> None:
        """Draw what follows in the square around (x, y), `half` pixels each way, tilted a bit."""
        tilt = self.random.normal(0, 0.045)
        flip = -1 if mirror else 1
        cos, sin = half * math.cos(tilt), half * math.sin(tilt)
        self.turn = np.array([[cos * flip, sin * flip], [-sin, cos]])
        self.origin, self.half = np.array([x, y]), half
        # For what is small one presses less.
        self.width = self.pen * min(1.0, max(0.6, half / 40))

    def go_within(self, x: float, y: float, size: float) -> None:
        """Draw what follows in a smaller square, around (x, y) of the one so far."""
        across, down = np.array([x, y]) @ self.turn + self.origin
        self.go(float(across), float(down), self.half * size)

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def bothers(self) -> bool:
        """Whether it draws one more detail; an impatient hand leaves most of them out."""
        return self.chance(self.patience)

    def count(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self.random.integers(low, high + 1))

    def about(self, value: float, spread: float = 0.1) -> float:
        return float(value * self.random.uniform(1 - spread, 1 + spread))

    def grey(self) -> int:
        """A shade to colour something in."""
        return self.count(90, 235)

    # What is drawn is given as points (x, y) of the motif's square.

    def line(self, *points: Point, weight: float = 1.0, shade: int | None = None) -> None:
        self._stroke(np.array(points, np.float64), weight, shade)

    def curve(self, *points: Point, weight: float = 1.0, shade: int | None = None) -> None:
        """A smooth line through the points."""
        self._stroke(_smooth(np.array(points, np.float64)), weight, shade)

    def path(self, path: Path, weight: float = 1.0, shade: int | None = None) -> None:
        self._stroke(path, weight, shade)

    def dot(self, x: float, y: float, weight: float = 1.4) -> None:
        self._stroke(np.array([[x, y], [x, y]]), weight, None)

    def shape(self, *points: Point, fill: int | None = None) -> None:
        """A closed outline with corners; coloured in with a shade, if the hand does so at all."""
        self.outline(np.array([*points, points[0]], np.float64), fill)

    def blob(self, *points: Point, fill: int | None = None) -> None:
        """A closed outline without corners."""
        self.outline(_smooth(np.array([*points, points[0]], np.float64), closed=True), fill)

    def ring(
        self, x: float, y: float, rx: float, ry: float | None = None, fill: int | None = None
    ) -> None:
        self.outline(_ellipse(x, y, rx, ry or rx, self.random.uniform(0, 2 * math.pi)), fill)

    def outline(self, path: Path, fill: int | None = None) -> None:
        """A closed outline; the path's last point is its first one."""
        self._stroke(path, 1.0, None, closed=True)
        if fill is None or self.colouring == "none":
            return
        if self.colouring == "flood":
            self._flood(path, fill)
        else:
            self._hatch(path, fill)

    def _flood(self, path: Path, shade: int) -> None:
        # From between the first two sides that one meets on the way across its middle.
        level = float(path[:, 1].min() + path[:, 1].max()) / 2 + 1e-6
        left, right = sorted(_crossings(path, level))[:2]
        if (right - left) * self.half < 7 * self.width:
            return  # hardly any paper inside: the line would be flooded
        inside = self._on_paper(np.array([[(left + right) / 2, level]]))
        x, y = (int(value) for value in inside[0])
        if 0 <= x < SIDE and 0 <= y < SIDE:
            look = {"shade": shade, "antialiased": self.antialiased, "tolerance": 64}
            self.clock += self.count(400, 1_500)
            self.operations.append({"tool": "fill", **look, "x": x, "y": y, "t": self.clock})

    def _hatch(self, path: Path, shade: int) -> None:
        # To and fro between the outermost crossings of slanted lines with the outline.
        slant = self.random.uniform(0.5, 1.1)
        turn = np.array([[math.cos(slant), -math.sin(slant)], [math.sin(slant), math.cos(slant)]])
        turned = path @ turn
        low, high = turned[:, 1].min(), turned[:, 1].max()
        gap = max(self.width * self.random.uniform(2.4, 4.8), 4.4) / self.half
        ends: list[Point] = []
        for level in np.arange(low + gap, high - gap / 2, gap / 2):
            across = _crossings(turned, level)
            if len(across) > 1:
                inset = gap / 2
                ends.append((max(across) - inset if len(ends) % 2 else min(across) + inset, level))
        if len(ends) > 1:
            self._stroke(np.array(ends) @ turn.T, 0.8, shade)

    def _on_paper(self, path: Path) -> Path:
        placed: Path = path @ self.turn + self.origin
        placed[:, 1] = placed[:, 1].clip(self.top, self.bottom)
        return placed

    def _stroke(self, path: Path, weight: float, shade: int | None, closed: bool = False) -> None:
        random = self.random
        placed = self._on_paper(path)
        lengths = np.hypot(*np.diff(placed, axis=0).T)
        length = float(lengths.sum())
        count = max(2, math.ceil(length / min(self.pace, 1.8 + length / 10)))
        along = np.concatenate(([0], lengths.cumsum()))
        at = np.linspace(0, length, count + 1)
        # A hand keeps its corners.
        corners = along[1:-1][_turns(placed)]
        if len(corners):
            at = np.unique(np.concatenate((at, corners)))
        points = np.stack([np.interp(at, along, placed[:, axis]) for axis in (0, 1)], axis=1)
        size = self.shake * min(1.0, 0.3 + length / 60)
        points += _noise(random, at, 14.0, 2, closed) * size
        if closed:
            # It ends a little after where it began, over its own beginning.
            more = min(len(points) - 1, 3)
            points = np.concatenate((points, points[1 : 1 + more]))
        radius = np.full(len(points), self.width * weight)
        if self.has_pressure:
            swell = _noise(random, self.pace * np.arange(len(points)), 30.0, 1)[:, 0]
            radius *= (1 + 0.22 * swell).clip(0.6, 1.5)
            if not closed and len(points) > 4:
                radius[:2] *= (0.75, 0.9)
                radius[-3:] *= (0.9, 0.75, 0.55)
        points[:, 1] = points[:, 1].clip(self.top, self.bottom)
        self.clock += self.count(120, 700)
        times = self.clock + random.integers(7, 19, len(points)).cumsum()
        self.clock = int(times[-1])
        self.operations.append(
            {
                "tool": "pen",
                "shade": self.shade if shade is None else shade,
                "antialiased": self.antialiased,
                "x": points[:, 0].round(2).tolist(),
                "y": points[:, 1].round(2).tolist(),
                "radius": radius.clip(0.6, 20).round(2).tolist(),
                "t": times.tolist(),
            }
        )


def _crossings(path: Path, level: float) -> list[float]:
    """Where a path crosses a height."""
    x, y = path[:, 0], path[:, 1] - level
    (at,) = np.nonzero((y[:-1] <= 0) != (y[1:] <= 0))
    crossed: list[float] = (x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])).tolist()
    return crossed


def _turns(path: Path) -> npt.NDArray[np.bool_]:
    """Which of a path's inner points are corners."""
    steps = np.diff(path, axis=0)
    before, after = steps[:-1], steps[1:]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    dot = (before * after).sum(axis=1)
    sharp: npt.NDArray[np.bool_] = np.abs(np.arctan2(cross, dot)) > 0.6
    return sharp


def _noise(
    random: np.random.Generator,
    at: npt.NDArray[np.floating[Any]],
    wave: float,
    count: int,
    closed: bool = False,
) -> Path:
    """`count` smooth random numbers, about -1 to 1, for each place; `wave` pixels apart."""
    knots = max(3, math.ceil(float(at[-1]) / wave) + 1)
    values = random.normal(0, 0.6, (knots, count))
    if closed:
        values[-1] = values[0]
    where = at / max(float(at[-1]), 1e-9) * (knots - 1)
    return np.stack([np.interp(where, np.arange(knots), column) for column in values.T], axis=1)


def _smooth(points: Path, closed: bool = False) -> Path:
    """A Catmull-Rom spline through the points; a closed one's last point is its first."""
    if closed:
        ends = points[-2:-1], points[1:2]
    else:
        ends = 2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1]
    p = np.concatenate((ends[0], points, ends[1]))
    t = np.linspace(0, 1, 8, endpoint=False)[:, np.newaxis]
    parts = [
        b
        + t * (c - a) / 2
        + t**2 * (a - 2.5 * b + 2 * c - d / 2)
        + t**3 * (1.5 * (b - c) + (d - a) / 2)
        for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
    ]
    return np.concatenate((*parts, points[-1:]))


def _ellipse(
    x: float, y: float, rx: float, ry: float, start: float = 0, end: float | None = None
) -> Path:
    """From one angle to another, clockwise from the right; once around without an end."""
    angle = np.linspace(start, start + 2 * math.pi if end is None else end, 33)
    return np.stack((x + rx * np.cos(angle), y + ry * np.sin(angle)), axis=1)


def _polar(x: float, y: float, radius: float, angle: float) -> Point:
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def _scallops(hand: Hand, rx: float, ry: float, y: float = 0.0) -> Path:
    """A cloud's outline, or a tree's crown."""
    bumps = hand.count(5, 9)
    angle = np.linspace(0, 2 * math.pi, 12 * bumps + 1)
    reach = 0.8 + 0.2 * np.abs(np.sin(angle * bumps / 2)) ** 0.8
    return np.stack((rx * reach * np.cos(angle), y + ry * reach * np.sin(angle)), axis=1)


# --- In the sky -----------------------------------------------------------------------------


def sun(hand: Hand) -> None:
    radius = hand.about(0.5, 0.15)
    hand.ring(0, 0, radius, fill=hand.grey())
    rays, first = hand.count(6, 13), hand.random.uniform(0, 1)
    for ray in range(rays):
        angle = first + ray * 2 * math.pi / rays
        end = hand.about(0.95 if ray % 2 else 0.85)
        hand.line(_polar(0, 0, radius + 0.13, angle), _polar(0, 0, end, angle))
    if hand.chance(0.4):
        smile(hand, 0, 0, radius)


def cloud(hand: Hand) -> None:
    hand.outline(_scallops(hand, 1.0, hand.about(0.55)), hand.grey() if hand.chance(0.4) else None)


def rain(hand: Hand) -> None:
    hand.outline(_scallops(hand, 0.95, 0.42, -0.45), hand.grey())
    for x in np.linspace(-0.6, 0.6, hand.count(3, 6)):
        y = hand.random.uniform(0.1, 0.4)
        hand.line((x, y), (x - 0.12, y + hand.about(0.4)))


def moon(hand: Hand) -> None:
    outer = _ellipse(0, 0, 0.85, 0.85, 0.9, 5.4)
    (x, y), (end_x, end_y) = outer[-1], outer[0]
    deep = hand.random.uniform(-0.35, -0.05)
    inner = _smooth(np.array([(x, y), (deep, -0.35), (deep, 0.35), (end_x, end_y)]))
    hand.outline(np.concatenate((outer, inner[1:])), hand.grey())


def star(hand: Hand) -> None:
    first = -math.pi / 2
    if hand.chance(0.5):  # in one go, as children do
        corners = [_polar(0, 0, 0.9, first + k * 4 * math.pi / 5) for k in range(6)]
        hand.line(*corners)
    else:
        inner = hand.about(0.4, 0.15)
        corners = [
            _polar(0, 0, inner if k % 2 else 0.9, first + k * math.pi / 5) for k in range(10)
        ]
        hand.shape(*corners, fill=hand.grey())


def stars(hand: Hand) -> None:
    origin, half = hand.origin, hand.half
    for _ in range(hand.count(2, 4)):
        x, y = origin + hand.random.uniform(-0.8, 0.8, 2) * half
        hand.go(x, y, half * hand.random.uniform(0.22, 0.36))
        if hand.chance(0.6):
            star(hand)
        else:
            for angle in (0, math.pi / 3, 2 * math.pi / 3):
                hand.line(_polar(0, 0, 0.8, angle), _polar(0, 0, -0.8, angle))


def birds(hand: Hand) -> None:
    for _ in range(hand.count(2, 5)):
        x, y = hand.random.uniform(-0.8, 0.8, 2)
        w = hand.random.uniform(0.15, 0.3)
        hand.curve((x - w, y - w * 0.5), (x - w * 0.5, y - w * 0.6), (x, y), weight=0.9)
        hand.curve((x, y), (x + w * 0.5, y - w * 0.65), (x + w, y - w * 0.45), weight=0.9)


def kite(hand: Hand) -> None:
    hand.shape((0.1, -0.95), (0.6, -0.35), (0.1, 0.35), (-0.4, -0.35), fill=hand.grey())
    if hand.bothers():
        hand.line((0.1, -0.95), (0.1, 0.35))
        hand.line((-0.4, -0.35), (0.6, -0.35))
    hand.curve((0.1, 0.35), (-0.1, 0.55), (0.0, 0.7), (-0.3, 0.8), (-0.5, 0.95))
    for x, y in ((-0.02, 0.62), (-0.3, 0.8)):
        hand.shape(
            (x - 0.13, y - 0.1), (x + 0.13, y + 0.1), (x + 0.13, y - 0.1), (x - 0.13, y + 0.1)
        )


def balloon(hand: Hand) -> None:
    hand.ring(0, -0.4, 0.45, 0.55, fill=hand.grey())
    hand.line((0, 0.15), (-0.08, 0.27), (0.08, 0.27), (0, 0.15))
    hand.curve((0, 0.27), (0.12, 0.5), (-0.08, 0.7), (0.05, 0.95), weight=0.8)


def rainbow(hand: Hand) -> None:
    bands = hand.count(3, 5)
    for band in range(bands):
        radius = 0.95 - band * 0.14
        hand.path(
            _ellipse(0, 0.6, radius, radius * 1.3, math.pi + 0.05, 2 * math.pi - 0.05),
            weight=1.3,
            shade=min(200, hand.shade + band * 40),
        )


def aeroplane(hand: Hand) -> None:
    hand.blob(
        (-0.9, -0.1), (-0.3, -0.2), (0.5, -0.18), (0.95, 0.05), (0.5, 0.2), (-0.4, 0.15),
        fill=hand.grey(),
    )  # fmt: skip
    hand.line((0.15, 0.05), (-0.25, 0.6), (-0.45, 0.6), (-0.2, 0.08))
    hand.line((-0.65, -0.15), (-0.95, -0.55), (-0.75, -0.55), (-0.4, -0.2))
    if hand.bothers():
        for x in (0.1, 0.3, 0.5):
            hand.dot(x, -0.04, 1.0)


# --- On the ground --------------------------------------------------------------------------


def house(hand: Hand) -> None:
    w, top = hand.about(0.75), hand.about(-0.1, 0.6)
    hand.shape((-w, top), (w, top), (w, 1), (-w, 1), fill=hand.grey() if hand.chance(0.4) else None)
    hand.shape((-w - 0.15, top), (0, hand.about(-0.85)), (w + 0.15, top), fill=hand.grey())
    door = hand.random.uniform(-0.45, 0.1) * w
    hand.line((door, 1), (door, 0.45), (door + 0.3, 0.45), (door + 0.3, 1))
    hand.dot(door + 0.23, 0.75, 0.8)
    x, y, s = door + 0.4, top + 0.2, 0.28
    if x + s > w:
        x = door - 0.4
    hand.shape((x, y), (x + s, y), (x + s, y + s), (x, y + s))
    if hand.bothers():
        hand.line((x + s / 2, y), (x + s / 2, y + s), weight=0.8)
        hand.line((x, y + s / 2), (x + s, y + s / 2), weight=0.8)
    if hand.bothers():
        hand.line((0.4, top - 0.35), (0.4, top - 0.75), (0.6, top - 0.75), (0.6, top - 0.2))
        hand.curve(*((0.5 + 0.12 * math.sin(k), -0.72 - 0.05 * k) for k in range(6)), weight=0.8)


def tree(hand: Hand) -> None:
    w = hand.about(0.13, 0.3)
    hand.curve((-w, 0.25), (-w * 0.8, 0.6), (-w * 1.5, 1))
    hand.curve((w, 0.25), (w * 0.8, 0.6), (w * 1.5, 1))
    hand.outline(_scallops(hand, hand.about(0.65, 0.2), 0.62, -0.35), hand.grey())
    if hand.chance(0.5):
        for _ in range(hand.count(3, 6)):
            x, y = hand.random.uniform(-0.35, 0.35, 2)
            hand.ring(x, y - 0.35, 0.07)


def fir(hand: Hand) -> None:
    left, right = [], []
    tiers = hand.count(3, 4)
    for tier in range(tiers):
        y = -0.95 + (tier + 1) * 1.65 / tiers
        w = 0.25 + 0.4 * (tier + 1) / tiers
        inner = [] if tier == tiers - 1 else [(w * 0.45, y - 0.05)]
        right += [(w, y), *inner]
        left += [(-w, y), *((-x, y) for x, y in inner)]
    hand.shape((0, -0.95), *right, *reversed(left), fill=hand.grey())
    hand.line((-0.1, 0.72), (-0.1, 1), (0.1, 1), (0.1, 0.72))


def flower(hand: Hand) -> None:
    hand.curve((0, -0.1), (hand.random.uniform(-0.15, 0.15), 0.4), (0, 1))
    if hand.bothers():
        hand.curve((0, 0.75), (0.25, 0.4), (0.45, 0.35), (0.3, 0.65), (0, 0.78))
    petals, fill = hand.count(5, 8), hand.grey()
    hand.ring(0, -0.45, 0.15, fill=hand.grey())
    width = 0.36 * math.sin(math.pi / petals) + 0.02
    for k in range(petals):
        angle = k * 2 * math.pi / petals + hand.random.normal(0, 0.06)
        a, b, c = (_polar(0, -0.45, r, angle) for r in (0.17, 0.36, 0.54))
        across = (-math.sin(angle) * width, math.cos(angle) * width)
        hand.blob(
            a,
            (b[0] + across[0], b[1] + across[1]),
            c,
            (b[0] - across[0], b[1] - across[1]),
            fill=fill,
        )


def tulip(hand: Hand) -> None:
    hand.curve((0, -0.15), (0.05, 0.4), (0, 1))
    if hand.bothers():
        hand.curve((0, 0.95), (-0.3, 0.5), (-0.35, 0.1), (-0.1, 0.5), (0, 0.85))
    hand.shape(
        (-0.35, -0.85), (-0.15, -0.6), (0, -0.9), (0.15, -0.6), (0.35, -0.85), (0.35, -0.4),
        (0.15, -0.15), (-0.15, -0.15), (-0.35, -0.4),
        fill=hand.grey(),
    )  # fmt: skip


def cat(hand: Hand) -> None:
    hand.blob(
        (-0.1, -0.05),
        (0.3, 0.2),
        (0.42, 0.85),
        (0, 0.98),
        (-0.42, 0.85),
        (-0.35, 0.3),
        fill=hand.grey(),
    )
    hand.curve((0.4, 0.85), (0.75, 0.8), (0.8, 0.4), (0.6, 0.2), (0.75, 0.05))
    hand.go_within(-0.05, -0.42, 0.5)
    cat_face(hand)


def cat_face(hand: Hand) -> None:
    head = hand.about(0.75, 0.08)
    hand.ring(0, 0.15, head, head * 0.85, fill=hand.grey() if hand.chance(0.5) else None)
    has_wide_eyes = hand.bothers()
    whiskers = [tip for tip in (0.15, 0.32, 0.5) if hand.bothers()]
    for side in (-1, 1):
        hand.line((side * 0.68, -0.1), (side * 0.62, -0.9), (side * 0.22, -0.45))
        if has_wide_eyes:
            hand.ring(side * 0.3, 0.02, 0.09, 0.13)
        hand.dot(side * 0.3, 0.02, 0.9 if has_wide_eyes else 1.5)
        for tip in whiskers:
            hand.line((side * 0.3, 0.3 + tip / 5), (side * 0.98, tip), weight=0.7)
    hand.shape((-0.08, 0.24), (0.08, 0.24), (0, 0.34))
    hand.curve((-0.22, 0.45), (-0.1, 0.52), (0, 0.36), (0.1, 0.52), (0.22, 0.45))


def smile(hand: Hand, x: float, y: float, size: float) -> None:
    """Eyes and a mouth in a circle."""
    for side in (-1, 1):
        hand.dot(x + side * size * 0.35, y - size * 0.2, 1.1)
    deep = hand.about(0.5, 0.3)
    hand.curve(
        (x - size * 0.45, y + size * 0.2), (x, y + size * deep), (x + size * 0.45, y + size * 0.2)
    )


def person(hand: Hand) -> None:
    hand.ring(0, -0.65, 0.28)
    smile(hand, 0, -0.65, 0.28)
    hair = hand.count(0, 2)
    if hair == 0:
        for k in range(5):
            x = -0.2 + 0.1 * k
            hand.line((x, -0.88), (x * 1.3, -1), weight=0.8)
    elif hair == 1:
        for side in (-1, 1):
            hand.curve((side * 0.1, -0.93), (side * 0.38, -0.75), (side * 0.3, -0.3), weight=1.2)
    if hand.chance(0.5):
        hand.shape((0, -0.36), (0.38, 0.5), (-0.38, 0.5), fill=hand.grey())
    else:
        hand.line((0, -0.36), (0, 0.45))
    wave = hand.random.uniform(-0.5, 0.2)
    hand.line((0, -0.15), (-0.5, hand.random.uniform(-0.3, 0.25)))
    hand.line((0, -0.15), (0.5, wave))
    for side in (-1, 1):
        hand.line((side * 0.08, 0.5), (side * 0.2, 0.98), (side * 0.32, 0.98))


def boat(hand: Hand) -> None:
    hand.shape((-0.85, 0.3), (0.85, 0.3), (0.5, 0.75), (-0.55, 0.75), fill=hand.grey())
    hand.line((0, 0.3), (0, -0.95))
    hand.shape((0.07, -0.85), (0.65, 0.15), (0.07, 0.15), fill=hand.grey())
    if hand.bothers():
        hand.shape((-0.07, -0.6), (-0.5, 0.15), (-0.07, 0.15))
    else:
        hand.line((0, -0.95), (-0.25, -0.85), (0, -0.75))
    if hand.bothers():
        x = np.linspace(-1, 1, 40)
        hand.path(np.stack((x, 0.85 + 0.06 * np.sin(x * 14)), axis=1))


def fish(hand: Hand) -> None:
    hand.blob(
        (-0.85, 0.0),
        (-0.4, -0.38),
        (0.2, -0.35),
        (0.5, 0),
        (0.2, 0.35),
        (-0.4, 0.38),
        fill=hand.grey(),
    )
    hand.shape((0.52, 0), (0.95, -0.38), (0.85, 0), (0.95, 0.38))
    hand.ring(-0.55, -0.08, 0.07)
    if hand.bothers():
        hand.curve((-0.3, -0.3), (-0.2, 0), (-0.3, 0.3))
    for k in range(hand.count(0, 3)):
        hand.ring(-0.85 + 0.06 * (k % 2), -0.3 - 0.2 * k, 0.05 + 0.02 * k)


def snail(hand: Hand) -> None:
    angle = np.linspace(0, hand.count(2, 3) * 2 * math.pi, 70)
    reach = 0.06 + 0.52 * angle / angle[-1]
    hand.path(np.stack((0.2 + reach * np.cos(angle), 0.2 + reach * np.sin(angle)), axis=1))
    hand.curve(
        (0.95, 0.95),
        (0.3, 0.85),
        (-0.4, 0.9),
        (-0.8, 0.6),
        (-0.75, 0.15),
        (-0.5, 0.25),
        (-0.4, 0.6),
    )
    hand.line((-0.7, 0.15), (-0.85, -0.25))
    hand.line((-0.6, 0.15), (-0.55, -0.25))
    if hand.bothers():
        hand.line((-0.8, 0.95), (0.95, 0.95))


def mushroom(hand: Hand) -> None:
    cap = np.concatenate((_ellipse(0, 0.05, 0.8, 0.85, math.pi, 2 * math.pi), [(-0.8, 0.05)]))
    hand.outline(cap, hand.grey())
    hand.curve((-0.22, 0.08), (-0.18, 0.5), (-0.3, 0.97), (0.3, 0.97), (0.18, 0.5), (0.22, 0.08))
    for x, y in ((-0.4, -0.2), (0.05, -0.5), (0.4, -0.15)):
        hand.ring(x, y, hand.about(0.1, 0.3))


def car(hand: Hand) -> None:
    hand.shape(
        (-0.95, 0.7), (-0.95, 0.3), (-0.6, 0.2), (-0.4, -0.2), (0.35, -0.2), (0.6, 0.2),
        (0.95, 0.3), (0.95, 0.7),
        fill=hand.grey(),
    )  # fmt: skip
    hand.line((-0.45, 0.18), (-0.3, -0.08), (0, -0.08), (0, 0.18), (-0.45, 0.18))
    hand.line((0.1, 0.18), (0.1, -0.08), (0.28, -0.08), (0.45, 0.18), (0.1, 0.18))
    has_hubs = hand.bothers()
    for x in (-0.5, 0.5):
        hand.ring(x, 0.72, 0.24)
        if has_hubs:
            hand.ring(x, 0.72, 0.08)


def mountains(hand: Hand) -> None:
    peaks = hand.count(1, 3)
    w = 1.2 / peaks
    has_snow = hand.bothers()
    for peak in range(peaks):
        m = -0.95 + w / 2 + 1.3 * (peak + 0.5) / peaks
        h, s = hand.random.uniform(0.8, 1.5), w * 0.3
        hand.line((m - w, 1), (m, 1 - h), (m + w, 1))
        if has_snow:
            y = 1 - h * 0.7
            snow = (m - s, y), (m - s / 2, y - 0.1), (m, y + 0.05), (m + s / 2, y - 0.1), (m + s, y)
            hand.line(*snow)


def snowman(hand: Hand) -> None:
    for y, radius in ((0.55, 0.42), (-0.1, 0.3), (-0.58, 0.22)):
        hand.ring(0, y, radius)
    smile(hand, 0, -0.58, 0.2)
    if hand.bothers():
        hand.shape(
            (-0.25, -0.78), (0.25, -0.78), (0.15, -0.8), (0.15, -0.98), (-0.15, -0.98),
            (-0.15, -0.8),
        )  # fmt: skip
    hand.line((-0.28, -0.15), (-0.75, -0.4))
    hand.line((0.28, -0.15), (0.75, -0.45))
    for y in (-0.2, -0.05, 0.1):
        hand.dot(0, y, 1.0)


def cactus(hand: Hand) -> None:
    hand.blob((0, -0.9), (0.22, -0.6), (0.2, 0.45), (-0.2, 0.45), (-0.22, -0.6), fill=hand.grey())
    hand.curve((0.22, -0.05), (0.55, -0.05), (0.55, -0.5))
    hand.curve((-0.22, 0.15), (-0.5, 0.12), (-0.52, -0.25))
    hand.shape((-0.4, 0.45), (0.4, 0.45), (0.28, 0.98), (-0.28, 0.98), fill=hand.grey())
    for _ in range(hand.count(3, 9)):
        x, y = hand.random.uniform(-0.12, 0.12), hand.random.uniform(-0.7, 0.35)
        hand.line((x, y), (x + 0.06, y - 0.06), weight=0.7)


def butterfly(hand: Hand) -> None:
    fill = hand.grey()
    for side in (-1, 1):
        hand.blob(
            (side * 0.06, -0.1),
            (side * 0.5, -0.8),
            (side * 0.92, -0.55),
            (side * 0.6, 0),
            fill=fill,
        )
        hand.blob(
            (side * 0.06, 0.05),
            (side * 0.6, 0.1),
            (side * 0.65, 0.65),
            (side * 0.25, 0.6),
            fill=fill,
        )
        hand.curve((0, -0.35), (side * 0.1, -0.7), (side * 0.25, -0.85), weight=0.8)
    hand.ring(0, 0.08, 0.07, 0.45)


def heart(hand: Hand) -> None:
    angle = np.linspace(math.pi, 3 * math.pi, 50)
    x = 0.85 * np.sin(angle) ** 3
    y = 0.68 * np.cos(angle) - 0.26 * np.cos(2 * angle) - 0.1 * np.cos(3 * angle)
    hand.outline(np.stack((x, -y), axis=1), hand.grey())


# --- All over the paper ---------------------------------------------------------------------


def face(hand: Hand) -> None:
    hand.ring(0, 0, 0.68, hand.about(0.8, 0.08))
    has_wide_eyes, has_brows, has_ears = (hand.bothers() for _ in range(3))
    for side in (-1, 1):
        hand.dot(side * 0.26, -0.15, 1.6)
        if has_wide_eyes:
            hand.ring(side * 0.26, -0.15, 0.13, hand.about(0.09, 0.3))
        if has_brows:
            hand.curve((side * 0.42, -0.36), (side * 0.27, -0.43), (side * 0.12, -0.36))
        if has_ears:
            hand.curve((side * 0.68, -0.1), (side * 0.83, -0.05), (side * 0.66, 0.18))
    hand.curve((0.02, -0.1), (-0.1, 0.12), (0.04, 0.15))
    bend = hand.random.uniform(-0.08, 0.25)
    hand.curve((-0.28, 0.36), (0, 0.36 + bend), (0.28, 0.36))
    for k in range(hand.count(0, 1) * hand.count(14, 26)):
        angle = math.pi * (1.08 + 0.84 * k / 26)
        a, b = _polar(0, 0, 0.74, angle), _polar(0, -0.05, hand.about(0.95), angle + 0.08)
        hand.curve(a, (b[0], a[1] - 0.06), b, weight=0.9)


def spiral(hand: Hand) -> None:
    angle = np.linspace(0, hand.count(3, 6) * 2 * math.pi, 200)
    reach = 0.88 * angle / angle[-1]
    hand.path(np.stack((reach * np.cos(angle), reach * np.sin(angle)), axis=1))


def scribble(hand: Hand) -> None:
    """Round and round, and somewhere else at the same time."""
    for _ in range(hand.count(1, 2)):
        turns = hand.count(5, 14)
        angle = np.linspace(0, turns * 2 * math.pi, turns * 14)
        knots = _smooth(hand.random.uniform((-0.5, -0.5, 0.15), (0.5, 0.5, 0.5), (6, 3)))
        x, y, reach = (
            np.interp(angle / angle[-1], np.linspace(0, 1, len(knots)), knot) for knot in knots.T
        )
        loops = np.stack((x + reach * np.cos(angle), y + 0.8 * reach * np.sin(angle)), axis=1)
        hand.path(
            loops.clip(-1, 1), hand.about(1.0, 0.4), hand.grey() if hand.chance(0.3) else None
        )


def letter(hand: Hand) -> None:
    """Lines of "handwriting"."""
    lines = hand.count(2, 4)
    for number in range(lines):
        y = 0.42 * (number - (lines - 1) / 2)
        x, end = -0.85, 0.85 if number < lines - 1 else hand.random.uniform(-0.2, 0.6)
        while x < end - 0.2:
            letters = min(hand.count(2, 7), int((end - x) / 0.085))
            knots = [(x, y)]
            for _ in range(letters):
                high = 0.2 if hand.chance(0.25) else 0.09
                low = 0.12 if hand.chance(0.15) else 0.0
                knots += [(x + 0.06, y - high), (x + 0.03, y - high * 0.9), (x + 0.04, y + low)]
                x += hand.about(0.085, 0.25)
                knots.append((x, y))
            hand.curve(*knots, weight=min(0.75, 1.1 / hand.width))
            x += 0.1


def waves(hand: Hand) -> None:
    for y in np.linspace(-0.75, 0.8, hand.count(2, 6)):
        x = np.linspace(-1, 1, 60)
        swell = hand.about(0.09, 0.4) * np.sin(x * hand.about(12) + hand.random.uniform(0, 6))
        hand.path(np.stack((x, y + swell), axis=1), weight=hand.about(1.1, 0.3))


def pattern(hand: Hand) -> None:
    """What one draws while on the telephone, until the call ends."""
    side = hand.count(3, 4)
    step = 1.8 / side
    origin, half = hand.origin, hand.half
    for place in range(hand.count(side, side * side)):
        row, column = divmod(place, side)
        x, y = origin + half * (step * (np.array([column, row]) + 0.5) - 0.9)
        hand.go(x, y, half * step * 0.42)
        little = (spiral_small, heart, star, ringed, leaf)[hand.count(0, 4)]
        little(hand)


def spiral_small(hand: Hand) -> None:
    angle = np.linspace(0, 6 * math.pi, 60)
    reach = 0.85 * angle / angle[-1]
    hand.path(np.stack((reach * np.cos(angle), reach * np.sin(angle)), axis=1))


def ringed(hand: Hand) -> None:
    for radius in (0.85, 0.55, 0.25):
        hand.ring(0, 0, radius)


def leaf(hand: Hand) -> None:
    hand.blob((0, -0.9), (0.45, -0.1), (0, 0.7), (-0.45, -0.1), fill=hand.grey())
    hand.line((0, -0.6), (0, 0.95))
    if hand.bothers():
        for y in (-0.3, 0.0, 0.3):
            hand.line((-0.3, y - 0.15), (0, y), (0.3, y - 0.15), weight=0.7)


def cup(hand: Hand) -> None:
    hand.shape((-0.6, -0.2), (0.45, -0.2), (0.35, 0.75), (-0.5, 0.75), fill=hand.grey())
    hand.curve((0.43, 0), (0.85, 0.05), (0.8, 0.45), (0.38, 0.5))
    if hand.bothers():
        hand.curve((-0.9, 0.8), (-0.1, 0.92), (0.8, 0.8))
    for x in (-0.35, -0.08, 0.2):
        if hand.bothers():
            hand.curve(
                (x, -0.35), (x + 0.1, -0.5), (x - 0.05, -0.65), (x + 0.06, -0.85), weight=0.8
            )


def smiley(hand: Hand) -> None:
    hand.ring(0, 0, 0.8, fill=hand.grey() if hand.chance(0.4) else None)
    smile(hand, 0, 0, 0.8)


def noughts(hand: Hand) -> None:
    """Noughts and crosses, some moves in."""
    for at in (-0.3, 0.3):
        hand.line((at, -0.9), (at, 0.9))
        hand.line((-0.9, at), (0.9, at))
    for move, place in enumerate(hand.random.permutation(9)[: hand.count(2, 9)]):
        row, column = divmod(int(place), 3)
        x, y = 0.6 * (column - 1), 0.6 * (row - 1)
        if move % 2:
            hand.ring(x, y, 0.18)
        else:
            hand.line((x - 0.17, y - 0.17), (x + 0.17, y + 0.17))
            hand.line((x + 0.17, y - 0.17), (x - 0.17, y + 0.17))


def greeting(hand: Hand) -> None:
    """In large letters: "Hi!"."""
    hand.line((-0.85, -0.65), (-0.85, 0.6))
    hand.line((-0.2, -0.65), (-0.2, 0.6))
    hand.line((-0.85, 0), (-0.2, 0))
    hand.line((0.2, -0.15), (0.2, 0.6))
    hand.line((0.7, -0.65), (0.7, 0.2))
    for x, y in ((0.2, -0.5), (0.7, 0.55)):
        hand.dot(x, y)


Motif = Callable[[Hand], None]

SKY: dict[str, Motif] = {
    "sun": sun, "cloud": cloud, "rain": rain, "moon": moon, "stars": stars, "birds": birds,
    "kite": kite, "balloon": balloon, "rainbow": rainbow, "aeroplane": aeroplane,
}  # fmt: skip
GROUND: dict[str, Motif] = {
    "house": house, "tree": tree, "fir": fir, "flower": flower, "tulip": tulip, "cat": cat,
    "person": person, "snail": snail, "mushroom": mushroom, "car": car,
    "mountains": mountains, "snowman": snowman, "cactus": cactus,
}  # fmt: skip
ALONE: dict[str, Motif] = {
    "face": face, "cat": cat_face, "spiral": spiral, "scribble": scribble, "letter": letter,
    "waves": waves, "pattern": pattern, "cup": cup, "heart": heart, "butterfly": butterfly,
    "flower": flower, "boat": boat, "fish": fish, "house": house, "sun": sun, "star": star,
    "person": person, "cactus": cactus, "snail": snail, "tree": tree, "leaf": leaf,
    "smiley": smiley, "noughts": noughts, "greeting": greeting,
}  # fmt: skip


def _pick(hand: Hand, names: Sequence[str], shares: Sequence[float]) -> list[str]:
    """One of the names, or two, or more: so often as the shares say."""
    count = 1 + int(hand.random.choice(len(shares), p=shares))
    return [str(name) for name in hand.random.choice(names, count, replace=False)]


def _sky(hand: Hand) -> tuple[str, ...]:
    hand.top, hand.bottom = -40.0, HORIZON - 6.0
    names = _pick(hand, list(SKY), (0.74, 0.23, 0.03))
    count = len(names)
    slot = SIDE / count
    for place, name in enumerate(names):
        half = hand.random.uniform(19, 32)
        spare = max(0.0, slot / 2 - half)
        x = slot * (place + 0.5) + hand.random.uniform(-spare, spare) * 0.8
        y = hand.random.uniform(half + 2, HORIZON - half - 4)
        if name == "sun" and place in (0, count - 1) and hand.chance(0.4):
            # In the corner, where the sun is in so many drawings.
            x, y, half = 4.0 if place == 0 else SIDE - 4.0, 4.0, 50.0
        hand.go(x, y, half, mirror=hand.chance(0.5))
        SKY[name](hand)
    return tuple(names)


def _ground(hand: Hand) -> tuple[str, ...]:
    hand.top, hand.bottom = HORIZON + 6.0, SIDE + 20.0
    if hand.chance(0.2):
        return _sea(hand)
    names = _pick(hand, list(GROUND), (0.64, 0.32, 0.04))
    count = len(names)
    floor = hand.random.uniform(168, 190)
    slot = SIDE / count
    for place, name in enumerate(names):
        half = min(hand.random.uniform(25, 46), (floor - HORIZON - 8) / 2, slot * 0.55)
        x = slot * (place + 0.5) + hand.random.uniform(-0.12, 0.12) * slot
        hand.go(x, floor - half + hand.random.uniform(-3, 3), half, mirror=hand.chance(0.5))
        GROUND[name](hand)
    if hand.chance(0.55):
        _grass(hand, floor)
    return tuple(names)


def _sea(hand: Hand) -> tuple[str, ...]:
    level = hand.random.uniform(132, 150)
    names = [name for name in ("boat", "fish") if hand.chance(0.7)] or ["boat"]
    for name in names:
        if name == "boat":
            half = hand.random.uniform(24, 32)
            hand.go(hand.random.uniform(45, 155), level - half + 6, half, mirror=hand.chance(0.5))
            boat(hand)
        else:
            half = hand.random.uniform(16, 22)
            hand.go(hand.random.uniform(40, 160), level + 30, half, mirror=hand.chance(0.5))
            fish(hand)
    hand.go(SIDE / 2, level, SIDE / 2)
    x = np.linspace(-1.05, 1.05, 60)
    for row in range(hand.count(1, 2)):
        swell = 0.03 * np.sin(x * hand.about(16) + hand.random.uniform(0, 6))
        hand.path(np.stack((x, 0.02 + row * 0.09 + swell), axis=1), weight=0.8)
    return tuple(names)


def _grass(hand: Hand, floor: float) -> None:
    hand.go(SIDE / 2, floor, SIDE / 2)
    hills = hand.random.normal(0, 0.012, 6)
    hand.curve(*((-1.05 + 0.42 * k, hill) for k, hill in enumerate(hills)), weight=0.8)
    for _ in range(hand.count(0, 3)):
        x, y = hand.random.uniform(-0.9, 0.9), hand.random.uniform(0.0, 0.1)
        for blade in (-0.05, 0.0, 0.05):
            hand.line((x + blade, y), (x + blade * 1.8, y - 0.1), weight=0.55)


def _whole(hand: Hand) -> tuple[str, ...]:
    if hand.chance(0.2):
        sky, ground = _sky(hand), _ground(hand)
        subjects = (*ground, *sky)
    else:
        (name,) = _pick(hand, list(ALONE), (1.0,))
        half = hand.random.uniform(48, 84)
        mirror = name not in ("letter", "greeting") and hand.chance(0.4)
        x, y = hand.random.normal(SIDE / 2, 5, 2)
        hand.go(x, y, half, mirror=mirror)
        ALONE[name](hand)
        subjects = (name,)
    if hand.chance(0.02):
        hand.clock += hand.count(500, 2_000)
        hand.operations.append({"tool": "invert", "t": hand.clock})
    return subjects
