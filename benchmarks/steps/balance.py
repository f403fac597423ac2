"""Load over keep-alive connections: whether each run uses all workers, and so all cores.

Measured directly, and through nginx as deploy/ ships it, whose connections are keep-alive, too.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.harness import wrk
from benchmarks.harness.site import Server, Site
from benchmarks.harness.table import Row
from benchmarks.harness.workspace import SMALL, SQLITE, Workspace
from tests.support.nginx import Nginx

RUNS = 12
SECONDS = 2
# Connections: the least ratio of the slowest run to the median run.
TARGETS = {2: 0.6, 8: 0.8, 32: 0.8}
# Enough connections to keep every core busy.
BUSY_CONNECTIONS = 8
MAX_IDLE = 0.1
DRAWINGS = 500

# nginx caches no image with an unknown query, so each request reaches the site.
PAGES = {"image.png": "/drawings/{}/image.png?again", "gallery": "/gallery/?before={}"}


class Run(NamedTuple):
    per_second: float
    idle: float  # share of the CPU time of all cores


def measure(workspace: Workspace) -> Iterator[Row]:
    with workspace.fresh_site(SQLITE, drawings=SMALL) as site:
        (site.data / "nginx").mkdir()
        ids = site.run_function("newest_ids", DRAWINGS)
        with (
            site.serving(TRUSTED_PROXIES="1") as server,
            Nginx(site.data / "nginx", server.port) as nginx,
        ):
            yield from _measure_route(site, server, "direct", ids)
            yield from _measure_route(site, Server(nginx.port, server.pid), "behind nginx", ids)


def _measure_route(site: Site, server: Server, route: str, ids: list[str]) -> Iterator[Row]:
    for what, page in PAGES.items():
        paths = [page.format(id) for id in ids]
        for connections, target in TARGETS.items():
            runs = [_run_wrk(server, paths, connections) for _ in range(RUNS)]
            name = f"{what}, {route}, {connections} keep-alive connections"
            yield _evenness_row(name, [run.per_second for run in runs], target)
            if connections >= BUSY_CONNECTIONS:
                yield _idleness_row(name, median(run.idle for run in runs))


def _run_wrk(server: Server, paths: list[str], connections: int) -> Run:
    before = _read_cpu_ticks()
    load = wrk.run(server, paths, SECONDS, connections=connections, repeats=True)
    after = _read_cpu_ticks()
    total = sum(after) - sum(before)
    # The fourth and fifth are idle and iowait (man 5 proc).
    return Run(load.per_second, (sum(after[3:5]) - sum(before[3:5])) / total)


def _read_cpu_ticks() -> list[int]:
    return [int(ticks) for ticks in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]


def _evenness_row(name: str, rates: list[float], target: float) -> Row:
    slowest, middle = min(rates), median(rates)
    return Row(
        f"{name}: the slowest of {RUNS} runs; the median",
        f"{slowest:,.0f} /s",
        f"{middle:,.0f} /s",
        f"{slowest / middle:.3g}",
        f">= {target:g} x",
        slowest >= target * middle,
    )


def _idleness_row(name: str, idle: float) -> Row:
    target = f"<= {MAX_IDLE:.0%}"
    return Row(
        f"{name}: idle processor time", f"{idle:.1%}", target=target, is_met=idle <= MAX_IDLE
    )
