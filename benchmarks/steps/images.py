"""image.png, a different drawing in each request, beside an empty view and the Flask app's way."""

import base64
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
from benchmarks.harness.hand import flask_text
from benchmarks.harness.lab import Lab
from benchmarks.harness.site import Server, Site
from benchmarks.harness.table import Row, WrongAnswerError, at_least
from drawings.imaging import pixels

ROUNDS = 3
SECONDS = 4
# More than a server of two cores is asked for in that time.
PATHS = 40_000
RETURNING = 30_000
FLASK_DRAWINGS = 50
SAMPLE = 100

EMPTY = ["/bench/empty"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.compared.settings"}


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    site = lab.filled(backend, lab.large)
    order = random.Random(1)  # noqa: S311 - chance, not a secret
    ids = site.ask("ids", min(lab.large, 4 * PATHS))
    order.shuffle(ids)
    sample = site.ask("drawings", ids[:SAMPLE])
    names = list(colormaps)
    own = [f"/drawings/{id}/image.png" for id in ids]
    recoloured = [f"{path}?cmap={order.choice(names)}" for path in own]

    with site.serving(**SETTINGS) as server:
        _check(server, sample, names)
        returning = _with_etags(server, own[:RETURNING])

    def cold(paths: list[str]) -> Callable[[Server], wrk.Load]:
        return lambda server: wrk.run(server, paths, SECONDS, repeats=len(ids) < PATHS)

    def revalidated(server: Server) -> wrk.Load:
        load = wrk.run(server, returning, SECONDS, repeats=True)
        if load.bytes_each > 1_000:
            raise WrongAnswerError(f"304s of {load.bytes_each:.0f} bytes")
        return load

    for what, target, ask in (
        ("in its own colours, cold", 0.60, cold(own)),
        ("with ?cmap=, any of all, cold", 0.60, cold(recoloured)),
        ("revalidated, 304", 0.75, revalidated),
    ):
        rounds = [_beside_empty(site, ask) for _ in range(ROUNDS)]
        yield _row(f"image.png {what}; an empty view; {backend}", rounds, target)
    # Last: by then the rows have come from the disk, which is no matter of who draws them.
    rounds = list(_beside_flask(site, own, sample[:FLASK_DRAWINGS]))
    yield _row(f"image.png in its own colours; the Flask app's way; {backend}", rounds, 40)


def _beside_flask(
    site: Site, own: list[str], sample: list[dict[str, Any]]
) -> Iterator[tuple[float, float]]:
    """The same of the Flask app's way."""
    with site.serving(**SETTINGS) as server:
        flask_paths = _prepare_flask(site, sample)
        for _ in range(ROUNDS):
            theirs = wrk.run(server, flask_paths, SECONDS, repeats=True).per_second
            yield wrk.run(server, own, SECONDS, repeats=True).per_second, theirs


def _beside_empty(site: Site, ask: Callable[[Server], wrk.Load]) -> tuple[float, float]:
    """Answers a second from a server that has just started: asked for, and of an empty view."""
    with site.serving(**SETTINGS) as server:
        before = wrk.run(server, EMPTY, SECONDS, repeats=True).per_second
        ours = ask(server).per_second
        after = wrk.run(server, EMPTY, SECONDS, repeats=True).per_second
    return ours, (before + after) / 2


def _row(what: str, rounds: list[tuple[float, float]], target: float) -> Row:
    """The round whose ratio is the median."""
    middle = median(ours / theirs for ours, theirs in rounds)
    ours, theirs = min(rounds, key=lambda each: abs(each[0] / each[1] - middle))
    return at_least(what, ours, theirs, target, "/s")


def _check(server: Server, sample: list[dict[str, Any]], names: list[str]) -> None:
    """Every pixel of some pictures is what matplotlib makes of the field."""
    with Client(server) as client:
        for number, drawing in enumerate(sample):
            other = names[number % len(names)]
            for cmap, query in ((drawing["colormap"], ""), (other, f"?cmap={other}")):
                path = f"/drawings/{drawing['id']}/image.png{query}"
                answer = client.get(path)
                field = _field(drawing)
                limits = Normalize(drawing["vmin"], drawing["vmax"])
                expected = ScalarMappable(limits, cmap).to_rgba(field, bytes=True)
                with Image.open(io.BytesIO(answer.body)) as picture:
                    if not np.array_equal(np.asarray(picture.convert("RGBA")), expected):
                        raise WrongAnswerError(f"{path} is not what matplotlib makes of the field")
                again = client.ask(path, **{"If-None-Match": answer.headers["ETag"]})
                if (again.status, again.body) != (304, b""):
                    raise WrongAnswerError(f"{path} asked for again: {again.status}")


def _field(drawing: dict[str, Any]) -> pixels.Field:
    blob = base64.b64decode(drawing["blob"])
    return pixels.read_blob(blob, drawing["height"], drawing["width"])


def _prepare_flask(site: Site, sample: list[dict[str, Any]]) -> list[str]:
    folder = site.data / "images"
    folder.mkdir(exist_ok=True)
    for drawing in sample:
        (folder / f"{drawing['id']}.csv").write_text(flask_text(_field(drawing)))
    return [f"/bench/flask/{drawing['id']}.png" for drawing in sample]


def _with_etags(server: Server, paths: list[str]) -> list[str]:
    """Each path, a space, and the ETag that it was answered with."""
    requests = [generator.get(path) for path in paths]
    answers = generator.run(server.port, [generator.Plan(requests)])[0]
    etags = {answer.number: generator.header(answer.head, b"etag") for answer in answers}
    return [f"{path} {etags[number].decode()}" for number, path in enumerate(paths)]
