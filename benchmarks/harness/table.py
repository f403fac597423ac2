"""The table that the benchmarks print and docs/benchmarks.md keeps."""

from typing import NamedTuple

HEADINGS = ("subject", "what", "this project", "compared with", "ratio", "target", "met")


class WrongAnswerError(Exception):
    """The site answered something else than it must: no figure means anything then."""


class Row(NamedTuple):
    """One figure. Without a target it is there to be known."""

    what: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    target: str = ""
    is_met: bool | None = None
    remark: str = ""  # a paragraph about it for docs/benchmarks.md


def at_least(what: str, ours: float, theirs: float, target: float, unit: str) -> Row:
    """Ours must be `target` times theirs, or more."""
    return _compared(what, ours, theirs, unit, f">= {target:g} x", ours / theirs >= target)


def at_most(what: str, ours: float, theirs: float, target: float, unit: str) -> Row:
    """Ours must be `target` times theirs, or less."""
    return _compared(what, ours, theirs, unit, f"<= {target:.3g} x", ours / theirs <= target)


def _compared(what: str, ours: float, theirs: float, unit: str, target: str, is_met: bool) -> Row:
    ratio = f"{ours / theirs:.3g}"
    return Row(what, _quantity(ours, unit), _quantity(theirs, unit), ratio, target, is_met)


def _quantity(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} {unit}".rstrip()


def line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def header() -> list[str]:
    return [line(HEADINGS), line(("---",) * len(HEADINGS))]


def render(subject: str, row: Row) -> str:
    """A row as a line of a Markdown table."""
    met = {True: "yes", False: "MISSED", None: ""}[row.is_met]
    return line((subject, row.what, row.ours, row.theirs, row.ratio, row.target, met))
