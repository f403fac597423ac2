"""kill -9 of the server, all of its processes at once, while drawings are sent."""

import os
import random
import signal
import time
from collections.abc import Iterator

from benchmarks.harness.site import Site
from benchmarks.harness.submissions import BEHIND_PROXY, prepare
from torture.harness.crowd import Crowd
from torture.harness.lab import Lab
from torture.harness.ledger import acknowledged, audit
from torture.harness.processes import everyone
from torture.harness.table import Result

TIMES = 100
SHORT_TIMES = 5
SENT_EACH_TIME = 400
DIFFERENT = 20
SECONDS = (0.1, 0.6)  # of sending, before the blow


def run(lab: Lab) -> Iterator[Result]:
    for backend in lab.backends:
        with lab.fresh(backend) as site:
            yield _kill(site, lab.scaled(TIMES, SHORT_TIMES), backend)


def _kill(site: Site, times: int, backend: str) -> Result:
    chance = random.Random(5)  # noqa: S311 - not a secret
    promised: dict[str, str] = {}
    for _ in range(times):
        with site.started(**BEHIND_PROXY) as server:
            submissions = prepare(server, SENT_EACH_TIME, DIFFERENT)
            with Crowd(server.port, [each.request for each in submissions]) as crowd:
                time.sleep(chance.uniform(*SECONDS))
                for pid in everyone(server):  # none is left to finish what it was at
                    os.kill(pid, signal.SIGKILL)
        promised |= acknowledged(submissions, crowd.outcomes)
    figure, holds = audit(site, promised)
    return Result(f"kill -9 while drawings are sent, {times} times, {backend}", figure, holds)
