"""image.png, another drawing in each request, beside an empty view and the Flask app's way."""

import io
import random
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from PIL import Image

from benchmarks.harness import generator, wrk
from benchmarks.harness.client import Client
from benchmarks.harness.sample_drawings import decode_field, flask_text
from benchmarks.harness.site import Server, Site
from benchmarks.harness.table import Row, WrongAnswerError, at_least
from benchmarks.harness.workspace import Workspace

ROUNDS = 3
SECONDS = 4
# More than a server on two cores can send in that time.
PATHS = 40_000
REVALIDATED = 30_000
FLASK_DRAWINGS = 50
SAMPLE = 100

EMPTY = ["/bench/empty"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.baselines.settings"}


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    site = workspace.filled_site(backend, workspace.large_count)
    order = random.Random(1)  # noqa: S311 - chance, not a secret
    ids = site.run_function("newest_ids", min(workspace.large_count, 4 * PATHS))
    order.shuffle(ids)
    sample = site.run_function("read_drawings", ids[:SAMPLE])
    names = list(colormaps)
    own_colours = [f"/drawings/{id}/image.png" for id in ids]
    recoloured = [f"{path}?cmap={order.choice(names)}" for path in own_colours]

    with site.serving(**SETTINGS) as server:
        _check_images(server, sample, names)
        with_etags = _append_etags(server, own_colours[:REVALIDATED])

    def run_cold(paths: list[str]) -> Callable[[Server], wrk.Load]:
        return lambda server: wrk.run(server, paths, SECONDS, repeats=len(ids) < PATHS)

    def run_revalidations(server: Server) -> wrk.Load:
        load = wrk.run(server, with_etags, SECONDS, repeats=True)
        if load.bytes_each > 1_000:
            raise WrongAnswerError(f"304s of {load.bytes_each:.0f} bytes")
        return load

    for what, target, run_load in (
        ("in its own colours, cold", 0.60, run_cold(own_colours)),
        ("with any ?cmap=, cold", 0.60, run_cold(recoloured)),
        ("revalidated, 304", 0.75, run_revalidations),
    ):
        rounds = [_compare_with_empty(site, run_load) for _ in range(ROUNDS)]
        yield _median_row(f"image.png {what}; an empty view; {backend}", rounds, target)
    # Last, so that the rows are in the page cache: reading the disk is not compared here.
    rounds = list(_compare_with_flask(site, own_colours, sample[:FLASK_DRAWINGS]))
    yield _median_row(f"image.png in its own colours; the Flask app's way; {backend}", rounds, 40)


def _compare_with_flask(
    site: Site, own_colours: list[str], sample: list[dict[str, Any]]
) -> Iterator[tuple[float, float]]:
    """Yield images a second of the site and of the Flask app's way, for each round."""
    with site.serving(**SETTINGS) as server:
        flask_paths = _write_flask_files(site, sample)
        for _ in range(ROUNDS):
            baseline = wrk.run(server, flask_paths, SECONDS, repeats=True).per_second
            yield wrk.run(server, own_colours, SECONDS, repeats=True).per_second, baseline


def _compare_with_empty(site: Site, run_load: Callable[[Server], wrk.Load]) -> tuple[float, float]:
    """Responses a second of the load and of an empty view, from a newly started server."""
    with site.serving(**SETTINGS) as server:
        before = wrk.run(server, EMPTY, SECONDS, repeats=True).per_second
        ours = run_load(server).per_second
        after = wrk.run(server, EMPTY, SECONDS, repeats=True).per_second
    return ours, (before + after) / 2


def _median_row(what: str, rounds: list[tuple[float, float]], target: float) -> Row:
    """The row of the round with the median ratio."""
    middle = median(ours / baseline for ours, baseline in rounds)
    ours, baseline = min(rounds, key=lambda each: abs(each[0] / each[1] - middle))
    return at_least(what, ours, baseline, target, "/s")


def _check_images(server: Server, sample: list[dict[str, Any]], names: list[str]) -> None:
    """Compare every pixel of some images with matplotlib's, and check that they revalidate."""
    with Client(server) as client:
        for number, drawing in enumerate(sample):
            other = names[number % len(names)]
            for cmap, query in ((drawing["colormap"], ""), (other, f"?cmap={other}")):
                path = f"/drawings/{drawing['id']}/image.png{query}"
                response = client.get(path)
                field = decode_field(drawing)
                limits = Normalize(drawing["vmin"], drawing["vmax"])
                expected = ScalarMappable(limits, cmap).to_rgba(field, bytes=True)
                with Image.open(io.BytesIO(response.body)) as image:
                    if not np.array_equal(np.asarray(image.convert("RGBA")), expected):
                        raise WrongAnswerError(
                            f"{path} differs from what matplotlib makes of the field"
                        )
                again = client.request(path, **{"If-None-Match": response.headers["ETag"]})
                if (again.status, again.body) != (304, b""):
                    raise WrongAnswerError(f"{path} revalidated: {again.status}")


def _write_flask_files(site: Site, sample: list[dict[str, Any]]) -> list[str]:
    folder = site.data / "images"
    folder.mkdir(exist_ok=True)
    for drawing in sample:
        (folder / f"{drawing['id']}.csv").write_text(flask_text(decode_field(drawing)))
    return [f"/bench/flask/{drawing['id']}.png" for drawing in sample]


def _append_etags(server: Server, paths: list[str]) -> list[str]:
    """Request each path; each path with a space and its ETag appended."""
    requests = [generator.build_get_request(path) for path in paths]
    responses = generator.run_plans(server.port, [generator.Plan(requests)])[0]
    etags = {
        response.number: generator.header_value(response.head, b"etag") for response in responses
    }
    return [f"{path} {etags[number].decode()}" for number, path in enumerate(paths)]
