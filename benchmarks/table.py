"""The table that the benchmarks print."""

from typing import NamedTuple


class Row(NamedTuple):
    what: str
    measured: str
    target: str
    is_met: bool


def render(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [("what", "measured", "target", "met"), ("---", "---", "---", "---")]
    lines += [
        (row.what, row.measured, row.target, "yes" if row.is_met else "MISSED") for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
