"""A person's hand with a pen: it draws paths with its own tremor, pressure and pace."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Path = npt.NDArray[Any]  # (N, 2) points, x and y


class Hand:
    """Appends what it draws, in pixels, to the `operations` of a strokes document."""

    def __init__(self, random: np.random.Generator, side: int) -> None:
        self.random, self.side = random, side
        self.operations: list[dict[str, Any]] = []
        self.clock = int(random.integers(200, 3_000))  # milliseconds
        self.pen = float(random.choice([1.0, 1.25, 1.5, 1.5, 1.75, 2.0, 2.0, 2.5]))
        self.shade = int(random.choice([0, 0, 0, 0, 40, 70, 100]))
        self.tremor = float(random.uniform(0.25, 1.1))  # pixels
        self.pace = float(random.uniform(4.0, 8.0))  # pixels between two points
        self.patience = float(random.uniform(0.1, 1.0))  # the chance that it draws a detail
        self.has_pressure = self.chance(0.65)  # a mouse has none
        self.colouring = str(random.choice(["none", "flood", "hatch"], p=[0.38, 0.5, 0.12]))
        self.antialiased = self.chance(0.9)
        self.top, self.bottom = -40.0, side + 40.0  # its strokes stay between these

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def draw(
        self, path: Path, size: float, weight: float, lighter: float, fill: int | None
    ) -> None:
        """Draw a path of a motif of `size` pixels each way, filled if this hand colours in."""
        path = np.column_stack((path[:, 0], path[:, 1].clip(self.top, self.bottom)))
        width = self.pen * min(1.0, max(0.6, size / 40))  # thinner lines for small motifs
        self._stroke(path, width * weight, min(200, self.shade + round(lighter)))
        if fill is not None and self.colouring != "none":
            colour_in = self._flood if self.colouring == "flood" else self._hatch
            colour_in(path, width, fill)

    def _stroke(self, path: Path, width: float, shade: int) -> None:
        lengths = np.hypot(*np.diff(path, axis=0).T)
        along = np.concatenate(([0], lengths.cumsum()))
        length, is_closed = float(along[-1]), bool((path[0] == path[-1]).all())
        count = max(2, math.ceil(length / min(self.pace, 1.8 + length / 10)))
        at = np.union1d(np.linspace(0, length, count + 1), along[1:-1][_find_corners(path)])
        points = np.stack([np.interp(at, along, axis) for axis in path.T], axis=1)
        noise = self._make_noise(at, wave=14)
        if is_closed:
            noise -= (noise[-1:] - noise[:1]) * (at / max(length, 1e-9))[:, np.newaxis]
        points += noise * self.tremor * min(1.0, 0.3 + length / 60)
        if is_closed:  # a person draws over the beginning
            points = np.concatenate((points, points[1:4]))
        radius = np.full(len(points), width)
        if self.has_pressure:
            swell = self._make_noise(self.pace * np.arange(len(points)), wave=30)[:, 0]
            radius *= (1 + 0.22 * swell).clip(0.6, 1.5)
            if not is_closed and len(points) > 4:
                radius[:2] *= (0.75, 0.9)
                radius[-3:] *= (0.9, 0.75, 0.55)
        self.clock += int(self.random.integers(120, 701))
        times = self.clock + self.random.integers(7, 19, len(points)).cumsum()
        self.clock = int(times[-1])
        x, y = points[:, 0].round(2), points[:, 1].clip(self.top, self.bottom).round(2)
        lists = {"x": x, "y": y, "radius": radius.clip(0.6, 20).round(2), "t": times}
        look = {"tool": "pen", "shade": shade, "antialiased": self.antialiased}
        self.operations.append(look | {name: values.tolist() for name, values in lists.items()})

    def _flood(self, path: Path, width: float, shade: int) -> None:
        # Between the two leftmost crossings at half height, which is inside even if it is hollow.
        level = float(path[:, 1].min() + path[:, 1].max()) / 2 + 1e-6
        left, right = sorted(_find_crossings(path, level))[:2]
        x, y = int((left + right) / 2), int(level)
        if right - left < 7 * width or not (0 <= x < self.side and 0 <= y < self.side):
            return  # so narrow that the flood might start on the outline, or off the page
        self.clock += int(self.random.integers(400, 1_501))
        look = {"tool": "fill", "shade": shade, "antialiased": self.antialiased, "tolerance": 64}
        self.operations.append({**look, "x": x, "y": y, "t": self.clock})

    def _hatch(self, path: Path, width: float, shade: int) -> None:
        # Zigzag between the outermost crossings of slanted lines with the outline.
        slant = self.random.uniform(0.5, 1.1)
        turn = np.array([[math.cos(slant), -math.sin(slant)], [math.sin(slant), math.cos(slant)]])
        turned = path @ turn
        inset = max(width * self.random.uniform(2.4, 4.8), 4.4) / 2
        levels = np.arange(turned[:, 1].min() + 2 * inset, turned[:, 1].max() - inset, inset)
        rows = [(row, level) for level in levels if len(row := _find_crossings(turned, level)) > 1]
        ends = [(max(x) - inset if n % 2 else min(x) + inset, y) for n, (x, y) in enumerate(rows)]
        if len(ends) > 1:
            self._stroke(np.array(ends) @ turn.T, 0.8 * width, shade)

    def _make_noise(self, at: npt.NDArray[Any], wave: float) -> Path:
        """Returns smooth noise, about -1 to 1, for N distances, (N, 2); `wave` is its length."""
        knots = np.linspace(0, at[-1], max(3, math.ceil(at[-1] / wave) + 1))
        values = self.random.normal(0, 0.6, (2, len(knots)))
        return np.stack([np.interp(at, knots, column) for column in values], axis=1)


def _find_crossings(path: Path, level: float) -> list[float]:
    """Returns the x at which a path crosses a height."""
    x, y = path[:, 0], path[:, 1] - level
    (at,) = np.nonzero((y[:-1] <= 0) != (y[1:] <= 0))
    return [float(x) for x in x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])]


def _find_corners(path: Path) -> npt.NDArray[np.bool_]:
    """Returns the mask of a path's inner points where it turns sharply."""
    steps = np.diff(path, axis=0)
    (ax, ay), (bx, by) = steps[:-1].T, steps[1:].T
    return np.asarray(np.abs(np.arctan2(ax * by - ay * bx, ax * bx + ay * by)) > 0.6)
