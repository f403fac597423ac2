"""The CPU time that Django takes for each page, and the pages that the server sends a second."""

from collections.abc import Iterator
from statistics import median

from benchmarks.harness import wrk
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, at_most
from benchmarks.harness.workspace import SMALL, Workspace

HEALTH = "/healthz"
# Ratios to /healthz. On one machine these pages once took 3.5, 3.9 and 1.9 ms, which was 24.2, 27.5
# and 12.2 times /healthz. The targets are 1.3, 1.3 and 0.95 ms on that machine.
TARGETS = {"gallery page": 9.0, "drawing page": 9.2, "studio": 6.1}
TIMES = 2_000

CONNECTIONS = (8, 32)
TARGET_PER_SECOND = 1_000
ROUNDS = 3
SECONDS = 4


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    site = workspace.filled_site(backend, SMALL)
    ids = site.run_function("newest_ids", SMALL // 2)
    galleries = ["/gallery/", *(f"/gallery/?before={id}" for id in ids)]
    yield from _measure_in_process(site, backend, galleries, [f"/drawings/{id}/" for id in ids])
    images = [f"/drawings/{id}/image.png" for id in ids]
    for connections in CONNECTIONS:
        yield _measure_server(site, backend, galleries, images, connections)


def _measure_in_process(
    site: Site, backend: str, galleries: list[str], drawings: list[str]
) -> Iterator[Row]:
    kinds = {"gallery page": galleries, "drawing page": drawings, "studio": ["/"]}
    baseline, *ours = site.run_function(
        "measure_processor_times", [[HEALTH], *kinds.values()], TIMES
    )
    for name, milliseconds in zip(kinds, ours, strict=True):
        what = f"{name}, processor time of Django; {HEALTH}; {backend}"
        yield at_most(what, milliseconds, baseline, TARGETS[name], "ms")


def _measure_server(
    site: Site, backend: str, galleries: list[str], images: list[str], connections: int
) -> Row:
    """Compare gallery pages a second with images a second, measured alternately on one server."""

    def per_second(paths: list[str]) -> float:
        load = wrk.run(server, paths, SECONDS, connections=connections, repeats=True)
        return load.per_second

    with site.serving() as server:
        rounds = [(per_second(galleries), per_second(images)) for _ in range(ROUNDS)]
    ours, baseline = (median(column) for column in zip(*rounds, strict=True))
    return Row(
        f"gallery pages, {connections} connections; images; {backend}",
        f"{ours:,.0f} /s",
        f"{baseline:,.0f} /s",
        f"{ours / baseline:.3g}",
        target=f">= {TARGET_PER_SECOND:,} /s",
        is_met=ours >= TARGET_PER_SECOND,
    )
