"""The table that the steps print and write to docs/torture.md."""

from typing import NamedTuple

from benchmarks.harness.table import format_line

HEADINGS = ("step", "what", "figure", "holds")


class Result(NamedTuple):
    """What a step did, what it measured, and whether the promise holds."""

    what: str
    figure: str
    holds: bool


def header_lines() -> list[str]:
    return [format_line(HEADINGS), format_line(("---",) * len(HEADINGS))]


def format_result(step: str, result: Result) -> str:
    """The result as a line of a Markdown table."""
    return format_line((step, result.what, result.figure, "yes" if result.holds else "NO"))
