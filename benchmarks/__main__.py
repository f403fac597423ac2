"""`python -m benchmarks [--write] [SUBJECT ...]`: measure and print the table.

A run of all subjects also updates docs/benchmarks.md. A run of some subjects does so only with
--write, and replaces the rows of those subjects alone.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable

from benchmarks.harness import report
from benchmarks.harness.table import Row, WrongAnswerError, format_row, header_lines
from benchmarks.harness.workspace import Workspace
from benchmarks.steps import (
    admin,
    balance,
    browser,
    export,
    figures,
    fill,
    gallery,
    images,
    ink,
    pages,
    processes,
    sending,
    size,
)

SUBJECTS: dict[str, Callable[[Workspace], Iterable[Row]]] = {
    "fill": fill.measure,
    "images": images.measure,
    "balance": balance.measure,
    "gallery": gallery.measure,
    "pages": pages.measure,
    "admin": admin.measure,
    "sending": sending.measure,
    "size": size.measure,
    "browser": browser.measure_page_load,
    "stroke": browser.measure_stroke,
    "ink": ink.measure,
    "start": processes.measure_start,
    "memory": processes.measure_memory,
    "figures": figures.measure,
    "export": export.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []])
    parser.add_argument(
        "--write", action="store_true", help="update these subjects' rows in docs/benchmarks.md"
    )
    options = parser.parse_args()
    chosen = options.subject or list(SUBJECTS)

    print("\n".join(header_lines()), flush=True)
    measured: dict[str, list[Row]] = {}
    with Workspace() as workspace:
        for subject in chosen:
            try:
                measured[subject] = list(SUBJECTS[subject](workspace))
            except WrongAnswerError as error:
                print(f"WRONG, so nothing was measured: {subject}: {error}", file=sys.stderr)
                return 1
            for row in measured[subject]:
                print(format_row(subject, row), flush=True)
            # Write after each subject, so that a run that fails keeps what it has measured.
            if options.write or chosen == list(SUBJECTS):
                report.write_rows(workspace, measured, list(SUBJECTS))
    missed = [row for rows in measured.values() for row in rows if row.is_met is False]
    return 1 if missed else 0


if __name__ == "__main__":
    # Exit as on Ctrl+C, so that servers are stopped and databases dropped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
