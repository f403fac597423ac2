"""The disk that the database is on runs full, and gets room again."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, prepare
from torture.harness.crowd import Outcome, at_once, counted
from torture.harness.lab import Lab, NotAtHandError
from torture.harness.ledger import acknowledged, audit
from torture.harness.looking import looks
from torture.harness.ready import fault, until_ready
from torture.harness.table import Result

MEGABYTES = 128
DRAWINGS = 100
SENT = 24
RECOVERY_SECONDS = 5


def run(lab: Lab) -> Iterator[Result]:
    with lab.place() as data, _small_disk(data):
        site = Site(data)
        site.manage("prepare", "--verbosity=0")
        site.manage("fill_gallery", str(DRAWINGS))
        with site.started(**BEHIND_PROXY, MIN_FREE_BYTES="0") as server:
            yield from _fill(site, server)


def _fill(site: Site, server: Server) -> Iterator[Result]:
    reads = looks(site, 8)
    submissions = prepare(server, 3 * SENT, SENT)
    requests = [each.request for each in submissions]
    before = at_once(server.port, requests[:SENT])
    _take_all_room(site.data / "ballast")
    during = at_once(server.port, requests[SENT : 2 * SENT], SENT)
    looked = at_once(server.port, reads)
    why = fault(server)
    told = _statuses(during) == {503} and all(
        each.answer is not None and "Retry-After" in each.answer.headers for each in during
    )
    yield Result(
        "disk full",
        f"submissions {counted(during)}; pages and pictures {counted(looked)};"
        f" /readyz: {why or 'ready'}",
        told and _statuses(looked) == {200} and why is not None,
    )
    (site.data / "ballast").unlink()
    seconds = until_ready(server)
    after = at_once(server.port, requests[2 * SENT :], 2 * SENT)
    figure, holds = audit(site, acknowledged(submissions, [*before, *during, *after]))
    yield Result(
        "disk with room again",
        f"ready after {seconds:.1f} s; submissions {counted(after)}; {figure}",
        seconds < RECOVERY_SECONDS and _statuses(after) == {201} and holds,
    )


def _statuses(outcomes: Sequence[Outcome]) -> set[int | str]:
    return {outcome.status for outcome in outcomes}


@contextmanager
def _small_disk(place: Path) -> Iterator[None]:
    """A disk of its own, which only root can make."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "drawsite-torture"]
    mounted = subprocess.run(["mount", *options, place])  # noqa: S607
    if mounted.returncode:
        raise NotAtHandError("no disk can be mounted, which takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)  # noqa: S607


def _take_all_room(ballast: Path) -> None:
    """Write to a file until not a byte more is taken."""
    size = 1 << 20
    with ballast.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
