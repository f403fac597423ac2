"""Another process holds SQLite's write lock for long: a foreign backup, or a stuck process."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from benchmarks.harness.generator import Plan, count_statuses, percentile, run_plans
from benchmarks.harness.site import Site
from benchmarks.harness.submissions import BEHIND_PROXY, build_submissions
from torture.harness.client_pool import ClientPool, format_statuses, send_together
from torture.harness.read_requests import build_read_requests
from torture.harness.table import Result
from torture.harness.workspace import SQLITE, Workspace

SECONDS = 10
DRAWINGS = 200
SENDS_PER_SECOND = 10
SENDERS = 16
READS_PER_SECOND = 50
LOCK_TIMEOUT_SECONDS = 10
PAUSE_SECONDS = 0.1  # between two writes of the lock's holder
LONGEST_WAIT_SECONDS = (4.5, 6.0)  # range for a submission that waits for the lock, then gets 503
BEFORE_SECONDS = 4
# Or twice the time with the lock free, on a slow machine.
MAX_P95_MS = 100


def run(workspace: Workspace) -> Iterator[Result]:
    with workspace.fresh_site(SQLITE, drawings=DRAWINGS) as site:
        yield from _measure_while_locked(site)


def _measure_while_locked(site: Site) -> Iterator[Result]:
    reads = build_read_requests(site, DRAWINGS)
    with site.started(**BEHIND_PROXY) as server:
        submissions = [
            each.request
            for each in build_submissions(server, SENDS_PER_SECOND * SECONDS + SENDERS, 20)
        ]
        send_together(server.port, reads[:20])
        count_before = site.run_function("count_drawings")
        [before] = run_plans(server.port, [Plan(reads, READS_PER_SECOND, BEFORE_SECONDS)])
        with (
            _hold_write_lock(site),
            ClientPool(server.port, submissions, SENDERS, SENDS_PER_SECOND) as senders,
        ):
            plan = Plan(reads, READS_PER_SECOND, SECONDS, connections=SENDERS)
            [responses] = run_plans(server.port, [plan])
        outcomes = [each for each in senders.outcomes if each.end < senders.begin + SECONDS]
        after = send_together(server.port, submissions[-SENDERS:])
    longest = max(outcome.seconds for outcome in outcomes)
    with_retry_after = sum(
        outcome.response is not None and "Retry-After" in outcome.response.headers
        for outcome in outcomes
    )
    yield Result(
        f"write lock held for {SECONDS} s: {SENDS_PER_SECOND} submissions a second",
        f"{format_statuses(outcomes)}, longest {longest:.1f} s,"
        f" {with_retry_after} of {len(outcomes)} with Retry-After",
        {outcome.status for outcome in outcomes} == {503}
        and with_retry_after == len(outcomes)
        and LONGEST_WAIT_SECONDS[0] < longest < LONGEST_WAIT_SECONDS[1],
    )
    free, p95 = (percentile(each, 0.95) * 1000 for each in (before, responses))
    worst = percentile(responses, 0.9999) * 1000
    yield Result(
        f"write lock held for {SECONDS} s: {READS_PER_SECOND} pages and images a second",
        f"{format_statuses(responses)}, p95 {p95:.0f} ms ({free:.0f} ms before),"
        f" longest {worst:.0f} ms",
        set(count_statuses(responses)) == {200} and p95 < max(MAX_P95_MS, 2 * free),
    )
    acknowledged = sum(outcome.status == 201 for outcome in [*senders.outcomes, *after])
    added = site.run_function("count_drawings") - count_before
    yield Result(
        "write lock held: when it is free again",
        f"{added} stored of {acknowledged} acknowledged",
        added == acknowledged and all(outcome.status == 201 for outcome in after),
    )


@contextmanager
def _hold_write_lock(site: Site) -> Iterator[None]:
    """Hold the write lock in a transaction that keeps writing, so that SQLite's log grows."""
    is_over = Event()
    has_lock = Event()

    def keep_writing() -> None:
        with closing(sqlite3.connect(site.data / "db.sqlite3", isolation_level=None)) as connection:
            connection.execute(
                "PRAGMA cache_size = 10"
            )  # so that further pages spill to the log at once
            connection.execute("BEGIN IMMEDIATE")
            has_lock.set()
            while not is_over.wait(PAUSE_SECONDS):
                connection.execute("UPDATE drawings_drawing SET title = title")
            connection.execute("ROLLBACK")

    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(keep_writing)
        if not has_lock.wait(timeout=LOCK_TIMEOUT_SECONDS):
            writer.result()  # raises its error
        try:
            yield
        finally:
            is_over.set()
            writer.result()
