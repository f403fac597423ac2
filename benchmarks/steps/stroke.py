"""A long stroke on large paper in a slow browser: does the ink keep up with the pen?"""

import math
from itertools import pairwise

from playwright.sync_api import sync_playwright

from benchmarks.harness.lab import Lab
from benchmarks.harness.table import Row
from tests.support.browser import launch_options

SIDE = 512
POINTS = 1000
SLOWDOWN = 4
FRAME_MS = 1000 / 60

# Notes when frames begin, and whether the canvas has ink where the pen was since the frame before.
WATCH = """() => {
    const canvas = document.getElementById("paper");
    const context = canvas.getContext("2d");
    window.frames_ = [];
    window.inked = [];
    window.events = 0;
    let waiting = [];
    canvas.addEventListener("pointermove", (event) => {
        window.events += event.getCoalescedEvents().length || 1;
        const box = canvas.getBoundingClientRect();
        waiting.push([
            Math.floor(((event.clientX - box.left) / box.width) * canvas.width),
            Math.floor(((event.clientY - box.top) / box.height) * canvas.height),
        ]);
    });
    (function frame(time) {
        window.frames_.push(time);
        // The stroke is black on white.
        for (const [x, y] of waiting) {
            const [shade, , , opacity] = context.getImageData(x, y, 1, 1).data;
            window.inked.push(shade < 128 && opacity === 255);
        }
        waiting = [];
        requestAnimationFrame(frame);
    })(performance.now());
}"""
NO_PAINT = "CanvasRenderingContext2D.prototype.putImageData = () => {};"


def measure(lab: Lab, paints: bool = True) -> list[Row]:
    """`paints=False` keeps the page from painting: then no ink may be found."""
    with (
        lab.fresh() as site,
        site.serving(CANVAS_SIZES=f"{SIDE}x{SIDE}") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        if not paints:
            page.add_init_script(NO_PAINT)
        page.goto(server.url, wait_until="networkidle")
        protocol = page.context.new_cdp_session(page)
        box = page.locator("#paper").bounding_box()
        if box is None:
            raise RuntimeError("The paper is not on the screen")
        page.locator("#size").fill("8")

        def on_screen(n: int) -> tuple[float, float]:
            angle = n / POINTS * 14 * math.pi
            reach = box["width"] * 0.45 * n / POINTS
            middle_x, middle_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            return middle_x + reach * math.cos(angle), middle_y + reach * math.sin(angle)

        protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.mouse.move(*on_screen(0))
        page.mouse.down()
        page.evaluate(WATCH)
        for n in range(1, POINTS + 1):
            page.mouse.move(*on_screen(n))
        page.mouse.up()
        frames, inked, events = page.evaluate("[window.frames_, window.inked, window.events]")
        points = page.evaluate(
            """async () => {
                const { paper } = await import(document.querySelector("script[type=module]").src);
                return paper.operations[0].x.length;
            }"""
        )
        browser.close()

    if points < POINTS * 0.99 or events < POINTS:
        raise RuntimeError(f"Only {points} of {POINTS} points were drawn")
    gaps = [later - earlier for earlier, later in pairwise(frames)]
    # Frames begin on the display's beat: one that took too long leaves a gap of two beats or more.
    in_time = sum(gap < 1.5 * FRAME_MS for gap in gaps) / len(gaps)
    next_frame = sum(inked) / len(inked)
    where = f"{POINTS} points, {SIDE} x {SIDE}, CPU slowed {SLOWDOWN} times"
    return [
        Row(
            f"no frame missed: gaps under 1.5 beats of 16.7 ms ({where})",
            f"{in_time:.1%}",
            target=">= 95 %",
            is_met=in_time >= 0.95,
        ),
        Row(
            "ink where the pen was, in the frame after the event",
            f"{next_frame:.1%}",
            target="100 %",
            is_met=next_frame == 1,
        ),
    ]
