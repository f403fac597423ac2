"""Kept connections, run after run: whether all workers, and so all cores, take part in each.

Both directly and through nginx as deploy/ ships it, which keeps connections of its own to the site.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.harness import wrk
from benchmarks.harness.lab import SMALL, SQLITE, Lab
from benchmarks.harness.site import Server, Site
from benchmarks.harness.table import Row
from tests.support.nginx import Nginx

RUNS = 12
SECONDS = 2
# Connections, and the least that the slowest run may be beside the median one.
TARGETS = {2: 0.6, 8: 0.8, 32: 0.8}
# Enough connections to keep every core at work.
BUSY = 8
MOST_IDLE = 0.1
DRAWINGS = 500

# nginx keeps no picture whose query means nothing, so that each request reaches the site.
PAGES = {"image.png": "/drawings/{}/image.png?again", "gallery": "/gallery/?before={}"}


class Run(NamedTuple):
    per_second: float
    idle: float  # the share of all cores' time


def measure(lab: Lab) -> list[Row]:
    return list(_measure(lab))


def _measure(lab: Lab) -> Iterator[Row]:
    with lab.fresh(SQLITE, drawings=SMALL) as site:
        (site.data / "nginx").mkdir()
        ids = site.ask("ids", DRAWINGS)
        with (
            site.serving(TRUSTED_PROXIES="1") as server,
            Nginx(site.data / "nginx", server.port) as nginx,
        ):
            yield from _rows(site, server, "direct", ids)
            yield from _rows(site, Server(nginx.port, server.pid), "behind nginx", ids)


def _rows(site: Site, server: Server, way: str, ids: list[str]) -> Iterator[Row]:
    for what, page in PAGES.items():
        paths = [page.format(id) for id in ids]
        for connections, target in TARGETS.items():
            runs = [_run(server, paths, connections) for _ in range(RUNS)]
            name = f"{what}, {way}, {connections} kept connections"
            yield _evenness(name, [run.per_second for run in runs], target)
            if connections >= BUSY:
                yield _idleness(name, median(run.idle for run in runs))


def _run(server: Server, paths: list[str], connections: int) -> Run:
    before = _processor_times()
    load = wrk.run(server, paths, SECONDS, connections=connections, repeats=True)
    after = _processor_times()
    total = sum(after) - sum(before)
    # The fourth and fifth are idle time and waiting for the disk (man 5 proc).
    return Run(load.per_second, (sum(after[3:5]) - sum(before[3:5])) / total)


def _processor_times() -> list[int]:
    return [int(ticks) for ticks in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]


def _evenness(name: str, rates: list[float], target: float) -> Row:
    slowest, middle = min(rates), median(rates)
    return Row(
        f"{name}: the slowest of {RUNS} runs; the median",
        f"{slowest:,.0f} /s",
        f"{middle:,.0f} /s",
        f"{slowest / middle:.3g}",
        f">= {target:g} x",
        slowest >= target * middle,
    )


def _idleness(name: str, idle: float) -> Row:
    target = f"<= {MOST_IDLE:.0%}"
    return Row(
        f"{name}: idle processor time", f"{idle:.1%}", target=target, is_met=idle <= MOST_IDLE
    )
