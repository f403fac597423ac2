"""The motifs of motifs.toml, which describes their format, drawn by a hand."""

import math
import pathlib
import tomllib
from collections.abc import Collection, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from drawings.datasets.demo.hand import Hand, Path

CLOSED = {"shape", "blob", "ring"}
OUTLINES = CLOSED | {"line", "curve", "dot", "chain"}
GROUPS = {"parts", "one_of", "in_turn"}
RANGES = {"at": "0,0", "fan": 0, "turn": 0, "size": 1, "weight": 1, "lighter": 0, "count": 1}
FLAGS = dict.fromkeys(("mirrored", "shuffled", "evenly", "together", "text"), False)
OPTIONS: dict[str, Any] = FLAGS | {"often": 1, "fill": 0, "copies": None, "titles": [], "where": []}


class Range:
    """Rows of numbers, each between two values."""

    def __init__(self, text: object) -> None:
        rows = [[cell.partition("..") for cell in row.split(",")] for row in str(text).split()]
        self.low = np.array([[float(low) for low, _, _ in row] for row in rows])
        self.high = np.array([[float(high or low) for low, _, high in row] for row in rows])

    def at(self, shares: Path | float) -> Path:
        """Returns the rows at fractions, 0 to 1, of the way from low to high."""
        return np.asarray(self.low + (self.high - self.low) * shares)

    def pick(self, random: np.random.Generator) -> float:
        return float(self.at(random.random())[0, 0])


class Part(SimpleNamespace):
    """An outline or a group of parts, with its options. Raises ValueError if it is malformed."""

    def __init__(self, table: dict[str, Any], known: Collection[str]) -> None:
        kinds = table.keys() - RANGES.keys() - OPTIONS.keys()
        if len(kinds) != 1 or not kinds <= OUTLINES | GROUPS | {"motif"}:
            raise ValueError(f"a part needs exactly one known outline, and has {sorted(kinds)}")
        (kind,) = kinds
        content = table[kind]
        if kind == "motif" and content not in known:
            raise ValueError(f"there is no motif {content!r}")
        if kind in GROUPS:
            content = [Part(part, known) for part in content]
        elif kind in OUTLINES:
            content = [Range(piece) for piece in (content if kind == "chain" else [content])]
        ranges = {name: Range(table.get(name, value)) for name, value in RANGES.items()}
        ranges["copies"] = Range(table.get("copies", len(ranges["at"].low)))
        super().__init__(**OPTIONS | table | ranges, kind=kind, content=content)


def read_motifs(text: str) -> dict[str, Part]:
    """Returns the motifs of a TOML text. Raises ValueError with a malformed motif's name."""
    motifs, tables = {}, tomllib.loads(text)
    for name, table in tables.items():
        try:
            motifs[name] = Part(table, tables)
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"Motif {name!r}: {error}.") from error
    return motifs


PAGE = np.eye(3, 2)
MOTIFS = read_motifs(pathlib.Path(__file__).with_name("motifs.toml").read_text("utf-8"))


def move_frame(frame: Path, at: Any, size: Any = 1, degrees: float = 0, flip: bool = False) -> Path:
    """Returns the frame of a square inside another's: (3, 2), its axes and its middle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[-cos, -sin] if flip else [cos, sin], [-sin, cos]])
    return np.vstack((np.reshape(size, (-1, 1)) * turn @ frame[:2], at @ frame[:2] + frame[2]))


def draw(hand: Hand, part: Part, frame: Path, fill: int | None = None, shares: Any = None) -> None:
    """Draw a motif or a part of one, with the shade and the range shares that its group gives."""
    random = hand.random
    if not hand.chance(hand.patience if part.often == "patience" else part.often):
        return
    fill = int(random.integers(90, 236)) if hand.chance(part.fill) else fill
    for number, copy in enumerate(_place_copies(part, frame, random)):
        own = random.random(2) if shares is None else shares
        for side in (copy, move_frame(copy, (0, 0), flip=True)) if part.mirrored else (copy,):
            if part.kind in OUTLINES:
                path = _trace(part, own, random) @ side[:2] + side[2]
                size = math.sqrt(abs(np.linalg.det(side[:2])))
                shade = fill if part.kind in CLOSED else None
                hand.draw(path, size, part.weight.pick(random), part.lighter.pick(random), shade)
                continue
            children = [MOTIFS[part.content]] if part.kind == "motif" else part.content
            if part.kind in ("one_of", "in_turn"):
                which = random.integers(len(children)) if part.kind == "one_of" else number
                children = [children[which % len(children)]]
            for child in children:
                draw(hand, child, side, fill, own if part.together else None)


def _place_copies(part: Part, frame: Path, random: np.random.Generator) -> Iterator[Path]:
    count, places = round(part.copies.pick(random)), len(part.at.low)
    order = random.permutation(places) if part.shuffled else range(places)
    for number in range(count):
        shares = number / max(1, count - 1) if part.evenly else random.random(2)
        at = part.at.at(shares)[order[number % places]]
        turn = part.turn.pick(random) + part.fan.at(number / count)[0, 0]
        yield move_frame(frame, at, part.size.at(random.random()), turn)


def _trace(part: Part, shares: Path, random: np.random.Generator) -> Path:
    """Returns the path of a part's outline; a closed one ends where it begins."""
    points, *_ = pieces = [piece.at(shares) for piece in part.content]
    if part.kind == "chain":
        points = np.zeros((1, 2))
        for which in np.resize(random.permutation(len(pieces)), round(part.count.pick(random))):
            points = np.concatenate((points, points[-1] + pieces[which]))
    if part.kind == "ring":
        angle = random.random() + np.linspace(0, 2 * math.pi, 32, endpoint=False)
        points = points[:1] + points[1:] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    if part.kind in CLOSED:
        points = np.concatenate((points, points[:1]))
    return smooth(points) if part.kind in ("curve", "blob", "chain") else points


def smooth(points: Path) -> Path:
    """Returns a Catmull-Rom spline through the points, with corners where one is repeated."""
    corners = np.flatnonzero((points[1:] == points[:-1]).all(axis=1)) + 1
    if len(corners):
        return np.concatenate([smooth(piece) for piece in np.split(points, corners)])
    before, after = 2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1]
    if (points[0] == points[-1]).all():
        before, after = points[-2:-1], points[1:2]
    p = np.concatenate((before, points, after))[:, np.newaxis]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = np.linspace(0, 1, 8, endpoint=False)[:, np.newaxis]
    curve = b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2)
    curve += t**3 * (1.5 * (b - c) + (d - a) / 2)
    return np.concatenate((curve.reshape(-1, 2), points[-1:]))
