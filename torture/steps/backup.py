"""A backup while drawings come in, restored elsewhere."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.harness.site import Site
from torture.harness.lab import Lab
from torture.harness.ledger import INSIDE
from torture.harness.table import Result

SHORT_DRAWINGS = 500
PER_SECOND = 200
LEAST_PER_SECOND = 180
BEFORE_SECONDS = 3  # in which the process that writes starts, and writes
# Of a million drawings.
LONGEST_SECONDS = 60


def run(lab: Lab) -> Iterator[Result]:
    drawings = lab.scaled(lab.large, SHORT_DRAWINGS)
    for backend in lab.backends:
        with lab.fresh(backend, drawings) as site, lab.fresh(backend) as elsewhere:
            what = f"{drawings:,} drawings and more, {backend}"
            # A short one is over before the writer has found its pace.
            yield _back_up(site, elsewhere, what, 0 if lab.is_short else LEAST_PER_SECOND)


def _back_up(site: Site, elsewhere: Site, what: str, least_per_second: float) -> Result:
    stop = site.data / "stop"
    with ThreadPoolExecutor() as threads:
        writer = threads.submit(site.ask, "write", PER_SECOND, str(stop), of=INSIDE)
        try:
            file, begin, seconds = _timed_backup(site)
        finally:
            stop.touch()
        written: list[tuple[str, float]] = writer.result()
    elsewhere.manage("restore", str(file), "--force")
    restored = elsewhere.ask("summary", of=INSIDE)
    original = site.ask("summary", restored["last"], of=INSIDE)
    before = [name for name, when in written if when < begin]
    lost = sum(name > restored["last"] for name in before)
    per_second = len(written) / (written[-1][1] - written[0][1])
    integrity = elsewhere.ask("integrity", of=INSIDE)
    return Result(
        f"backup under {per_second:.0f} writes/s, {what}",
        f"{seconds:.1f} s; {restored['count']:,} restored,"
        f" {'the same' if restored == original else 'NOT THE SAME'}, {lost} of those before it"
        f" lost, integrity {integrity}",
        restored == original
        and before != []
        and not lost
        and integrity == "ok"
        and seconds < LONGEST_SECONDS
        and per_second >= least_per_second,
    )


def _timed_backup(site: Site) -> tuple[Path, float, float]:
    """The file, when its making began, and the seconds that it took."""
    folder = site.data / "backups"
    time.sleep(BEFORE_SECONDS)
    begin = time.monotonic()
    site.manage("backup", str(folder))
    seconds = time.monotonic() - begin
    [file] = folder.iterdir()
    return file, begin, seconds
