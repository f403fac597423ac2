"""SIGTERM while drawings are sent, looked at and plotted: what is in flight is answered."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks.harness.generator import get
from benchmarks.harness.site import START_SECONDS, Site
from benchmarks.harness.submissions import BEHIND_PROXY, address, prepare
from torture.harness.crowd import CUT_OFF, REFUSED, Crowd
from torture.harness.lab import Lab
from torture.harness.ledger import acknowledged, audit
from torture.harness.table import Result

TIMES = 20
SHORT_TIMES = 2
DRAWINGS = 100
SENT_EACH_TIME = 600
DIFFERENT = 20
SECONDS = 1.0
CLIENTS = 16
# Figures are limited, and make way for one another.
EXPECTED = {200, 201, 429, 503, REFUSED}
MOST = 0.5


def run(lab: Lab) -> Iterator[Result]:
    for backend in lab.backends:
        with lab.fresh(backend) as site:
            yield from _stop(site, lab.scaled(TIMES, SHORT_TIMES), backend)


def _stop(site: Site, times: int, backend: str) -> Iterator[Result]:
    site.manage("fill_gallery", str(DRAWINGS))
    ids = site.ask("ids", DRAWINGS)
    promised: dict[str, str] = {}
    came_to: Counter[int | str] = Counter()
    slowest = 0.0
    for _ in range(times):
        with site.started(**BEHIND_PROXY) as server:
            submissions = prepare(server, SENT_EACH_TIME, DIFFERENT)
            paths = [f"/drawings/{id}/{name}" for id in ids for name in ("", "image.png")]
            paths += [f"/drawings/{id}/plot.png" for id in ids[:10]]
            looks = [get(path, X_Forwarded_For=address(1)) for path in paths]
            with (
                Crowd(server.port, [each.request for each in submissions], CLIENTS) as senders,
                Crowd(server.port, looks, CLIENTS) as lookers,
            ):
                time.sleep(SECONDS)
                begin = time.monotonic()
                os.kill(server.pid, signal.SIGTERM)
                os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
                slowest = max(slowest, time.monotonic() - begin)
        promised |= acknowledged(submissions, senders.outcomes)
        came_to += senders.statuses() + lookers.statuses()
    what = f"SIGTERM under load, {times} times, {backend}"
    answered = sum(came_to.values()) - came_to[REFUSED] - came_to[CUT_OFF]
    well = came_to[200] + came_to[201]
    yield Result(
        what,
        f"{answered:,} answered, {well:,} of them with 200 or 201, {came_to[CUT_OFF]} cut off,"
        f" over in {slowest:.1f} s",
        came_to.keys() <= EXPECTED and well > answered * MOST and slowest < START_SECONDS,
    )
    figure, holds = audit(site, promised)
    yield Result(f"{what}: the drawings", figure, holds)
