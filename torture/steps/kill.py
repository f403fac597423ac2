"""kill -9 of all the server's processes at once, while drawings are sent."""

import os
import random
import signal
import time
from collections.abc import Iterator

from benchmarks.harness.site import Site
from benchmarks.harness.submissions import BEHIND_PROXY, build_submissions
from torture.harness.audit import acknowledged_digests, audit_drawings
from torture.harness.client_pool import ClientPool
from torture.harness.processes import list_processes
from torture.harness.table import Result
from torture.harness.workspace import Workspace

TIMES = 100
SHORT_TIMES = 5
SUBMISSIONS = 400
DIFFERENT = 20
SECONDS = (0.1, 0.6)  # of sending before each kill


def run(workspace: Workspace) -> Iterator[Result]:
    for backend in workspace.backends:
        with workspace.fresh_site(backend) as site:
            yield _kill_repeatedly(site, workspace.scaled(TIMES, SHORT_TIMES), backend)


def _kill_repeatedly(site: Site, times: int, backend: str) -> Result:
    chance = random.Random(5)  # noqa: S311 - not a secret
    acknowledged: dict[str, str] = {}
    for _ in range(times):
        with site.started(**BEHIND_PROXY) as server:
            submissions = build_submissions(server, SUBMISSIONS, DIFFERENT)
            with ClientPool(server.port, [each.request for each in submissions]) as clients:
                time.sleep(chance.uniform(*SECONDS))
                for pid in list_processes(server):
                    os.kill(pid, signal.SIGKILL)
        acknowledged |= acknowledged_digests(submissions, clients.outcomes)
    figure, holds = audit_drawings(site, acknowledged)
    return Result(f"kill -9 while drawings are sent, {times} times, {backend}", figure, holds)
