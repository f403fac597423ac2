"""Everything that people do, for long, at half of the most that the server takes."""

from collections.abc import Iterator, Sequence

from benchmarks.harness import generator
from benchmarks.harness.generator import Answer, Plan, percentile
from benchmarks.harness.submissions import BEHIND_PROXY
from benchmarks.harness.table import WrongAnswerError
from benchmarks.steps.memory import DRAWINGS, GROWTH, check, megabytes, mixed_requests
from torture.harness.lab import Lab
from torture.harness.table import Result

SHORT_DRAWINGS = 200
SHORT_SECONDS = 10
PEAK_SECONDS = 10
SHORT_PEAK_SECONDS = 3
MOST_BUSY = 0.001
SHORT_MOST_BUSY = 0.01  # one disk that stalls once is a tenth of the time
P95_SECONDS = 1.0  # else it falls behind
LEAST_MEGABYTES = 5  # that count as growth: in a short run caches still fill


def run(lab: Lab) -> Iterator[Result]:
    for backend in lab.backends:
        yield _soak(lab, backend)


def _soak(lab: Lab, backend: str) -> Result:
    seconds = SHORT_SECONDS if lab.is_short else lab.soak_seconds
    drawings = lab.scaled(DRAWINGS, SHORT_DRAWINGS)
    with lab.fresh(backend, drawings) as site, site.started(**BEHIND_PROXY) as server:
        requests = list(mixed_requests(site, server, drawings))
        peak_seconds = lab.scaled(PEAK_SECONDS, SHORT_PEAK_SECONDS)
        [answers] = generator.run(server.port, [Plan(requests, None, peak_seconds)], keeps=False)
        peak = len(_answered(answers)) / peak_seconds
        before = megabytes(server)
        plan = Plan(requests, peak / 2, seconds, connections=32)
        [answers] = generator.run(server.port, [plan], keeps=False)
        busy = len(answers) - len(_answered(answers))
        after = megabytes(server)
    if after.keys() != before.keys():
        raise WrongAnswerError("A worker has died in the soak")
    growth = max(after[pid] - before[pid] for pid in before)
    share = max(after[pid] / before[pid] for pid in before) - 1
    p95 = percentile(answers, 0.95)
    return Result(
        f"soak for {seconds / 60:.3g} minutes at half of {peak:,.0f} requests/s, {backend}",
        f"{len(answers):,} requests, {busy} told to come back, no other error,"
        f" p95 {p95 * 1000:.0f} ms, {max(after.values()):.0f} MB a worker, {share:+.1%}",
        (share < GROWTH or growth < LEAST_MEGABYTES)
        and busy < (SHORT_MOST_BUSY if lab.is_short else MOST_BUSY) * len(answers)
        and p95 < P95_SECONDS,
    )


def _answered(answers: Sequence[Answer]) -> list[Answer]:
    """Those who were not told to come back: strokes are traced one at a time.

    Raises WrongAnswerError for any other error.
    """
    answered = [answer for answer in answers if answer.status != 503]
    check(answered)
    return answered
