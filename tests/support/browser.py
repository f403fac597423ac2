"""Chromium for the tests, with mouse, touch and pen input from the DevTools protocol."""

import base64
import os
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page

from drawings.imaging import pixels

Point = tuple[float, float]

DISABLED_FEATURES = (
    # The address bar's suggestions are a page of their own. Loading it for every new context takes
    # more than a second of processor time, although headless windows have no address bar.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Chromium heeds only the last list: these are from Playwright's.
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)

# The elements that shifted since the page was opened, with their old and new positions.
FIND_SHIFTS = """() => new Promise((resolve) => {
    const moved = [];
    new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries())
            for (const { node, previousRect, currentRect } of sources)
                moved.push([String(node?.outerHTML), previousRect.toJSON(), currentRect.toJSON()]);
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(moved), 300);
})"""


def launch_options() -> dict[str, Any]:
    """Playwright's launch options: the system's Chromium if there is one, else Playwright's.

    The headless shell has the same engine but no windows, so that a new page takes it less time.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, names) if path), None)
    arguments = [f"--disable-features={','.join(DISABLED_FEATURES)}"]
    if os.geteuid() == 0:
        # Chromium's sandbox does not work for root, and containers run tests as root.
        arguments.append("--no-sandbox")
    return {"executable_path": executable, "args": arguments}


class Studio:
    """The studio, used as a visitor would. Points are in the field's pixels."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.protocol = page.context.new_cdp_session(page)
        page.goto(url)
        self.wait()
        self.measure()

    def wait(self) -> None:
        """Wait until the controls have loaded, and the draft if there is one."""
        self.page.wait_for_selector("#studio[data-ready]")

    def measure(self) -> None:
        """Read the canvas's position and size on the screen."""
        self.canvas = self.page.locator("#paper")
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        assert box is not None
        self.left, self.top = box["x"], box["y"]
        self.zoom = box["width"] / int(self.canvas.get_attribute("width") or 0)

    def on_screen(self, point: Point) -> Point:
        return self.left + point[0] * self.zoom, self.top + point[1] * self.zoom

    def mouse(self, *points: Point, steps: int = 1) -> None:
        """Press at the first point, move through the others, release."""
        self.page.mouse.move(*self.on_screen(points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.on_screen(point), steps=steps)
        self.page.mouse.up()

    def touch(self, *points: Point) -> None:
        for kind, point in _input_events(points, "touchStart", "touchMove"):
            x, y = self.on_screen(point)
            touches = [{"x": x, "y": y, "id": 1}]
            self.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
        self.protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def pen(self, *points: Point, pressure: float = 0.5) -> None:
        for kind, point in [
            *_input_events(points, "mousePressed", "mouseMoved"),
            ("mouseReleased", points[-1]),
        ]:
            x, y = self.on_screen(point)
            self.protocol.send(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": x,
                    "y": y,
                    "button": "left",
                    "buttons": 1,
                    "clickCount": 1,
                    "pointerType": "pen",
                    "force": pressure,
                },
            )

    def slow_network(self, latency: int) -> None:
        """Delay every response by a latency in milliseconds from now on."""
        conditions = {"offline": False, "latency": latency, "downloadThroughput": -1}
        self.protocol.send("Network.enable")
        self.protocol.send(
            "Network.emulateNetworkConditions", {**conditions, "uploadThroughput": -1}
        )

    def choose(self, tool: str) -> None:
        self.page.locator(f"input[name=tool][value={tool}]").check(force=True)

    def use_crayon(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).check(force=True)

    def use_colormap(self, name: str) -> None:
        """Choose a colormap in the dialog of colours."""
        self.page.get_by_role("button", name="Colours", exact=True).click()
        self.page.locator("#colormap").select_option(name)
        self.page.wait_for_function(
            "name => import(document.querySelector('script[type=module]').src)"
            ".then(({ easel }) => easel.controls.then(({ colours }) => colours.shown === name))",
            arg=name,
        )
        self.page.get_by_role("button", name="Done").click()

    def open_options(self) -> None:
        self.page.get_by_role("button", name="More options").click()

    def close_options(self) -> None:
        self.page.get_by_role("button", name="Done").click()

    def set(self, name: str, value: int) -> None:
        """Move a slider, such as shade or size."""
        self.page.locator(f"#{name}").fill(str(value))

    def field(self) -> pixels.Field:
        """The (H, W) uint8 field in the page's memory, not read back from the canvas."""
        width, height, text = self.page.evaluate(
            """async () => {
                const script = document.querySelector("script[type=module]");
                const { paper } = (await import(script.src)).easel;
                let text = "";
                for (const value of paper.pixels) text += String.fromCharCode(value);
                return [paper.width, paper.height, btoa(text)];
            }"""
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width)

    def shown(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The (H, W, 3) uint8 colours on the canvas, read back from it."""
        return read_canvas(self.canvas)

    def document(self) -> dict[str, Any]:
        """The strokes document of the drawing on the canvas."""
        return dict(
            self.page.evaluate(
                """async () => {
                    const script = document.querySelector("script[type=module]");
                    return (await import(script.src)).easel.paper.toDocument();
                }"""
            )
        )

    def send(self) -> str:
        """Press Send and wait until the drawing has arrived; the drawing's id."""
        self.page.get_by_role("button", name="Send").click()
        return self.wait_for_arrival()

    def wait_for_arrival(self) -> str:
        """Wait until the page says that the drawing has arrived; the drawing's id."""
        link = self.page.get_by_role("link", name="See your drawing")
        link.wait_for()
        return str(link.get_attribute("href")).rstrip("/").rpartition("/")[2]


def read_canvas(canvas: Locator) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The (H, W, 3) uint8 colours on a canvas."""
    width, height, text = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d");
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, width, height);
            let text = "";
            for (const value of data) text += String.fromCharCode(value);
            return [width, height, btoa(text)];
        }"""
    )
    rgba = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
    return rgba[..., :3]


def _input_events(points: Sequence[Point], first: str, then: str) -> Iterable[tuple[str, Point]]:
    return [(first, points[0]), *((then, point) for point in points[1:])]


def tools_used(studio):
    return [operation["tool"] for operation in studio.document()["operations"]]
