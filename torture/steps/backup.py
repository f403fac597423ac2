"""A backup while drawings are stored, restored on another site."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.harness.site import Site
from torture.harness.audit import SITE_FUNCTIONS
from torture.harness.table import Result
from torture.harness.workspace import Workspace

SHORT_DRAWINGS = 500
PER_SECOND = 200
MIN_PER_SECOND = 180
BEFORE_SECONDS = 3  # for the writing process to start and to write
# For a million drawings.
MAX_SECONDS = 60


def run(workspace: Workspace) -> Iterator[Result]:
    drawings = workspace.scaled(workspace.large_count, SHORT_DRAWINGS)
    for backend in workspace.backends:
        with (
            workspace.fresh_site(backend, drawings) as site,
            workspace.fresh_site(backend) as other_site,
        ):
            what = f"{drawings:,} drawings and more, {backend}"
            # A short backup ends before the writer reaches its rate.
            yield _back_up(site, other_site, what, 0 if workspace.is_short else MIN_PER_SECOND)


def _back_up(site: Site, other_site: Site, what: str, min_per_second: float) -> Result:
    stop_file = site.data / "stop"
    with ThreadPoolExecutor() as threads:
        writer = threads.submit(
            site.run_function, "write_drawings", PER_SECOND, str(stop_file), module=SITE_FUNCTIONS
        )
        try:
            file, begin, seconds = _timed_backup(site)
        finally:
            stop_file.touch()
        written: list[tuple[str, float]] = writer.result()
    other_site.manage("restore", str(file), "--force")
    restored = other_site.run_function("summarise_drawings", module=SITE_FUNCTIONS)
    original = site.run_function("summarise_drawings", restored["last"], module=SITE_FUNCTIONS)
    ids_before = [id for id, stored_at in written if stored_at < begin]
    lost = sum(id > restored["last"] for id in ids_before)
    per_second = len(written) / (written[-1][1] - written[0][1])
    integrity = other_site.run_function("check_integrity", module=SITE_FUNCTIONS)
    return Result(
        f"backup under {per_second:.0f} writes/s, {what}",
        f"{seconds:.1f} s; {restored['count']:,} restored,"
        f" {'the same' if restored == original else 'NOT THE SAME'}, {lost} of those stored before"
        f" lost, integrity {integrity}",
        restored == original
        and ids_before != []
        and not lost
        and integrity == "ok"
        and seconds < MAX_SECONDS
        and per_second >= min_per_second,
    )


def _timed_backup(site: Site) -> tuple[Path, float, float]:
    """Back up; the file, its begin by time.monotonic, and the seconds that it took."""
    folder = site.data / "backups"
    time.sleep(BEFORE_SECONDS)
    begin = time.monotonic()
    site.manage("backup", str(folder))
    seconds = time.monotonic() - begin
    [file] = folder.iterdir()
    return file, begin, seconds
