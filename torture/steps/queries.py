"""Addresses that nobody has been given: figures, colormaps and query strings without end."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from matplotlib import colormaps

from benchmarks.harness.generator import Plan, get, percentile, statuses
from benchmarks.harness.generator import run as generate
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, address
from benchmarks.steps.memory import GROWTH, megabytes
from torture.harness.crowd import counted
from torture.harness.lab import SQLITE, Lab
from torture.harness.processes import everyone
from torture.harness.table import Result

DRAWINGS = 50
SECONDS = 60
SHORT_SECONDS = 8
WARM_SECONDS = 10
SHORT_WARM_SECONDS = 4
DIFFERENT = 5_000
LOOKED = 10  # a second
P95_MS = 1_000
IDLE_SECONDS = 3  # after the last request
GOOD = {200, 304, 400, 404, 503}


def run(lab: Lab) -> Iterator[Result]:
    with lab.fresh(SQLITE, drawings=DRAWINGS) as site, site.started(**BEHIND_PROXY) as server:
        yield from _ask(lab, site, server)


def _ask(lab: Lab, site: Site, server: Server) -> Iterator[Result]:
    ids = site.ask("ids", DRAWINGS)
    asked = list(_requests(ids))
    looks = [get(f"/drawings/{id}/image.png", X_Forwarded_For=address(1)) for id in ids]
    warm_seconds = lab.scaled(WARM_SECONDS, SHORT_WARM_SECONDS)
    generate(server.port, [Plan(asked, None, warm_seconds)], keeps=False)
    warm = megabytes(server)
    seconds = lab.scaled(SECONDS, SHORT_SECONDS)
    plans = [Plan(asked, None, seconds), Plan(looks, LOOKED, seconds)]
    flood, looked = generate(server.port, plans, keeps=False)
    idle = _until_idle(server)
    growth = max(late / warm[pid] for pid, late in megabytes(server).items()) - 1
    answers = statuses(flood)
    what = f"{len(flood):,} queries made up, {seconds} s without pause"
    yield Result(
        what, f"{counted(flood)}; memory {growth:+.1%}", set(answers) <= GOOD and growth < GROWTH
    )
    p95 = percentile(looked, 0.95) * 1000
    yield Result(
        f"{what}: pictures for others",
        f"p95 {p95:.0f} ms; all at rest {idle:.1f} s after the last query",
        set(statuses(looked)) == {200} and p95 < P95_MS and idle < IDLE_SECONDS,
    )


def _requests(ids: list[str]) -> Iterator[bytes]:
    chance = random.Random(7)  # noqa: S311 - not a secret
    names = list(colormaps)
    for number in range(DIFFERENT):
        one = f"/drawings/{chance.choice(ids)}"
        low, high = sorted(chance.uniform(-1e6, 1e6) for _ in range(2))
        path = chance.choice(
            [
                f"{one}/image.png?vmin={low}&vmax={high}&scale=8",
                f"{one}/image.png?cmap={chance.choice(names)}&vmin={low}&vmax={high}",
                f"{one}/image.png?cmap=no{number}",
                f"{one}/image.png?{number}&scale={number}",
                f"{one}/image.png?vmin=nan&vmax=1e{number}",
                f"{one}/plot.png?cmap={chance.choice(names)}&{number}",
                f"{one}/strokes.svg?cmap={chance.choice(names)}&{number}",
                f"{one}/pixels.npy?{number}={'x' * 2_000}",
                f"{one}/?cmap={chance.choice(names)}&{number}",
                f"/gallery/?q={'a+' * 49}{number}",
                f"/gallery/?before={one[10:]}&after={one[10:]}&cmap={chance.choice(names)}",
                f"/colormaps/{chance.choice(names)}.png?{number}",
                f"/colormaps/no{number}.png",
                f"/?on={number}",
                f"/{'%00' * 500}{number}",
            ]
        )
        yield get(path, X_Forwarded_For=address(number))


def _until_idle(server: Server) -> float:
    """The seconds until none of the server's processes works any more."""
    begin = time.monotonic()
    while time.monotonic() < begin + 10 * IDLE_SECONDS:
        before = _ticks(server)
        time.sleep(0.25)
        if _ticks(server) - before <= 1:
            break
    return time.monotonic() - begin


def _ticks(server: Server) -> int:
    """The time that the server's processes have had, in hundredths of a second."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2] for pid in everyone(server)]
    return sum(int(ticks) for stat in stats for ticks in stat.split()[11:13])
