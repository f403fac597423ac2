"""A page of the gallery in a browser that has never been here, beside a static copy of it."""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from benchmarks.compared import static_copy
from benchmarks.harness.client import Client
from benchmarks.harness.lab import SQLITE, Lab
from benchmarks.harness.table import Row, WrongAnswerError, at_most
from tests.support.browser import launch_options

PICTURES = 24
DRAWINGS = 1_000
TIMES = 21
VIEWPORT: ViewportSize = {"width": 1440, "height": 2000}
MOST_KILOBYTES = 150
TARGET = 1.5

# Notes how far things have moved, and when the last picture has been painted.
WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
window.painted = new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", async () => {
        const pictures = [...document.querySelectorAll("main img")];
        await Promise.all(pictures.map(async (picture) => {
            if (!picture.complete) {
                await new Promise((resolve) => picture.addEventListener("load", resolve));
            }
            await picture.decode();
        }));
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0));
    });
});
"""


class Visit(NamedTuple):
    milliseconds: float  # until all pictures were painted
    bytes: float
    shift: float
    pictures: int
    paths: list[str]


def measure(lab: Lab) -> list[Row]:
    return list(_measure(lab))


def _measure(lab: Lab) -> Iterator[Row]:
    site = lab.filled(SQLITE, DRAWINGS)
    with site.serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        first = _visit(browser, f"{server.url}/gallery/")
        if first.pictures != PICTURES:
            raise WrongAnswerError(f"{first.pictures} pictures are on the page")
        with Client(server) as client:
            files = {path: client.get(path) for path in first.paths}
        ours, theirs = [], []
        with static_copy.serving(files) as copy:
            if _visit(browser, f"{copy}/gallery/").pictures != PICTURES:
                raise WrongAnswerError("The static copy does not show all pictures")
            for _ in range(TIMES):
                ours.append(_visit(browser, f"{server.url}/gallery/"))
                theirs.append(_visit(browser, f"{copy}/gallery/"))
        browser.close()
    where = f"cold gallery page, {PICTURES} drawings, {VIEWPORT['width']} x {VIEWPORT['height']}"
    kilobytes = max(visit.bytes for visit in ours) / 1000
    shift = max(visit.shift for visit in ours)
    yield Row(
        f"{where}: over the wire; the static copy",
        f"{kilobytes:.1f} kB",
        f"{max(visit.bytes for visit in theirs) / 1000:.1f} kB",
        target=f"<= {MOST_KILOBYTES} kB",
        is_met=kilobytes <= MOST_KILOBYTES,
    )
    yield Row(f"{where}: layout shift", f"{shift:g}", target="0", is_met=shift == 0)
    yield at_most(
        f"{where}: until all pictures are painted; nginx with a static copy",
        median(visit.milliseconds for visit in ours),
        median(visit.milliseconds for visit in theirs),
        TARGET,
        "ms",
    )


def _visit(browser: Browser, url: str) -> Visit:
    """In a context of its own: nothing is in its cache."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        protocol = context.new_cdp_session(page)
        protocol.send("Network.enable")
        sizes: list[float] = []
        paths: list[str] = []
        protocol.on(
            "Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"])
        )
        protocol.on(
            "Network.responseReceived",
            lambda event: paths.append(urlsplit(event["response"]["url"]).path),
        )
        page.goto(url, wait_until="networkidle")
        painted, shift, pictures = page.evaluate(
            """async () => {
                const pictures = [...document.querySelectorAll("main img")];
                const painted = await window.painted;
                return [painted, window.shift, pictures.filter((each) => each.naturalWidth).length];
            }"""
        )
        return Visit(painted, sum(sizes), shift, pictures, paths)
    finally:
        context.close()
