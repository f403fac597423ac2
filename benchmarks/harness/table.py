"""The table that the benchmarks print and write to docs/benchmarks.md."""

from typing import NamedTuple

HEADINGS = ("subject", "what", "this project", "compared with", "ratio", "target", "met")


class WrongAnswerError(Exception):
    """The site's response is wrong, which makes any measurement of it meaningless."""


class Row(NamedTuple):
    """One measurement; informational if it has no target."""

    what: str
    ours: str
    baseline: str = ""
    ratio: str = ""
    target: str = ""
    is_met: bool | None = None
    remark: str = ""  # a paragraph for docs/benchmarks.md


def at_least(what: str, ours: float, baseline: float, target: float, unit: str) -> Row:
    """A row that is met if ours is at least `target` times the baseline."""
    return _compare(what, ours, baseline, unit, f">= {target:g} x", ours / baseline >= target)


def at_most(what: str, ours: float, baseline: float, target: float, unit: str) -> Row:
    """A row that is met if ours is at most `target` times the baseline."""
    return _compare(what, ours, baseline, unit, f"<= {target:.3g} x", ours / baseline <= target)


def _compare(what: str, ours: float, baseline: float, unit: str, target: str, is_met: bool) -> Row:
    ratio = f"{ours / baseline:.3g}"
    return Row(
        what, _format_quantity(ours, unit), _format_quantity(baseline, unit), ratio, target, is_met
    )


def _format_quantity(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} {unit}".rstrip()


def format_line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def header_lines() -> list[str]:
    return [format_line(HEADINGS), format_line(("---",) * len(HEADINGS))]


def format_row(subject: str, row: Row) -> str:
    """The row as a line of a Markdown table."""
    met = {True: "yes", False: "MISSED", None: ""}[row.is_met]
    return format_line((subject, row.what, row.ours, row.baseline, row.ratio, row.target, met))
