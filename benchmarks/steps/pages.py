"""What pages cost: the processor time that Django takes for each, and how many the server sends."""

from collections.abc import Iterator
from statistics import median

from benchmarks.harness import wrk
from benchmarks.harness.lab import SMALL, Lab
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, at_most

HEALTH = "/healthz"
# When these pages took 3.5, 3.9 and 1.9 ms on some machine, they took 24.2, 27.5 and 12.2 times as
# long as /healthz. The targets are 1.3, 1.3 and 0.95 ms on that machine.
TARGETS = {"gallery page": 9.0, "drawing page": 9.2, "studio": 6.1}
TIMES = 2_000

CONNECTIONS = (8, 32)
PER_SECOND = 1_000
ROUNDS = 3
SECONDS = 4


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    site = lab.filled(backend, SMALL)
    ids = site.ask("ids", SMALL // 2)
    galleries = ["/gallery/", *(f"/gallery/?before={id}" for id in ids)]
    yield from _in_process(site, backend, galleries, [f"/drawings/{id}/" for id in ids])
    pictures = [f"/drawings/{id}/image.png" for id in ids]
    for connections in CONNECTIONS:
        yield _from_server(site, backend, galleries, pictures, connections)


def _in_process(
    site: Site, backend: str, galleries: list[str], drawings: list[str]
) -> Iterator[Row]:
    asked = {"gallery page": galleries, "drawing page": drawings, "studio": ["/"]}
    theirs, *ours = site.ask("processor_times", [[HEALTH], *asked.values()], TIMES)
    for name, milliseconds in zip(asked, ours, strict=True):
        what = f"{name}, processor time of Django; {HEALTH}; {backend}"
        yield at_most(what, milliseconds, theirs, TARGETS[name], "ms")


def _from_server(
    site: Site, backend: str, galleries: list[str], pictures: list[str], connections: int
) -> Row:
    """Gallery pages a second beside pictures a second, from one server in turn."""

    def per_second(paths: list[str]) -> float:
        load = wrk.run(server, paths, SECONDS, connections=connections, repeats=True)
        return load.per_second

    with site.serving() as server:
        rounds = [(per_second(galleries), per_second(pictures)) for _ in range(ROUNDS)]
    ours, theirs = (median(column) for column in zip(*rounds, strict=True))
    return Row(
        f"gallery pages, {connections} connections; pictures; {backend}",
        f"{ours:,.0f} /s",
        f"{theirs:,.0f} /s",
        f"{ours / theirs:.3g}",
        target=f">= {PER_SECOND:,} /s",
        is_met=ours >= PER_SECOND,
    )
