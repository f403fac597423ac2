"""`python -m benchmarks [--write] [SUBJECT ...]`: measure, print the table, write the page.

All subjects write docs/benchmarks.md; some only print, unless told to write: then theirs alone are
written anew.
"""

import argparse
import signal
import sys
from collections.abc import Callable

from benchmarks.harness import report
from benchmarks.harness.lab import Lab
from benchmarks.harness.table import Row, WrongAnswerError, header, render
from benchmarks.steps import (
    admin,
    balance,
    browser,
    export,
    figures,
    fill,
    gallery,
    images,
    memory,
    pages,
    sending,
    size,
    start,
    stroke,
)

SUBJECTS: dict[str, Callable[[Lab], list[Row]]] = {
    "fill": fill.measure,
    "images": images.measure,
    "balance": balance.measure,
    "gallery": gallery.measure,
    "pages": pages.measure,
    "admin": admin.measure,
    "sending": sending.measure,
    "size": size.measure,
    "browser": browser.measure,
    "stroke": stroke.measure,
    "start": start.measure,
    "memory": memory.measure,
    "figures": figures.measure,
    "export": export.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []])
    parser.add_argument("--write", action="store_true", help="write these subjects' rows as well")
    options = parser.parse_args()
    chosen = options.subject or list(SUBJECTS)

    print("\n".join(header()), flush=True)
    measured: dict[str, list[Row]] = {}
    with Lab() as lab:
        for subject in chosen:
            try:
                measured[subject] = SUBJECTS[subject](lab)
            except WrongAnswerError as error:
                print(f"WRONG, so nothing was measured: {subject}: {error}", file=sys.stderr)
                return 1
            for row in measured[subject]:
                print(render(subject, row), flush=True)
            # After each subject, so that a run that breaks keeps what it has measured.
            if options.write or chosen == list(SUBJECTS):
                report.write(lab, measured, list(SUBJECTS))
    missed = [row for rows in measured.values() for row in rows if row.is_met is False]
    return 1 if missed else 0


if __name__ == "__main__":
    # As after Ctrl+C: servers are stopped, databases dropped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
