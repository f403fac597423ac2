"""The mixed load for long, at half of the server's peak rate."""

from collections.abc import Iterator, Sequence

from benchmarks.harness import generator
from benchmarks.harness.generator import Plan, Response, percentile
from benchmarks.harness.mixed_load import DRAWINGS, build_mixed_requests, check_statuses
from benchmarks.harness.site import MAX_MEMORY_GROWTH
from benchmarks.harness.submissions import BEHIND_PROXY
from benchmarks.harness.table import WrongAnswerError
from torture.harness.table import Result
from torture.harness.workspace import Workspace

SHORT_DRAWINGS = 200
SHORT_SECONDS = 10
PEAK_SECONDS = 10
SHORT_PEAK_SECONDS = 3
MAX_REFUSED_SHARE = 0.001
SHORT_MAX_REFUSED_SHARE = 0.01  # one stall of the disk is a tenth of a short run
MAX_P95_SECONDS = 1.0  # a longer one means that the server falls behind
MIN_GROWTH_MEGABYTES = 5  # growth below is ignored: caches still fill in a short run


def run(workspace: Workspace) -> Iterator[Result]:
    for backend in workspace.backends:
        yield _soak(workspace, backend)


def _soak(workspace: Workspace, backend: str) -> Result:
    seconds = SHORT_SECONDS if workspace.is_short else workspace.soak_seconds
    drawings = workspace.scaled(DRAWINGS, SHORT_DRAWINGS)
    with workspace.fresh_site(backend, drawings) as site, site.started(**BEHIND_PROXY) as server:
        requests = list(build_mixed_requests(site, server, drawings))
        peak_seconds = workspace.scaled(PEAK_SECONDS, SHORT_PEAK_SECONDS)
        [responses] = generator.run_plans(
            server.port, [Plan(requests, None, peak_seconds)], keep_bodies=False
        )
        peak = len(_answered(responses)) / peak_seconds
        before = server.worker_megabytes()
        plan = Plan(requests, peak / 2, seconds, connections=32)
        [responses] = generator.run_plans(server.port, [plan], keep_bodies=False)
        refused = len(responses) - len(_answered(responses))
        after = server.worker_megabytes()
    if after.keys() != before.keys():
        raise WrongAnswerError("A worker died during the soak")
    growth = max(after[pid] - before[pid] for pid in before)
    share = max(after[pid] / before[pid] for pid in before) - 1
    p95 = percentile(responses, 0.95)
    return Result(
        f"soak for {seconds / 60:.3g} minutes at half of {peak:,.0f} requests/s, {backend}",
        f"{len(responses):,} requests, {refused} refused with 503, no other error,"
        f" p95 {p95 * 1000:.0f} ms, {max(after.values()):.0f} MB a worker, {share:+.1%}",
        (share < MAX_MEMORY_GROWTH or growth < MIN_GROWTH_MEGABYTES)
        and refused
        < (SHORT_MAX_REFUSED_SHARE if workspace.is_short else MAX_REFUSED_SHARE) * len(responses)
        and p95 < MAX_P95_SECONDS,
    )


def _answered(responses: Sequence[Response]) -> list[Response]:
    """The responses without 503s, which are allowed because strokes are traced one at a time.

    Raises WrongAnswerError for any other error.
    """
    answered = [response for response in responses if response.status != 503]
    check_statuses(answered)
    return answered
