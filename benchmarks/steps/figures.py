"""plot.png beside the bare matplotlib calls, and what figures do to everybody else."""

import base64
import io
import math
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.harness import wrk
from benchmarks.harness.client import Answer, Client
from benchmarks.harness.lab import Lab
from benchmarks.harness.site import Server
from benchmarks.harness.table import Row, WrongAnswerError, at_least, at_most
from drawings.imaging import pixels
from drawings.plotting import drawing_plots, style

DRAWINGS = 20_000
PLOTS = 40
WARM_UP = 10
SECONDS = 5
ROUNDS = 3
CLIENTS = 4
BURST = 16
KINDS = [("contour", "png"), ("surface", "png"), ("histogram", "svg"), ("ink", "pdf")]


def measure(lab: Lab) -> list[Row]:
    with lab.fresh(drawings=DRAWINGS) as site, site.serving(FIGURE_RATE="0") as server:
        ids = site.ask("ids", DRAWINGS)
        drawings = site.ask("drawings", ids[: PLOTS + WARM_UP])
        return [
            _one_by_one(server, drawings),
            *(_of_a_kind(server, drawings, kind, form) for kind, form in KINDS),
            _burst(server, ids),
            _beside_pictures(server, ids),
        ]


def _one_by_one(server: Server, drawings: list[dict[str, Any]]) -> Row:
    ours, theirs = [], []
    with Client(server) as client:
        for drawing in drawings:
            answer = client.get(f"/drawings/{drawing['id']}/plot.png")
            field, words = _field(drawing), _words(drawing)
            begin = time.perf_counter()
            bare = _bare(field, words, drawing)
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


def _of_a_kind(server: Server, drawings: list[dict[str, Any]], kind: str, form: str) -> Row:
    ours, theirs = [], []
    with Client(server) as client:
        for drawing in drawings:
            answer = client.get(f"/drawings/{drawing['id']}/plot.{form}?kind={kind}")
            field = _field(drawing)
            title, byline = drawing["title"] or "Untitled", _byline(drawing)
            looks: Any = {
                "cmap": drawing["colormap"],
                "vmin": drawing["vmin"],
                "vmax": drawing["vmax"],
            }
            words: Any = {"kind": kind, "format": form, "title": title, "byline": byline}
            begin = time.perf_counter()
            drawn = drawing_plots.draw_plot(field, **words, **looks)
            theirs.append(time.perf_counter() - begin)
            ours.append(answer.seconds)
            if answer.body != drawn:
                raise WrongAnswerError(f"plot.{form}?kind={kind} is another figure")
    return at_most(
        f"plot.{form}?kind={kind}; the same matplotlib calls in a warm process",
        median(ours[WARM_UP:]) * 1000,
        median(theirs[WARM_UP:]) * 1000,
        1.3,
        "ms",
    )


def _field(drawing: dict[str, Any]) -> pixels.Field:
    blob = base64.b64decode(drawing["blob"])
    return pixels.read_blob(blob, drawing["height"], drawing["width"])


def _byline(drawing: dict[str, Any]) -> str:
    return f"by {drawing['artist']}" if drawing["artist"] else ""


def _words(drawing: dict[str, Any]) -> list[str]:
    """The heading of its figure, each line as far as the font has it and as it fits."""
    byline = f"{drawing['width']} × {drawing['height']} pixels"
    if drawing["artist"]:
        byline = f"{_byline(drawing)} · {byline}"
    lines = [(drawing["title"] or "Untitled", 13.0), (byline, 9.5)]
    return [
        style.truncate_text(style.replace_undrawable(line), points, 4.8 * 72 + 43)
        for line, points in lines
    ]


def _bare(field: pixels.Field, words: list[str], drawing: dict[str, Any]) -> bytes:
    """The figure that plot.png is, as matplotlib's users write it: of drawings whose sides are no
    more than four times each other."""
    height, width = (4.8 * side / max(field.shape) for side in field.shape)
    across, up = 0.75 + width + 1.15, 0.6 + height + 0.75
    with matplotlib.rc_context(style.RC_PARAMS):
        figure = Figure(figsize=(across, up))
        axes = figure.add_axes((0.75 / across, 0.6 / up, width / across, height / up))
        limits = {"vmin": drawing["vmin"], "vmax": drawing["vmax"]}
        image = axes.imshow(field, cmap=drawing["colormap"], interpolation="none", **limits)
        axes.locator_params(axis="x", nbins=math.ceil(8 * width / 4.8))
        axes.locator_params(axis="y", nbins=math.ceil(8 * height / 4.8))
        beside = figure.add_axes(
            ((0.75 + width + 0.15) / across, 0.6 / up, 0.16 / across, height / up)
        )
        figure.colorbar(image, cax=beside, label="Brightness").outline.set_linewidth(0.4)
        title, byline = words
        looks: dict[str, Any] = {"parse_math": False}
        figure.text(0.75 / across, 1 - 0.33 / up, title, fontsize=13, color="#22211f", **looks)
        figure.text(0.75 / across, 1 - 0.57 / up, byline, fontsize=9.5, color="#67635b", **looks)
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
