"""A flood of made-up URLs: figures, colormaps and query strings without end."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from matplotlib import colormaps

from benchmarks.harness.generator import (
    Plan,
    build_get_request,
    count_statuses,
    percentile,
    run_plans,
)
from benchmarks.harness.site import MAX_MEMORY_GROWTH, Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, client_address
from torture.harness.client_pool import format_statuses
from torture.harness.processes import list_processes
from torture.harness.table import Result
from torture.harness.workspace import SQLITE, Workspace

DRAWINGS = 50
SECONDS = 60
SHORT_SECONDS = 8
WARM_SECONDS = 10
SHORT_WARM_SECONDS = 4
DIFFERENT = 5_000
READS_PER_SECOND = 10
MAX_P95_MS = 1_000
MAX_BUSY_SECONDS = 3  # after the last request
EXPECTED_STATUSES = {200, 304, 400, 404, 503}


def run(workspace: Workspace) -> Iterator[Result]:
    with (
        workspace.fresh_site(SQLITE, drawings=DRAWINGS) as site,
        site.started(**BEHIND_PROXY) as server,
    ):
        yield from _flood(workspace, site, server)


def _flood(workspace: Workspace, site: Site, server: Server) -> Iterator[Result]:
    ids = site.run_function("newest_ids", DRAWINGS)
    flood_requests = list(_build_flood_requests(ids))
    image_requests = [
        build_get_request(f"/drawings/{id}/image.png", X_Forwarded_For=client_address(1))
        for id in ids
    ]
    warm_seconds = workspace.scaled(WARM_SECONDS, SHORT_WARM_SECONDS)
    run_plans(server.port, [Plan(flood_requests, None, warm_seconds)], keep_bodies=False)
    warm = server.worker_megabytes()
    seconds = workspace.scaled(SECONDS, SHORT_SECONDS)
    plans = [Plan(flood_requests, None, seconds), Plan(image_requests, READS_PER_SECOND, seconds)]
    flood, images = run_plans(server.port, plans, keep_bodies=False)
    busy_seconds = _wait_until_idle(server)
    growth = max(late / warm[pid] for pid, late in server.worker_megabytes().items()) - 1
    responses = count_statuses(flood)
    what = f"{len(flood):,} made-up queries in {seconds} s without pause"
    yield Result(
        what,
        f"{format_statuses(flood)}; memory {growth:+.1%}",
        set(responses) <= EXPECTED_STATUSES and growth < MAX_MEMORY_GROWTH,
    )
    p95 = percentile(images, 0.95) * 1000
    yield Result(
        f"{what}: images for others",
        f"p95 {p95:.0f} ms; all idle {busy_seconds:.1f} s after the last query",
        set(count_statuses(images)) == {200}
        and p95 < MAX_P95_MS
        and busy_seconds < MAX_BUSY_SECONDS,
    )


def _build_flood_requests(ids: list[str]) -> Iterator[bytes]:
    chance = random.Random(7)  # noqa: S311 - not a secret
    names = list(colormaps)
    for number in range(DIFFERENT):
        drawing = f"/drawings/{chance.choice(ids)}"
        low, high = sorted(chance.uniform(-1e6, 1e6) for _ in range(2))
        path = chance.choice(
            [
                f"{drawing}/image.png?vmin={low}&vmax={high}&scale=8",
                f"{drawing}/image.png?cmap={chance.choice(names)}&vmin={low}&vmax={high}",
                f"{drawing}/image.png?cmap=no{number}",
                f"{drawing}/image.png?{number}&scale={number}",
                f"{drawing}/image.png?vmin=nan&vmax=1e{number}",
                f"{drawing}/plot.png?cmap={chance.choice(names)}&{number}",
                f"{drawing}/strokes.svg?cmap={chance.choice(names)}&{number}",
                f"{drawing}/pixels.npy?{number}={'x' * 2_000}",
                f"{drawing}/?cmap={chance.choice(names)}&{number}",
                f"/gallery/?q={'a+' * 49}{number}",
                f"/gallery/?before={drawing[10:]}&after={drawing[10:]}&cmap={chance.choice(names)}",
                f"/colormaps/{chance.choice(names)}.png?{number}",
                f"/colormaps/no{number}.png",
                f"/?on={number}",
                f"/{'%00' * 500}{number}",
            ]
        )
        yield build_get_request(path, X_Forwarded_For=client_address(number))


def _wait_until_idle(server: Server) -> float:
    """Wait until all of the server's processes are idle; the seconds that took."""
    begin = time.monotonic()
    while time.monotonic() < begin + 10 * MAX_BUSY_SECONDS:
        before = _read_cpu_ticks(server)
        time.sleep(0.25)
        if _read_cpu_ticks(server) - before <= 1:
            break
    return time.monotonic() - begin


def _read_cpu_ticks(server: Server) -> int:
    """The CPU time of the server's processes so far, in clock ticks (hundredths of a second)."""
    stats = [
        Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2] for pid in list_processes(server)
    ]
    return sum(int(ticks) for stat in stats for ticks in stat.split()[11:13])
