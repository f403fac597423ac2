"""Drawings that are sent while pictures are looked at, as fast as people send and look."""

import io
import json
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.client import Client
from benchmarks.generator import Answer, Plan, get, percentile, run, statuses
from benchmarks.lab import Lab
from benchmarks.site import Server, Site
from benchmarks.submissions import BEHIND_PROXY, Submission, address, prepare
from benchmarks.table import Row, WrongAnswerError

SENT = 300  # a second
READ = 900  # a second
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
    with lab.fresh(backend, drawings=READ * SECONDS) as site:
        ids = site.ask("ids", READ * SECONDS)
        with site.serving(**BEHIND_PROXY) as server:
            yield from _both(site, server, ids, backend)
        with site.serving(**BEHIND_PROXY) as server:
            yield _most(site, server, backend)


def _both(site: Site, server: Server, ids: list[str], backend: str) -> Iterator[Row]:
    submissions = prepare(server, SENT * SECONDS, DIFFERENT)
    pictures = [
        get(f"/drawings/{id}/image.png", X_Forwarded_For=address(number))
        for number, id in enumerate(ids)
    ]
    stored = site.ask("count")
    sends = Plan([each.request for each in submissions], SENT, SECONDS, CONNECTIONS)
    reads = Plan(pictures, READ, SECONDS, CONNECTIONS)
    sent, read = run(server.port, [sends, reads])
    _check(site, server, submissions, sent, stored)
    _none_failed(read, {200})
    for what, answers, rate in (("sent", sent, SENT), ("pictures read meanwhile", read, READ)):
        until = max(answer.number / rate + answer.seconds for answer in answers)
        speed = len(answers) / max(SECONDS, until)
        p95 = percentile(answers, 0.95) * 1000
        p50 = percentile(answers, 0.50) * 1000
        yield Row(
            f"{what}, for {SECONDS} s, {backend}",
            f"{speed:,.0f}/s, p95 {p95:.0f} ms, median {p50:.0f} ms",
            target=f">= {rate}/s, p95 < {P95_MS} ms",
            is_met=speed >= KEPT * rate and p95 < P95_MS,
        )


def _most(site: Site, server: Server, backend: str) -> Row:
    submissions = prepare(server, MOST_SENT * MOST_SECONDS, DIFFERENT)
    stored = site.ask("count")
    requests = [each.request for each in submissions]
    [sent] = run(server.port, [Plan(requests, None, MOST_SECONDS, CONNECTIONS)])
    _check(site, server, submissions, sent, stored)
    return Row(
        f"most that it takes when only sent, {backend}", f"{len(sent) / MOST_SECONDS:,.0f}/s"
    )


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
