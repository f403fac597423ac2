"""The highest rate of submissions, and their latency at 70 % of it."""

import io
import json
import math
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.harness.client import Client
from benchmarks.harness.generator import Plan, Response, count_statuses, percentile, run_plans
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, Submission, build_submissions
from benchmarks.harness.table import Row, WrongAnswerError
from benchmarks.harness.workspace import Workspace

SHARE = 0.7  # of the highest rate: a busy site that still has reserves
SECONDS = 20
PEAK_SECONDS = 5
PEAK_PREPARED = 1_500  # submissions prepared for each second, more than any site accepts
MAX_P95_MS = 50
CONNECTIONS = 32
DIFFERENT = 200
SAMPLE = 100
# The last responses arrive after the end, so even a rate that is kept measures a little lower.
KEPT_SHARE = 0.98


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    with workspace.fresh_site(backend) as site, site.serving(**BEHIND_PROXY) as server:
        peak = _measure_peak(site, server)
        yield Row(f"highest rate, {backend}", f"{peak:,.0f}/s")
        yield _measure_paced(site, server, SHARE * peak, backend)


def _measure_peak(site: Site, server: Server) -> float:
    """Submissions a second when each connection sends as soon as it has a response."""
    responses = _send_checked(site, server, None, PEAK_SECONDS, PEAK_PREPARED * PEAK_SECONDS)
    # The responses that arrive after the end do not count: one for each connection.
    return (len(responses) - CONNECTIONS) / PEAK_SECONDS


def _measure_paced(site: Site, server: Server, rate: float, backend: str) -> Row:
    responses = _send_checked(site, server, rate, SECONDS, math.ceil(rate * SECONDS))
    end = max(response.number / rate + response.seconds for response in responses)
    speed = len(responses) / max(SECONDS, end)
    p50, p95 = (percentile(responses, share) * 1000 for share in (0.50, 0.95))
    return Row(
        f"sent at {SHARE:.0%} of that, for {SECONDS} s, {backend}",
        f"{speed:,.0f}/s, p95 {p95:.0f} ms, median {p50:.0f} ms",
        target=f">= {KEPT_SHARE * rate:,.0f}/s, p95 < {MAX_P95_MS} ms",
        is_met=speed >= KEPT_SHARE * rate and p95 < MAX_P95_MS,
    )


def _send_checked(
    site: Site, server: Server, rate: float | None, seconds: int, number: int
) -> list[Response]:
    """The responses to at most `number` submissions, after checking that each is stored."""
    submissions = build_submissions(server, number, DIFFERENT)
    count_before = site.run_function("count_drawings")
    requests = [each.request for each in submissions]
    [responses] = run_plans(server.port, [Plan(requests, rate, seconds, CONNECTIONS)])
    _check_stored(site, server, submissions, responses, count_before)
    return responses


def _check_stored(
    site: Site,
    server: Server,
    submissions: Sequence[Submission],
    responses: Sequence[Response],
    count_before: int,
) -> None:
    """Check that exactly the acknowledged drawings are stored, and some of them pixel by pixel."""
    if not responses or count_statuses(responses).keys() != {201}:
        raise WrongAnswerError(f"responses by status: {dict(count_statuses(responses))}")
    if (added := site.run_function("count_drawings") - count_before) != len(responses):
        raise WrongAnswerError(f"{len(responses)} drawings acknowledged, but {added} stored")
    with Client(server) as client:
        for response in responses[:: max(1, len(responses) // SAMPLE)]:
            path = f"/drawings/{json.loads(response.body)['id']}/pixels.npy"
            field = np.load(io.BytesIO(client.get(path).body), allow_pickle=False)
            if not np.array_equal(field, submissions[response.number].field):
                raise WrongAnswerError(f"{path} has other pixels than were sent")
