"""How fast a wall is filled for trying things out."""

import time

from benchmarks.lab import SEED, SQLITE, Lab
from benchmarks.table import Row, WrongAnswerError

MOST = 100_000
TARGET = 5_000


def measure(lab: Lab) -> list[Row]:
    return [_measure(lab, backend) for backend in lab.backends]


def _measure(lab: Lab, backend: str) -> Row:
    drawings = min(lab.large, MOST)
    with lab.fresh(backend) as site:
        begin = time.perf_counter()
        site.manage("fill_gallery", str(drawings), f"--seed={SEED}")
        speed = drawings / (time.perf_counter() - begin)
        if (stored := site.ask("count")) != drawings:
            raise WrongAnswerError(f"fill_gallery stored {stored} of {drawings} drawings")
    what = f"fill_gallery, {drawings:,} drawings, {backend}"
    if backend != SQLITE:
        return Row(what, f"{speed:,.0f} drawings/s")
    target = f">= {TARGET:,} drawings/s"
    return Row(what, f"{speed:,.0f} drawings/s", target=target, is_met=speed >= TARGET)
