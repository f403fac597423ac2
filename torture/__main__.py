"""`python -m torture [--short] [--strict] [--write] [STEP ...]`: run the steps, print the results.

With --strict, a step that this machine cannot run counts as failed. With --write, the results are
written to docs/torture.md.
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Iterator

from benchmarks.harness import report
from benchmarks.harness.site import ROOT
from torture.harness.table import Result, format_result, header_lines
from torture.harness.workspace import UnavailableError, Workspace
from torture.steps import (
    backup,
    bad_bodies,
    bombs,
    deleted,
    disk_full,
    kill,
    locked,
    queries,
    restarts,
    slow_connections,
    soak,
    stop,
)

PAGE = ROOT / "docs" / "torture.md"

STEPS: dict[str, Callable[[Workspace], Iterator[Result]]] = {
    "kill": kill.run,
    "stop": stop.run,
    "disk_full": disk_full.run,
    "locked": locked.run,
    "deleted": deleted.run,
    "restarts": restarts.run,
    "slow_connections": slow_connections.run,
    "backup": backup.run,
    "bad_bodies": bad_bodies.run,
    "bombs": bombs.run,
    "queries": queries.run,
    "soak": soak.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture")
    parser.add_argument("step", nargs="*", choices=[*STEPS, []])
    parser.add_argument("--short", action="store_true", help="do the least that shows it works")
    parser.add_argument("--strict", action="store_true", help="fail if a step cannot be run here")
    parser.add_argument("--write", action="store_true", help="update docs/torture.md")
    options = parser.parse_args()

    print("\n".join(header_lines()), flush=True)
    lines: dict[str, list[str]] = {}
    holds = True
    with Workspace(is_short=options.short) as workspace:
        for step in options.step or STEPS:
            for result in _run_step(step, workspace, is_strict=options.strict):
                lines.setdefault(step, []).append(format_result(step, result))
                print(lines[step][-1], flush=True)
                holds &= result.holds
        if options.write:
            report.write_table(PAGE, workspace, header_lines(), lines, list(STEPS))
    return 0 if holds else 1


def _run_step(step: str, workspace: Workspace, *, is_strict: bool) -> Iterator[Result]:
    """Run a step. One that raises an error counts as failed; the other steps still run.

    A step that this machine cannot run has no results, unless `is_strict`.
    """
    try:
        yield from STEPS[step](workspace)
    except UnavailableError as error:
        print(f"NOT DONE: {step}: {error}", flush=True)
        if is_strict:
            yield Result("the step itself", "not done", False)
    except Exception as error:
        traceback.print_exc()
        yield Result("the step itself", f"broke off: {error!r}", False)


if __name__ == "__main__":
    # Exit as on Ctrl+C, so that servers are stopped and databases dropped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
