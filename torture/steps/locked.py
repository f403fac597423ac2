"""Something else holds SQLite's write lock for long: a backup by other means, a stuck process."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from benchmarks.harness.generator import Plan, percentile, statuses
from benchmarks.harness.generator import run as generate
from benchmarks.harness.site import Site
from benchmarks.harness.submissions import BEHIND_PROXY, prepare
from torture.harness.crowd import Crowd, at_once, counted
from torture.harness.lab import SQLITE, Lab
from torture.harness.looking import looks
from torture.harness.table import Result

SECONDS = 10
DRAWINGS = 200
SENT = 10  # a second
SENDERS = 16
READ = 50  # a second
HELD_WITHIN_SECONDS = 10
PAUSE_SECONDS = 0.1  # of who holds the lock, between two writes
WAITED = (4.5, 6.0)  # who waits for the lock, before it is told to come back
BEFORE_SECONDS = 4
# On a machine that is slow with the lock free, twice what it takes then.
P95_MS = 100


def run(lab: Lab) -> Iterator[Result]:
    with lab.fresh(SQLITE, drawings=DRAWINGS) as site:
        yield from _lock(site)


def _lock(site: Site) -> Iterator[Result]:
    reads = looks(site, DRAWINGS)
    with site.started(**BEHIND_PROXY) as server:
        submissions = [each.request for each in prepare(server, SENT * SECONDS + SENDERS, 20)]
        at_once(server.port, reads[:20])
        stored = site.ask("count")
        [before] = generate(server.port, [Plan(reads, READ, BEFORE_SECONDS)])
        with (
            _write_lock(site),
            Crowd(server.port, submissions, SENDERS, SENT) as senders,
        ):
            plan = Plan(reads, READ, SECONDS, connections=SENDERS)
            [answers] = generate(server.port, [plan])
        outcomes = [each for each in senders.outcomes if each.end < senders.begin + SECONDS]
        after = at_once(server.port, submissions[-SENDERS:])
    longest = max(outcome.seconds for outcome in outcomes)
    told = sum(
        outcome.answer is not None and "Retry-After" in outcome.answer.headers
        for outcome in outcomes
    )
    yield Result(
        f"write lock held for {SECONDS} s: {SENT} submissions a second",
        f"{counted(outcomes)}, longest {longest:.1f} s,"
        f" {told} of {len(outcomes)} told when to come back",
        {outcome.status for outcome in outcomes} == {503}
        and told == len(outcomes)
        and WAITED[0] < longest < WAITED[1],
    )
    free, p95 = (percentile(each, 0.95) * 1000 for each in (before, answers))
    worst = percentile(answers, 0.9999) * 1000
    yield Result(
        f"write lock held for {SECONDS} s: {READ} pages and pictures a second",
        f"{counted(answers)}, p95 {p95:.0f} ms ({free:.0f} ms before), longest {worst:.0f} ms",
        set(statuses(answers)) == {200} and p95 < max(P95_MS, 2 * free),
    )
    acknowledged = sum(outcome.status == 201 for outcome in [*senders.outcomes, *after])
    added = site.ask("count") - stored
    yield Result(
        "write lock held: when it is free again",
        f"{added} stored of {acknowledged} acknowledged",
        added == acknowledged and all(outcome.status == 201 for outcome in after),
    )


@contextmanager
def _write_lock(site: Site) -> Iterator[None]:
    """It is held by one that writes all the time, and is not done: SQLite's log grows meanwhile."""
    is_over = Event()
    is_held = Event()

    def write_on_and_on() -> None:
        with closing(sqlite3.connect(site.data / "db.sqlite3", isolation_level=None)) as connection:
            connection.execute("PRAGMA cache_size = 10")  # what is more goes to the log at once
            connection.execute("BEGIN IMMEDIATE")
            is_held.set()
            while not is_over.wait(PAUSE_SECONDS):
                connection.execute("UPDATE drawings_drawing SET title = title")
            connection.execute("ROLLBACK")

    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(write_on_and_on)
        if not is_held.wait(timeout=HELD_WITHIN_SECONDS):
            writer.result()  # raises what went wrong
        try:
            yield
        finally:
            is_over.set()
            writer.result()
