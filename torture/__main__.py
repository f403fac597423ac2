"""`python -m torture [--short] [--strict] [--write] [STEP ...]`: do it, and print what held.

With --strict a step that this machine cannot do has not held. With --write these steps' results
are written into docs/torture.md.
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Iterator

from benchmarks.harness import report
from benchmarks.harness.site import ROOT
from torture.harness.lab import Lab, NotAtHandError
from torture.harness.table import Result, header, render
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

STEPS: dict[str, Callable[[Lab], Iterator[Result]]] = {
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
    parser.add_argument("--short", action="store_true", help="as much as shows that it works")
    parser.add_argument("--strict", action="store_true", help="what cannot be done has not held")
    parser.add_argument("--write", action="store_true", help="write the results down as well")
    options = parser.parse_args()

    print("\n".join(header()), flush=True)
    lines: dict[str, list[str]] = {}
    holds = True
    with Lab(is_short=options.short) as lab:
        for step in options.step or STEPS:
            for result in _results(step, lab, is_strict=options.strict):
                lines.setdefault(step, []).append(render(step, result))
                print(lines[step][-1], flush=True)
                holds &= result.holds
        if options.write:
            report.write_table(PAGE, lab, header(), lines, list(STEPS))
    return 0 if holds else 1


def _results(step: str, lab: Lab, *, is_strict: bool) -> Iterator[Result]:
    """A step's results; one that breaks off has not held, and the others are done all the same.

    None of a step that this machine cannot do, unless that is strictly asked for.
    """
    try:
        yield from STEPS[step](lab)
    except NotAtHandError as error:
        print(f"NOT DONE: {step}: {error}", flush=True)
        if is_strict:
            yield Result("the step itself", "not done", False)
    except Exception as error:
        traceback.print_exc()
        yield Result("the step itself", f"broke off: {error!r}", False)


if __name__ == "__main__":
    # As after Ctrl+C: servers are stopped, databases dropped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
