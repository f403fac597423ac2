"""The memory of the server's processes, after much work and after more of it."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from matplotlib import colormaps

from benchmarks.harness import generator
from benchmarks.harness.client import Client
from benchmarks.harness.lab import Lab
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, address, prepare
from benchmarks.harness.table import Row, WrongAnswerError

REQUESTS = 10_000
DRAWINGS = 5_000
SENDING = 2_000
MEGABYTES = 110
GROWTH = 0.10
FIGURES = ("matplotlib.figure", "matplotlib.backends.backend_", "matplotlib.pyplot")
# Of a hundred requests.
MIX = {
    "picture": 50,
    "gallery": 12,
    "search": 6,
    "page": 12,
    "npy": 6,
    "strokes.json": 4,
    "strokes.svg": 2,
    "canvas": 4,
    "nothing": 2,
    "send": 2,
}
GOOD = {200, 201, 404}


def measure(lab: Lab) -> list[Row]:
    settings = {**BEHIND_PROXY, "DJANGO_SETTINGS_MODULE": "benchmarks.compared.settings"}
    with lab.fresh(drawings=DRAWINGS) as site, site.serving(**settings) as server:
        return list(_measure(lab, site, server))


def _measure(lab: Lab, site: Site, server: Server) -> Iterator[Row]:
    requests = list(mixed_requests(site, server))
    [answers] = generator.run(server.port, [generator.Plan(requests)], keeps=False)
    check(answers)
    warm = megabytes(server)
    yield Row(
        f"each worker after {REQUESTS:,} mixed requests, without figures",
        f"{max(warm.values()):.0f} MB",
        target=f"<= {MEGABYTES} MB",
        is_met=max(warm.values()) <= MEGABYTES,
    )
    plan = generator.Plan(requests, seconds=lab.soak_seconds)
    [answers] = generator.run(server.port, [plan], keeps=False)
    check(answers)
    late = megabytes(server)
    if late.keys() != warm.keys():
        raise WrongAnswerError("A worker has died in the soak")
    growth = max(late[pid] / warm[pid] for pid in warm) - 1
    yield Row(
        f"each worker after {lab.soak_seconds / 60:g} minutes and {len(answers):,} more requests;"
        " after the first",
        f"{max(late.values()):.0f} MB",
        f"{max(warm.values()):.0f} MB",
        f"{1 + growth:.2f}",
        f"< {1 + GROWTH:g} x",
        growth < GROWTH,
    )
    loaded = _figures_loaded(server)
    yield Row(
        "modules that only figures need, loaded in a worker before a first figure",
        ", ".join(sorted(loaded)) or "none",
        target="none",
        is_met=not loaded,
    )


def mixed_requests(site: Site, server: Server, drawings: int = DRAWINGS) -> Iterator[bytes]:
    """REQUESTS of all the kinds in MIX."""
    chance = random.Random(3)  # noqa: S311 - not a secret
    ids = site.ask("ids", drawings)
    words = [search["q"] for search in site.ask("searches")]
    names = list(colormaps)
    # Without keys: whenever they come round they are new drawings.
    sends = [each.request for each in prepare(server, SENDING, 200, keyed=False)]
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    for number in range(REQUESTS):
        id, kind = chance.choice(ids), chance.choice(kinds)
        if kind == "send":
            yield sends[number % SENDING]
            continue
        path = {
            "picture": f"/drawings/{id}/image.png?cmap={chance.choice(names)}",
            "gallery": f"/gallery/?before={id}",
            "search": f"/gallery/?{urlencode({'q': chance.choice(words)})}",
            "page": f"/drawings/{id}/?cmap={chance.choice(names)}",
            "npy": f"/drawings/{id}/pixels.npy",
            "strokes.json": f"/drawings/{id}/strokes.json",
            "strokes.svg": f"/drawings/{id}/strokes.svg",
            "canvas": "/",
            "nothing": f"/nothing/{number}",
        }[kind]
        yield generator.get(path, Accept_Encoding="gzip", X_Forwarded_For=address(number))


def check(answers: Sequence[generator.Answer]) -> None:
    """WrongAnswerError, unless all are what they should be."""
    seen = generator.statuses(answers)
    if not set(seen) <= GOOD:
        raise WrongAnswerError(f"answers by status: {dict(seen)}")


def megabytes(server: Server) -> dict[int, float]:
    """What each worker keeps in memory, in millions of bytes."""
    found = {}
    for pid in server.workers():
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
        found[pid] = int(kilobytes) * 1024 / 1e6
    return found


def _figures_loaded(server: Server) -> set[str]:
    """By any worker: each is asked sooner or later."""
    found: dict[int, set[str]] = {}
    for _ in range(500):
        with Client(server) as client:
            told = json.loads(client.get("/bench/modules").body)
        found[told["pid"]] = {name for name in told["modules"] if name.startswith(FIGURES)}
        if len(found) == len(server.workers()):
            return set().union(*found.values())
    raise WrongAnswerError("Some worker never answers")
