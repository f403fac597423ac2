"""PostgreSQL restarts, and Redis dies, hangs and returns, while visitors send and browse."""

import signal
import time
from collections.abc import Iterator, Sequence

from benchmarks.harness.generator import build_get_request
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, Submission, build_submissions
from torture.harness.audit import acknowledged_digests, audit_drawings
from torture.harness.client_pool import ClientPool, format_statuses, send_together
from torture.harness.read_requests import build_read_requests
from torture.harness.servers import PostgreSQL, run_postgresql, run_redis
from torture.harness.table import Result
from torture.harness.workspace import Workspace

DRAWINGS = 50
SENDS_PER_SECOND = 20
READS_PER_SECOND = 40
CLIENTS = 16
BEFORE_SECONDS = 2
AWAY_SECONDS = 2
AFTER_SECONDS = 6
RECOVERY_SECONDS = 5
MAX_SECONDS = 6  # for any response meanwhile
# Per day, so that no window ends during the step.
LIMIT = 10
RATE = {"SUBMIT_RATE": f"{LIMIT}/d"}


def run(workspace: Workspace) -> Iterator[Result]:
    with run_postgresql() as postgres, run_redis() as cache, workspace.temporary_path() as data:
        site = Site(data, postgres.url)
        data.mkdir()
        site.manage("prepare", "--verbosity=0")
        site.manage("fill_gallery", str(DRAWINGS))
        reads = build_read_requests(site, DRAWINGS)
        with site.started(**BEHIND_PROXY, **RATE, REDIS_URL=cache.url) as server:
            number = SENDS_PER_SECOND * (BEFORE_SECONDS + AWAY_SECONDS + AFTER_SECONDS)
            submissions = build_submissions(server, 4 * number, DRAWINGS)
            yield _restart_postgresql(site, server, postgres, submissions[:number], reads)
            yield _exceed_limit(server, "Redis up", 1)
            cache.kill()
            yield _send_without_redis(server, "Redis down", submissions[number : 2 * number])
            yield _exceed_limit(server, "Redis down", 2)
            cache.start()
            time.sleep(RECOVERY_SECONDS)
            cache.process.send_signal(signal.SIGSTOP)
            yield _send_without_redis(server, "Redis hangs", submissions[2 * number : 3 * number])
            yield _exceed_limit(server, "Redis hangs", 3)
            cache.process.send_signal(signal.SIGCONT)
            time.sleep(RECOVERY_SECONDS)
            count_before = cache.client.dbsize()
            yield _exceed_limit(server, "Redis back", 4)
            used = cache.client.dbsize() - count_before
            yield Result("Redis back: it counts again", f"{used} new counters in it", used > 0)


def _restart_postgresql(
    site: Site,
    server: Server,
    postgres: PostgreSQL,
    submissions: Sequence[Submission],
    reads: Sequence[bytes],
) -> Result:
    requests = [each.request for each in submissions]
    with (
        ClientPool(server.port, requests, CLIENTS, SENDS_PER_SECOND) as senders,
        ClientPool(server.port, reads, CLIENTS, READS_PER_SECOND) as readers,
    ):
        time.sleep(BEFORE_SECONDS)
        postgres.stop()
        time.sleep(AWAY_SECONDS)
        postgres.start()
        restarted = time.monotonic()
        time.sleep(AFTER_SECONDS)
    outcomes = senders.outcomes + readers.outcomes
    failed = [outcome for outcome in outcomes if outcome.status not in (200, 201)]
    recovery = max([0.0, *(outcome.end - restarted for outcome in failed)])
    longest = max(outcome.seconds for outcome in outcomes)
    figure, holds = audit_drawings(site, acknowledged_digests(submissions, senders.outcomes))
    return Result(
        f"PostgreSQL away for {AWAY_SECONDS} s, {SENDS_PER_SECOND} submissions and"
        f" {READS_PER_SECOND} reads a second",
        f"{format_statuses(outcomes)}; last failure {recovery:.1f} s after it was back;"
        f" longest {longest:.1f} s; {figure}",
        holds
        and {outcome.status for outcome in failed} == {503}
        and recovery < RECOVERY_SECONDS
        and longest < MAX_SECONDS,
    )


def _send_without_redis(server: Server, what: str, submissions: Sequence[Submission]) -> Result:
    with ClientPool(
        server.port, [each.request for each in submissions], CLIENTS, SENDS_PER_SECOND
    ) as senders:
        time.sleep(AFTER_SECONDS)
    longest = max(outcome.seconds for outcome in senders.outcomes)
    return Result(
        f"{what}, {SENDS_PER_SECOND} submissions a second",
        f"{format_statuses(senders.outcomes)}; longest {longest:.1f} s",
        {outcome.status for outcome in senders.outcomes} == {201} and longest < MAX_SECONDS,
    )


def _exceed_limit(server: Server, what: str, client: int) -> Result:
    """Send three times as many requests as the client's limit; refused ones count, too."""
    request = build_get_request("/postmethod", X_Forwarded_For=f"192.0.2.{client}").replace(
        b"GET", b"POST", 1
    )
    outcomes = send_together(server.port, [request] * 3 * LIMIT)
    passed = sum(outcome.status == 422 for outcome in outcomes)
    limited = sum(outcome.status == 429 for outcome in outcomes)
    return Result(
        f"{what}: {len(outcomes)} submissions of a client that may send {LIMIT}",
        f"{passed} accepted, {limited} refused",
        (passed, limited) == (LIMIT, 2 * LIMIT),
    )
