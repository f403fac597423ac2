"""The table that the steps print and docs/torture.md keeps."""

from typing import NamedTuple

from benchmarks.harness.table import line

HEADINGS = ("step", "what", "figure", "holds")


class Result(NamedTuple):
    """What was done, what came of it, and whether the promise was kept."""

    what: str
    figure: str
    holds: bool


def header() -> list[str]:
    return [line(HEADINGS), line(("---",) * len(HEADINGS))]


def render(step: str, result: Result) -> str:
    """A result as a line of a Markdown table."""
    return line((step, result.what, result.figure, "yes" if result.holds else "NO"))
