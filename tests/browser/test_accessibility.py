"""Accessibility of every page in both themes, and the weight of the canvas page."""

import pytest
from playwright.sync_api import expect

from drawings.imaging import rasteriser, strokes
from tests.support.accessibility import violations, violations_in_every_look

pytestmark = pytest.mark.page_alone

MAX_CANVAS_PAGE_BYTES = 70_000
MAX_FIRST_BYTES = 40_000  # what the first stroke needs


@pytest.fixture
def drawing(make_drawing, owner):
    """A drawing on top of another, with strokes."""
    document = {
        "version": 2,
        "width": 200,
        "height": 200,
        "paper": None,
        "operations": [{"tool": "invert", "t": 1}],
    }
    parent = make_drawing(title="Below")
    return make_drawing(
        rasteriser.rasterise(document),
        title="Above",
        artist="Ada",
        parent=parent,
        strokes=strokes.pack(document),
        owner=owner,
    )


def test_axe_finds_no_violation_on_any_page(page, server, drawing, make_drawing, problems):
    pending = make_drawing(status="pending")
    own = f"/drawings/{drawing.id}/"
    pages = [
        "/",
        "/gallery/",
        "/gallery/?in=magma",
        "/gallery/?artist=Ada",
        "/gallery/?q=nothing",
        own,
        f"{own}report/",
        f"{own}report/thanks/",
        pending.get_absolute_url(),
        "/mine/",
        "/nowhere",
        "/gallery/plots/",
        "/gallery/plots/?q=nothing",
        "/gallery/plots/?since=x",
        "/api/",
    ]
    for address in pages:
        page.goto(f"{server.url}{address}")
        assert violations_in_every_look(page) == set(), address
    problems.clear()  # the browser's own message about the missing page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_on_the_pages_of_a_drawings_owner(
    owners_page, server, owner, drawing, make_drawing, theme
):
    others = [make_drawing(owner=owner, status=status) for status in ("pending", "hidden")]
    owners_page.set_viewport_size({"width": 360, "height": 900})
    owners_page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    own = f"/drawings/{drawing.id}/"
    pages = ["/mine/", own, f"{own}title/", f"{own}take-back/"]
    for address in [*pages, *(other.get_absolute_url() for other in others)]:
        owners_page.goto(f"{server.url}{address}")
        assert violations(owners_page) == set(), address
        assert owners_page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_axe_finds_no_violation_in_the_replay(page, server, drawing):
    page.goto(f"{server.url}/drawings/{drawing.id}/")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("slider")).to_be_visible()
    assert violations(page) == set()


def test_the_canvas_page_downloads_little_and_what_the_pen_needs_first(page, server):
    protocol = page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    names, sizes = {}, {}

    def on_request(event):
        names[event["requestId"]] = event["request"]["url"].removeprefix(server.url)

    def on_finish(event):
        sizes[names[event["requestId"]]] = event["encodedDataLength"]

    protocol.on("Network.requestWillBeSent", on_request)
    protocol.on("Network.loadingFinished", on_finish)

    page.goto(f"{server.url}/")
    page.wait_for_selector("#studio[data-ready]")

    assert len(sizes) > 20
    assert sum(sizes.values()) <= MAX_CANVAS_PAGE_BYTES
    requested = list(names.values())
    first = requested[: next(n for n, name in enumerate(requested) if "studio_controls" in name)]
    assert sum(sizes[name] for name in first) <= MAX_FIRST_BYTES
