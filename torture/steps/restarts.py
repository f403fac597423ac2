"""PostgreSQL is restarted, Redis dies, hangs and comes back, while people send and look."""

import signal
import time
from collections.abc import Iterator, Sequence

from benchmarks.harness.generator import get
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, Submission, prepare
from torture.harness.crowd import Crowd, at_once, counted
from torture.harness.lab import Lab
from torture.harness.ledger import acknowledged, audit
from torture.harness.looking import looks
from torture.harness.servers import PostgreSQL, postgresql, redis_server
from torture.harness.table import Result

DRAWINGS = 50
SENT = 20  # a second
LOOKED = 40  # a second
CLIENTS = 16
BEFORE_SECONDS = 2
AWAY_SECONDS = 2
AFTER_SECONDS = 6
RECOVERY_SECONDS = 5
LONGEST_SECONDS = 6  # that anybody waits for an answer meanwhile
# No window of a day ends in the middle.
LIMIT = 10
RATE = {"SUBMIT_RATE": f"{LIMIT}/d"}


def run(lab: Lab) -> Iterator[Result]:
    with postgresql() as postgres, redis_server() as cache, lab.place() as data:
        site = Site(data, postgres.url)
        data.mkdir()
        site.manage("prepare", "--verbosity=0")
        site.manage("fill_gallery", str(DRAWINGS))
        reads = looks(site, DRAWINGS)
        with site.started(**BEHIND_PROXY, **RATE, REDIS_URL=cache.url) as server:
            number = SENT * (BEFORE_SECONDS + AWAY_SECONDS + AFTER_SECONDS)
            submissions = prepare(server, 4 * number, DRAWINGS)
            yield _restart(site, server, postgres, submissions[:number], reads)
            yield _limited(server, "Redis there", 1)
            cache.kill()
            yield _without_redis(server, "Redis gone", submissions[number : 2 * number])
            yield _limited(server, "Redis gone", 2)
            cache.start()
            time.sleep(RECOVERY_SECONDS)
            cache.process.send_signal(signal.SIGSTOP)
            yield _without_redis(server, "Redis hangs", submissions[2 * number : 3 * number])
            yield _limited(server, "Redis hangs", 3)
            cache.process.send_signal(signal.SIGCONT)
            time.sleep(RECOVERY_SECONDS)
            kept = cache.client.dbsize()
            yield _limited(server, "Redis back", 4)
            used = cache.client.dbsize() - kept
            yield Result("Redis back: it counts again", f"{used} counts in it", used > 0)


def _restart(
    site: Site,
    server: Server,
    postgres: PostgreSQL,
    submissions: Sequence[Submission],
    reads: Sequence[bytes],
) -> Result:
    requests = [each.request for each in submissions]
    with (
        Crowd(server.port, requests, CLIENTS, SENT) as senders,
        Crowd(server.port, reads, CLIENTS, LOOKED) as lookers,
    ):
        time.sleep(BEFORE_SECONDS)
        postgres.stop()
        time.sleep(AWAY_SECONDS)
        postgres.start()
        back = time.monotonic()
        time.sleep(AFTER_SECONDS)
    outcomes = senders.outcomes + lookers.outcomes
    failed = [outcome for outcome in outcomes if outcome.status not in (200, 201)]
    recovery = max([0.0, *(outcome.end - back for outcome in failed)])
    longest = max(outcome.seconds for outcome in outcomes)
    figure, holds = audit(site, acknowledged(submissions, senders.outcomes))
    return Result(
        f"PostgreSQL away for {AWAY_SECONDS} s, {SENT} submissions and {LOOKED} looks a second",
        f"{counted(outcomes)}; last failure {recovery:.1f} s after it was back;"
        f" longest {longest:.1f} s; {figure}",
        holds
        and {outcome.status for outcome in failed} == {503}
        and recovery < RECOVERY_SECONDS
        and longest < LONGEST_SECONDS,
    )


def _without_redis(server: Server, what: str, submissions: Sequence[Submission]) -> Result:
    with Crowd(server.port, [each.request for each in submissions], CLIENTS, SENT) as senders:
        time.sleep(AFTER_SECONDS)
    longest = max(outcome.seconds for outcome in senders.outcomes)
    return Result(
        f"{what}, {SENT} submissions a second",
        f"{counted(senders.outcomes)}; longest {longest:.1f} s",
        {outcome.status for outcome in senders.outcomes} == {201} and longest < LONGEST_SECONDS,
    )


def _limited(server: Server, what: str, client: int) -> Result:
    """One client sends, three times as often as it may; what is refused counts as well."""
    request = get("/postmethod", X_Forwarded_For=f"192.0.2.{client}").replace(b"GET", b"POST", 1)
    outcomes = at_once(server.port, [request] * 3 * LIMIT)
    passed = sum(outcome.status == 422 for outcome in outcomes)
    limited = sum(outcome.status == 429 for outcome in outcomes)
    return Result(
        f"{what}: {len(outcomes)} submissions of a client that may send {LIMIT}",
        f"{passed} let through, {limited} refused",
        (passed, limited) == (LIMIT, 2 * LIMIT),
    )
