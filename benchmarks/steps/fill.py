"""How fast a wall is filled for trying things out."""

from benchmarks.harness.lab import SQLITE, Lab
from benchmarks.harness.table import Row, WrongAnswerError

TARGET = 5_000


def measure(lab: Lab) -> list[Row]:
    return [_measure(lab, backend) for backend in lab.backends]


def _measure(lab: Lab, backend: str) -> Row:
    speed = lab.large / lab.seconds_of_filling(backend, lab.large)
    if (stored := lab.filled(backend, lab.large).ask("count")) != lab.large:
        raise WrongAnswerError(f"fill_gallery stored {stored} of {lab.large} drawings")
    what = f"fill_gallery, {lab.large:,} drawings, {backend}"
    if backend != SQLITE:
        return Row(what, f"{speed:,.0f} drawings/s")
    target = f">= {TARGET:,} drawings/s"
    return Row(what, f"{speed:,.0f} drawings/s", target=target, is_met=speed >= TARGET)
