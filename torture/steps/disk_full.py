"""The database's disk becomes full, and then has room again."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, build_submissions
from torture.harness.audit import acknowledged_digests, audit_drawings
from torture.harness.client_pool import Outcome, format_statuses, send_together
from torture.harness.read_requests import build_read_requests
from torture.harness.readiness import read_current_fault, wait_until_ready
from torture.harness.table import Result
from torture.harness.workspace import UnavailableError, Workspace

MEGABYTES = 128
DRAWINGS = 100
SENT = 24
RECOVERY_SECONDS = 5


def run(workspace: Workspace) -> Iterator[Result]:
    with workspace.temporary_path() as data, _mount_small_disk(data):
        site = Site(data)
        site.manage("prepare", "--verbosity=0")
        site.manage("fill_gallery", str(DRAWINGS))
        with site.started(**BEHIND_PROXY, MIN_FREE_BYTES="0") as server:
            yield from _fill_disk(site, server)


def _fill_disk(site: Site, server: Server) -> Iterator[Result]:
    reads = build_read_requests(site, 8)
    submissions = build_submissions(server, 3 * SENT, SENT)
    requests = [each.request for each in submissions]
    before = send_together(server.port, requests[:SENT])
    _use_all_space(site.data / "ballast")
    during = send_together(server.port, requests[SENT : 2 * SENT], SENT)
    read = send_together(server.port, reads)
    fault = read_current_fault(server)
    all_refused = _statuses(during) == {503} and all(
        each.response is not None and "Retry-After" in each.response.headers for each in during
    )
    yield Result(
        "disk full",
        f"submissions {format_statuses(during)}; pages and images {format_statuses(read)};"
        f" /readyz: {fault or 'ready'}",
        all_refused and _statuses(read) == {200} and fault is not None,
    )
    (site.data / "ballast").unlink()
    seconds = wait_until_ready(server)
    after = send_together(server.port, requests[2 * SENT :], 2 * SENT)
    figure, holds = audit_drawings(
        site, acknowledged_digests(submissions, [*before, *during, *after])
    )
    yield Result(
        "disk with room again",
        f"ready after {seconds:.1f} s; submissions {format_statuses(after)}; {figure}",
        seconds < RECOVERY_SECONDS and _statuses(after) == {201} and holds,
    )


def _statuses(outcomes: Sequence[Outcome]) -> set[int | str]:
    return {outcome.status for outcome in outcomes}


@contextmanager
def _mount_small_disk(mount_point: Path) -> Iterator[None]:
    """Mount a small tmpfs, which takes root."""
    mount_point.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "drawsite-torture"]
    mounted = subprocess.run(["mount", *options, mount_point])  # noqa: S607
    if mounted.returncode:
        raise UnavailableError("no disk can be mounted, which takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", mount_point], check=True)  # noqa: S607


def _use_all_space(ballast: Path) -> None:
    """Write to a file until the disk has no byte left."""
    size = 1 << 20
    with ballast.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
