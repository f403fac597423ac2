"""Update docs/benchmarks.md: the text between marks is generated, the rest written by hand."""

import os
import platform
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import django
import psycopg

from benchmarks.harness.site import ROOT
from benchmarks.harness.table import Row, format_row, header_lines
from benchmarks.harness.workspace import Workspace

PAGE = ROOT / "docs" / "benchmarks.md"


def write_rows(
    workspace: Workspace, measured: Mapping[str, Sequence[Row]], subjects: Sequence[str]
) -> None:
    """Replace the rows of the measured subjects; keep the other rows, in the order of subjects."""
    lines = {name: [format_row(name, row) for row in rows] for name, rows in measured.items()}
    write_table(PAGE, workspace, header_lines(), lines, subjects)
    remarks = [row.remark for rows in measured.values() for row in rows if row.remark]
    if remarks:
        PAGE.write_text(_replace_between(PAGE.read_text(), "cost", "\n\n".join(remarks)))


def write_table(
    path: Path,
    workspace: Workspace,
    table: Sequence[str],
    lines: Mapping[str, Sequence[str]],
    subjects: Sequence[str],
) -> None:
    """Replace some subjects' lines of the page's table, and the description of the machine.

    `table` has the header's lines. Subjects without new lines keep their old ones.
    """
    page = path.read_text()
    old = _between(page, "table").splitlines()
    table = list(table)
    for subject in subjects:
        before = [line for line in old if line.startswith(f"| {subject} |")]
        table += lines.get(subject, before)
    page = _replace_between(page, "table", "\n".join(table))
    page = _replace_between(
        page, "machine", "\n".join(f"- {fact}" for fact in _describe_machine(workspace))
    )
    path.write_text(page)


def _describe_machine(workspace: Workspace) -> list[str]:
    processor = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    facts = [
        f"{date.today():%-d %B %Y}",
        f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GB of memory",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}, Django {django.__version__},"
        f" SQLite {sqlite3.sqlite_version}",
    ]
    if workspace.server_url:
        with psycopg.connect(workspace.server_url) as connection:
            version = connection.info.server_version
        facts[-1] += f", PostgreSQL {version // 10000}.{version % 10000}"
    return facts


def _between(page: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*)<!-- end of {name} -->", page, re.DOTALL)
    if found is None:
        raise ValueError(f"The page has lost its mark for the {name}")
    return found[1]


def _replace_between(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    return page.replace(f"{begin}{_between(page, name)}{end}", f"{begin}{text}\n{end}")
