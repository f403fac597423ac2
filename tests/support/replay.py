"""A drawing's replay in the browser."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from drawings.imaging import rasteriser, strokes

PAUSE = 3600 * 1000  # an hour, between two strokes


def stroke(points, t, shade=0, radius=3, **values):
    return {
        "tool": "pen",
        "shade": shade,
        "antialiased": True,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "radius": [radius] * len(points),
        "t": t,
        **values,
    }


# Two strokes, an hour between them: three seconds of replay.
OPERATIONS = [
    stroke([(20, 40), (60, 44), (100, 40)], [100, 600, 1100]),
    stroke([(20, 90.25), (60, 80.5), (100, 90)], [PAUSE, PAUSE + 400, PAUSE + 900], shade=80),
]


def document(operations, paper=None, width=128, height=96):
    return {
        "version": strokes.VERSION,
        "width": width,
        "height": height,
        "paper": paper,
        "operations": operations,
    }


class Replay:
    """A drawing's page, as a visitor who wants its replay handles it."""

    def __init__(self, page, server):
        self.page = page
        self.server = server
        self.canvas = page.locator("#replay-canvas")
        self.picture = page.locator("#picture")
        self.slider = page.get_by_role("slider", name="Time")
        self.status = page.locator("#replay-status")

    def visit(self, drawing, query=""):
        self.page.goto(f"{self.server.url}/drawings/{drawing.id}/{query}")

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, drawing, query=""):
        self.visit(drawing, query)
        self.button("Replay").click()
        expect(self.canvas).to_be_visible()

    def open_still(self, drawing, query=""):
        """As it opens for who wants less motion: paused, at the end."""
        self.page.emulate_media(reduced_motion="reduce")
        self.open(drawing, query)

    def scrub(self, share):
        """Drag the slider to a share of the whole time."""
        self.slider.fill(str(round(share * int(self.slider.get_attribute("max")))))

    def seconds(self):
        return int(self.slider.get_attribute("aria-valuetext").partition(" ")[0])

    def settle(self):
        """Wait until what was asked for is on the canvas."""
        self.page.evaluate(
            """async () => {
                const { player } = await import(document.querySelector("script[type=module]").src);
                do await new Promise(requestAnimationFrame); while (player.isBehind);
            }"""
        )

    def field(self):
        """The field as the replay itself has it."""
        self.settle()
        return self.field_now()

    def field_now(self):
        page = "document.querySelector('script[type=module]').src"
        return field_in(self.page, f"(await import({page})).player.film")

    def colours(self):
        """What the canvas shows; this browser gives it back as it is."""
        self.settle()
        height, width = self.field().shape
        rgba = self.page.evaluate(
            """() => {
                // Through another canvas: the browser complains of reading the same one twice.
                const { width, height } = document.getElementById("replay-canvas");
                const copy = new OffscreenCanvas(width, height).getContext("2d");
                copy.drawImage(document.getElementById("replay-canvas"), 0, 0);
                return [...copy.getImageData(0, 0, width, height).data];
            }"""
        )
        return np.array(rgba, np.uint8).reshape(height, width, 4)[..., :3]


def field_in(page, expression):
    """The field that something in the page has: width, height and pixels."""
    width, height, values = page.evaluate(
        f"""async () => {{
            const {{ width, height, pixels }} = {expression};
            return [width, height, [...pixels]];
        }}"""
    )
    return np.array(values, np.uint8).reshape(height, width)


def picture_colours(page, drawing, cmap):
    """The drawing as image.png shows it."""
    response = page.request.get(f"{page.url.partition('?')[0]}image.png?cmap={cmap}")
    return np.asarray(Image.open(io.BytesIO(response.body())).convert("RGB"))


def after(operations, count, ground=None):
    """The field after so many of the operations."""
    return rasteriser.rasterise(document(operations[:count]), ground)
