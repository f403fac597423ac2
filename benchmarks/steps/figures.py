"""plot.png beside the bare matplotlib calls, and how figures slow down other requests."""

import io
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.harness import wrk
from benchmarks.harness.client import Client, Response
from benchmarks.harness.sample_drawings import decode_field
from benchmarks.harness.site import Server
from benchmarks.harness.table import Row, WrongAnswerError, at_least, at_most
from benchmarks.harness.workspace import Workspace
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


def measure(workspace: Workspace) -> Iterator[Row]:
    with workspace.fresh_site(drawings=DRAWINGS) as site, site.serving(FIGURE_RATE="0") as server:
        ids = site.run_function("newest_ids", DRAWINGS)
        drawings = site.run_function("read_drawings", ids[: PLOTS + WARM_UP])
        yield _measure_plot_png(server, drawings)
        for kind, file_format in KINDS:
            yield _measure_kind(server, drawings, kind, file_format)
        yield _measure_burst(server, ids)
        yield _measure_images_meanwhile(server, ids)


def _measure_plot_png(server: Server, drawings: list[dict[str, Any]]) -> Row:
    ours, baseline = [], []
    with Client(server) as client:
        for drawing in drawings:
            response = client.get(f"/drawings/{drawing['id']}/plot.png")
            field, heading = decode_field(drawing), _heading_lines(drawing)
            begin = time.perf_counter()
            bare = _draw_bare(field, heading, drawing)
            baseline.append(time.perf_counter() - begin)
            ours.append(response.seconds)
            if not np.array_equal(_decode(response.body), _decode(bare)):
                raise WrongAnswerError("plot.png differs from what the bare calls draw")
    return at_most(
        "plot.png; the bare matplotlib calls in a warm process",
        median(ours[WARM_UP:]) * 1000,
        median(baseline[WARM_UP:]) * 1000,
        1.3,
        "ms",
    )


def _measure_kind(
    server: Server, drawings: list[dict[str, Any]], kind: str, file_format: str
) -> Row:
    ours, baseline = [], []
    with Client(server) as client:
        for drawing in drawings:
            response = client.get(f"/drawings/{drawing['id']}/plot.{file_format}?kind={kind}")
            field = decode_field(drawing)
            title, byline = drawing["title"] or "Untitled", _byline(drawing)
            looks: Any = {
                "cmap": drawing["colormap"],
                "vmin": drawing["vmin"],
                "vmax": drawing["vmax"],
            }
            words: Any = {"kind": kind, "format": file_format, "title": title, "byline": byline}
            begin = time.perf_counter()
            expected = drawing_plots.draw_plot(field, **words, **looks)
            baseline.append(time.perf_counter() - begin)
            ours.append(response.seconds)
            if response.body != expected:
                raise WrongAnswerError(
                    f"plot.{file_format}?kind={kind} differs from what drawing_plots draws"
                )
    return at_most(
        f"plot.{file_format}?kind={kind}; the same matplotlib calls in a warm process",
        median(ours[WARM_UP:]) * 1000,
        median(baseline[WARM_UP:]) * 1000,
        1.3,
        "ms",
    )


def _byline(drawing: dict[str, Any]) -> str:
    return f"by {drawing['artist']}" if drawing["artist"] else ""


def _heading_lines(drawing: dict[str, Any]) -> list[str]:
    """The two lines of a figure's heading: without characters the font lacks, and cut to fit."""
    byline = f"{drawing['width']} × {drawing['height']} pixels"
    if drawing["artist"]:
        byline = f"{_byline(drawing)} · {byline}"
    lines = [(drawing["title"] or "Untitled", 13.0), (byline, 9.5)]
    return [
        style.truncate_text(style.replace_undrawable(line), points, 4.8 * 72 + 43)
        for line, points in lines
    ]


def _draw_bare(field: pixels.Field, heading: list[str], drawing: dict[str, Any]) -> bytes:
    """Draw the figure of plot.png as users of matplotlib would.

    Correct for drawings whose longer side is at most four times the shorter one.
    """
    height, width = (4.8 * side / max(field.shape) for side in field.shape)
    across, up = 0.75 + width + 1.15, 0.6 + height + 0.75
    with matplotlib.rc_context(style.RC_PARAMS):
        figure = Figure(figsize=(across, up))
        axes = figure.add_axes((0.75 / across, 0.6 / up, width / across, height / up))
        limits = {"vmin": drawing["vmin"], "vmax": drawing["vmax"]}
        image = axes.imshow(field, cmap=drawing["colormap"], interpolation="none", **limits)
        axes.locator_params(axis="x", nbins=math.ceil(8 * width / 4.8))
        axes.locator_params(axis="y", nbins=math.ceil(8 * height / 4.8))
        colorbar_axes = figure.add_axes(
            ((0.75 + width + 0.15) / across, 0.6 / up, 0.16 / across, height / up)
        )
        figure.colorbar(image, cax=colorbar_axes, label="Brightness").outline.set_linewidth(0.4)
        title, byline = heading
        looks: dict[str, Any] = {"parse_math": False}
        figure.text(0.75 / across, 1 - 0.33 / up, title, fontsize=13, color="#22211f", **looks)
        figure.text(0.75 / across, 1 - 0.57 / up, byline, fontsize=9.5, color="#67635b", **looks)
        out = io.BytesIO()
        figure.savefig(out, format="png")
        return out.getvalue()


def _decode(png: bytes) -> Any:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGBA"))


def _measure_burst(server: Server, ids: list[str]) -> Row:
    number = BURST * len(server.workers())

    def request_plot(id: str) -> Response:
        with Client(server) as client:
            return client.request(f"/drawings/{id}/plot.png")

    with ThreadPoolExecutor(number) as threads:
        responses = list(threads.map(request_plot, ids[:number]))
    drawn = sum(response.status == 200 for response in responses)
    refused = sum(
        response.status == 503 and "Retry-After" in response.headers for response in responses
    )
    return Row(
        f"{number} figures requested at once ({BURST} for each worker)",
        f"{drawn} drawn, {refused} refused with Retry-After",
        target="nothing else",
        is_met=drawn + refused == number and drawn > 0,
    )


def _measure_images_meanwhile(server: Server, ids: list[str]) -> Row:
    paths = [f"/drawings/{id}/image.png" for id in ids]
    rounds = []
    for _ in range(ROUNDS):
        alone = wrk.run(server, paths, SECONDS, repeats=True).per_second
        stop = Event()
        with ThreadPoolExecutor(CLIENTS) as threads:
            plotting = [
                threads.submit(_keep_plotting, server, ids[n::CLIENTS], stop)
                for n in range(CLIENTS)
            ]
            try:
                meanwhile = wrk.run(server, paths, SECONDS, repeats=True).per_second
            finally:
                stop.set()
        for each in plotting:
            each.result()
        rounds.append((meanwhile, alone))
    meanwhile, alone = sorted(rounds, key=lambda each: each[0] / each[1])[ROUNDS // 2]
    what = f"images while {CLIENTS} clients request figures without pause; without figures"
    return at_least(what, meanwhile, alone, 0.70, "/s")


def _keep_plotting(server: Server, ids: list[str], stop: Event) -> None:
    """Request one figure after another; after a 503, wait for Retry-After first."""
    with Client(server) as client:
        for id in ids:
            if stop.is_set():
                return
            response = client.request(f"/drawings/{id}/plot.png")
            if response.status == 503:
                stop.wait(float(response.headers["Retry-After"]))
            elif response.status != 200:
                raise WrongAnswerError(f"plot.png: {response.status}")
