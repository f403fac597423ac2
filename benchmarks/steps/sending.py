"""The most drawings that the site takes in a second, and how long each takes at 70 % of that."""

import io
import json
import math
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.harness.client import Client
from benchmarks.harness.generator import Answer, Plan, percentile, run, statuses
from benchmarks.harness.lab import Lab
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, Submission, prepare
from benchmarks.harness.table import Row, WrongAnswerError

SHARE = 0.7  # of the most: a busy site that still has room
SECONDS = 20
MOST_SECONDS = 5
MOST_SENT = 1_500  # a second, more than are taken
P95_MS = 50
CONNECTIONS = 32
DIFFERENT = 200
SAMPLE = 100
# A rate that is kept falls short of itself only by the last answer's way.
KEPT = 0.98


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    with lab.fresh(backend) as site, site.serving(**BEHIND_PROXY) as server:
        most = _most(site, server)
        yield Row(f"most that it takes, {backend}", f"{most:,.0f}/s")
        yield _paced(site, server, SHARE * most, backend)


def _most(site: Site, server: Server) -> float:
    """Submissions per second when each connection sends as soon as it is answered."""
    answers = _send(site, server, None, MOST_SECONDS, MOST_SENT * MOST_SECONDS)
    # At the end each connection still waits for one.
    return (len(answers) - CONNECTIONS) / MOST_SECONDS


def _paced(site: Site, server: Server, rate: float, backend: str) -> Row:
    answers = _send(site, server, rate, SECONDS, math.ceil(rate * SECONDS))
    until = max(answer.number / rate + answer.seconds for answer in answers)
    speed = len(answers) / max(SECONDS, until)
    p50, p95 = (percentile(answers, share) * 1000 for share in (0.50, 0.95))
    return Row(
        f"sent at {SHARE:.0%} of that, for {SECONDS} s, {backend}",
        f"{speed:,.0f}/s, p95 {p95:.0f} ms, median {p50:.0f} ms",
        target=f">= {KEPT * rate:,.0f}/s, p95 < {P95_MS} ms",
        is_met=speed >= KEPT * rate and p95 < P95_MS,
    )


def _send(
    site: Site, server: Server, rate: float | None, seconds: int, number: int
) -> list[Answer]:
    """The answers to at most `number` submissions, each checked to be stored."""
    submissions = prepare(server, number, DIFFERENT)
    stored = site.ask("count")
    requests = [each.request for each in submissions]
    [answers] = run(server.port, [Plan(requests, rate, seconds, CONNECTIONS)])
    _check(site, server, submissions, answers, stored)
    return answers


def _check(
    site: Site,
    server: Server,
    submissions: Sequence[Submission],
    sent: Sequence[Answer],
    stored: int,
) -> None:
    """Each that was acknowledged is stored, nothing else is, and pixel by pixel as it was sent."""
    _none_failed(sent, {201})
    if (added := site.ask("count") - stored) != len(sent):
        raise WrongAnswerError(f"{len(sent)} drawings were acknowledged, and {added} are stored")
    with Client(server) as client:
        for answer in sent[:: max(1, len(sent) // SAMPLE)]:
            path = f"/drawings/{json.loads(answer.body)['id']}/pixels.npy"
            field = np.load(io.BytesIO(client.get(path).body), allow_pickle=False)
            if not np.array_equal(field, submissions[answer.number].field):
                raise WrongAnswerError(f"{path} is not what was sent")


def _none_failed(answers: Sequence[Answer], good: set[int]) -> None:
    if not answers or not set(statuses(answers)) <= good:
        raise WrongAnswerError(f"answers by status: {dict(statuses(answers))}")
