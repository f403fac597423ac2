"""SIGTERM while drawings are sent, shown and plotted: requests in flight are answered."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks.harness.generator import build_get_request
from benchmarks.harness.site import START_SECONDS, Site
from benchmarks.harness.submissions import BEHIND_PROXY, build_submissions, client_address
from torture.harness.audit import acknowledged_digests, audit_drawings
from torture.harness.client_pool import CUT_OFF, REFUSED, ClientPool
from torture.harness.table import Result
from torture.harness.workspace import Workspace

TIMES = 20
SHORT_TIMES = 2
DRAWINGS = 100
SUBMISSIONS = 600
DIFFERENT = 20
SECONDS = 1.0
CLIENTS = 16
# Figures are rate-limited, and refused while others are drawn.
EXPECTED_STATUSES = {200, 201, 429, 503, REFUSED}
MIN_SUCCESS_SHARE = 0.5


def run(workspace: Workspace) -> Iterator[Result]:
    for backend in workspace.backends:
        with workspace.fresh_site(backend) as site:
            yield from _stop_repeatedly(site, workspace.scaled(TIMES, SHORT_TIMES), backend)


def _stop_repeatedly(site: Site, times: int, backend: str) -> Iterator[Result]:
    site.manage("fill_gallery", str(DRAWINGS))
    ids = site.run_function("newest_ids", DRAWINGS)
    acknowledged: dict[str, str] = {}
    statuses: Counter[int | str] = Counter()
    slowest = 0.0
    for _ in range(times):
        with site.started(**BEHIND_PROXY) as server:
            submissions = build_submissions(server, SUBMISSIONS, DIFFERENT)
            paths = [f"/drawings/{id}/{name}" for id in ids for name in ("", "image.png")]
            paths += [f"/drawings/{id}/plot.png" for id in ids[:10]]
            reads = [build_get_request(path, X_Forwarded_For=client_address(1)) for path in paths]
            with (
                ClientPool(server.port, [each.request for each in submissions], CLIENTS) as senders,
                ClientPool(server.port, reads, CLIENTS) as readers,
            ):
                time.sleep(SECONDS)
                begin = time.monotonic()
                os.kill(server.pid, signal.SIGTERM)
                os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
                slowest = max(slowest, time.monotonic() - begin)
        acknowledged |= acknowledged_digests(submissions, senders.outcomes)
        statuses += senders.count_statuses() + readers.count_statuses()
    what = f"SIGTERM under load, {times} times, {backend}"
    answered = sum(statuses.values()) - statuses[REFUSED] - statuses[CUT_OFF]
    succeeded = statuses[200] + statuses[201]
    yield Result(
        what,
        f"{answered:,} answered, {succeeded:,} of them with 200 or 201,"
        f" {statuses[CUT_OFF]} cut off, stopped in {slowest:.1f} s",
        statuses.keys() <= EXPECTED_STATUSES
        and succeeded > answered * MIN_SUCCESS_SHARE
        and slowest < START_SECONDS,
    )
    figure, holds = audit_drawings(site, acknowledged)
    yield Result(f"{what}: the drawings", figure, holds)
