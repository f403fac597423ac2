"""plot.png beside the bare matplotlib calls, and what figures do to everybody else."""

import base64
import io
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from benchmarks import wrk
from benchmarks.client import Answer, Client
from benchmarks.lab import Lab
from benchmarks.site import Server
from benchmarks.table import Row, WrongAnswerError, at_least, at_most
from drawings import pixels

DRAWINGS = 20_000
PLOTS = 40
WARM_UP = 10
SECONDS = 5
ROUNDS = 3
CLIENTS = 4
BURST = 16


def measure(lab: Lab) -> list[Row]:
    with lab.fresh(drawings=DRAWINGS) as site, site.serving(FIGURE_RATE="0") as server:
        ids = site.ask("ids", DRAWINGS)
        return [
            _one_by_one(server, site.ask("drawings", ids[: PLOTS + WARM_UP])),
            _burst(server, ids),
            _beside_pictures(server, ids),
        ]


def _one_by_one(server: Server, drawings: list[dict[str, Any]]) -> Row:
    ours, theirs = [], []
    with Client(server) as client:
        for drawing in drawings:
            answer = client.get(f"/drawings/{drawing['id']}/plot.png")
            blob = base64.b64decode(drawing["blob"])
            field = pixels.read_blob(blob, drawing["height"], drawing["width"])
            begin = time.perf_counter()
            bare = _bare(field, drawing)
            theirs.append(time.perf_counter() - begin)
            ours.append(answer.seconds)
            if not np.array_equal(_decoded(answer.body), _decoded(bare)):
                raise WrongAnswerError("plot.png is not what the bare calls draw")
    return at_most(
        "plot.png; the bare matplotlib calls in a warm process",
        median(ours[WARM_UP:]) * 1000,
        median(theirs[WARM_UP:]) * 1000,
        1.3,
        "ms",
    )


def _bare(field: pixels.Field, drawing: dict[str, Any]) -> bytes:
    """The figure that plot.png is, as matplotlib's users write it."""
    height, width = field.shape
    longer = max(height, width)
    figure = Figure(figsize=(4.8 * width / longer, 4.8 * height / longer), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    limits = {"vmin": drawing["vmin"], "vmax": drawing["vmax"]}
    axes.imshow(field, cmap=drawing["colormap"], **limits, interpolation="nearest", aspect="auto")
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _decoded(png: bytes) -> Any:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGBA"))


def _burst(server: Server, ids: list[str]) -> Row:
    together = BURST * len(server.workers())

    def ask(id: str) -> Answer:
        with Client(server) as client:
            return client.ask(f"/drawings/{id}/plot.png")

    with ThreadPoolExecutor(together) as threads:
        answers = list(threads.map(ask, ids[:together]))
    good = sum(answer.status == 200 for answer in answers)
    later = sum(answer.status == 503 and "Retry-After" in answer.headers for answer in answers)
    return Row(
        f"{together} figures asked for at once ({BURST} for each worker)",
        f"{good} drawn, {later} told when to come again",
        target="nothing else",
        is_met=good + later == together and good > 0,
    )


def _beside_pictures(server: Server, ids: list[str]) -> Row:
    paths = [f"/drawings/{id}/image.png" for id in ids]
    rounds = []
    for _ in range(ROUNDS):
        alone = wrk.run(server, paths, SECONDS, repeats=True).per_second
        stop = Event()
        with ThreadPoolExecutor(CLIENTS) as threads:
            plotting = [
                threads.submit(_plot, server, ids[n::CLIENTS], stop) for n in range(CLIENTS)
            ]
            try:
                beside = wrk.run(server, paths, SECONDS, repeats=True).per_second
            finally:
                stop.set()
        for each in plotting:
            each.result()
        rounds.append((beside, alone))
    beside, alone = sorted(rounds, key=lambda each: each[0] / each[1])[ROUNDS // 2]
    what = f"pictures while {CLIENTS} clients have figures drawn without pause; without figures"
    return at_least(what, beside, alone, 0.70, "/s")


def _plot(server: Server, ids: list[str], stop: Event) -> None:
    """One figure after another; when there are too many, as soon as it may come again."""
    with Client(server) as client:
        for id in ids:
            if stop.is_set():
                return
            answer = client.ask(f"/drawings/{id}/plot.png")
            if answer.status == 503:
                stop.wait(float(answer.headers["Retry-After"]))
            elif answer.status != 200:
                raise WrongAnswerError(f"plot.png: {answer.status}")
