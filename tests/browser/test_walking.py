"""Walking through the gallery's pages and through drawings, in the same colours."""

import re

import pytest
from playwright.sync_api import expect

from drawings.models import Drawing

pytestmark = pytest.mark.page_alone

SIZES = [(360, 640), (390, 664), (844, 390), (768, 1024), (1440, 900)]


@pytest.fixture
def wall(make_drawing):
    """Two pages of drawings, oldest first."""
    first = make_drawing(title="Number 0", artist="Ada")
    rows = [
        Drawing(blob=first.blob, width=200, height=200, title=f"Number {number}", artist="Ada")
        for number in range(1, 30)
    ]
    return [first, *Drawing.objects.bulk_create(rows)]


# --- Arrow keys ---------------------------------------------------------------------------


def test_arrow_keys_walk_through_the_pages_of_the_gallery(page, server, wall):
    page.goto(f"{server.url}/gallery/?in=magma")
    page.keyboard.press("ArrowLeft")  # there is nothing newer

    page.keyboard.press("ArrowRight")
    page.wait_for_url("**before=*")
    expect(page.locator(".caption-title").first).to_have_text("Number 5")
    assert "in=magma" in page.url

    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**after=*")
    expect(page.locator(".caption-title").first).to_have_text("Number 29")


def test_arrow_keys_walk_through_drawings_in_the_chosen_colours(page, server, wall):
    page.goto(f"{server.url}/drawings/{wall[2].id}/")
    page.get_by_role("link", name="magma").click()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/{wall[1].id}/?cmap=magma")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**/{wall[2].id}/?cmap=magma")

    page.locator("#gallery-link").click()

    page.wait_for_url("**/gallery/?in=magma")
    expect(page.locator(".card img").first).to_have_attribute("src", re.compile("cmap=magma$"))


def test_a_drawings_own_colours_are_not_carried_to_the_next_one(page, server, wall):
    page.goto(f"{server.url}/drawings/{wall[1].id}/?cmap=magma")
    page.locator("#colormap").select_option("gray")

    for link in page.locator(".walk a, #artist-link").all():
        assert "cmap=" not in link.get_attribute("href")
        assert "in=" not in link.get_attribute("href")


@pytest.mark.parametrize("focused", ["#colormap", "select[name=kind]"])
def test_arrow_keys_do_not_walk_while_a_field_has_the_focus(page, server, wall, focused):
    page.goto(f"{server.url}/drawings/{wall[1].id}/")
    page.locator(focused).focus()

    assert not goes_elsewhere(page, "ArrowRight")


def test_arrow_keys_do_not_walk_while_a_search_is_typed(page, server, wall):
    page.goto(f"{server.url}/gallery/")
    page.locator("input[name=q]").fill("fox")

    assert not goes_elsewhere(page, "ArrowRight")


@pytest.mark.parametrize("focused", ["#replay-time", "#replay-play", "#replay-speed"])
def test_arrow_keys_do_not_walk_while_the_replay_has_the_focus(
    page, server, wall, make_replayable, focused
):
    drawing = make_replayable()
    page.goto(f"{server.url}/drawings/{drawing.id}/")
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#replay-play")).to_be_focused()
    page.locator(focused).focus()

    assert not goes_elsewhere(page, "ArrowRight")


@pytest.mark.parametrize("modifier", ["Shift", "Control", "Alt", "Meta"])
def test_arrow_keys_with_a_modifier_are_the_browsers(page, server, wall, modifier):
    page.goto(f"{server.url}/drawings/{wall[1].id}/")

    assert not goes_elsewhere(page, f"{modifier}+ArrowRight")


def test_arrow_keys_scroll_the_colours_where_they_do_not_fit(page, server, wall):
    page.set_viewport_size({"width": 390, "height": 664})
    page.goto(f"{server.url}/gallery/")
    row = page.locator(".strip-row")
    page.get_by_role("link", name="Own colours").focus()

    assert not goes_elsewhere(page, "ArrowRight")
    page.wait_for_function("() => document.querySelector('.strip-row').scrollLeft > 0")

    page.set_viewport_size({"width": 1440, "height": 900})
    assert row.evaluate("row => row.scrollWidth === row.clientWidth")
    assert goes_elsewhere(page, "ArrowRight")


def goes_elsewhere(page, key):
    """Whether a key press makes the page follow a link."""
    page.evaluate(
        """() => {
            document.addEventListener("click", (event) => {
                event.preventDefault();
                document.body.dataset.followed = "yes";
            });
        }"""
    )
    page.keyboard.press(key)
    return page.evaluate("document.body.dataset.followed === 'yes'")


# --- Layout -------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_newer_and_older_are_in_view_without_scrolling(page, server, wall, width, height):
    page.set_viewport_size({"width": width, "height": height})
    for drawing in (wall[1], wall[0], wall[-1]):
        page.goto(f"{server.url}/drawings/{drawing.id}/?cmap=magma")

        for link in page.locator(".walk a").all():
            box = link.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        # The image is mostly in view, too.
        picture = page.locator("#picture").bounding_box()
        assert picture["y"] + 0.9 * picture["height"] <= height


def test_newer_and_older_stay_where_they_are_at_either_end(page, server, wall):
    page.set_viewport_size({"width": 390, "height": 664})
    places = []
    for drawing in (wall[0], wall[1], wall[-1]):
        page.goto(f"{server.url}/drawings/{drawing.id}/")
        links = page.locator(".walk [rel]").all()
        places.append({link.inner_text(): link.bounding_box() for link in links})

    assert places[0]["Newer"] == places[1]["Newer"]
    assert places[2]["Older"] == places[1]["Older"]


@pytest.mark.parametrize(("width", "text_size"), [(320, "100%"), (320, "200%"), (768, "200%")])
def test_no_page_scrolls_sideways_on_a_narrow_screen_or_with_large_text(
    page, server, wall, width, text_size
):
    Drawing.objects.filter(pk=wall[-1].pk).update(title="W" * 80, artist="i" * 40)
    page.set_viewport_size({"width": width, "height": 640})
    pages = ["/gallery/", "/gallery/?in=magma", f"/gallery/?artist={'i' * 40}", "/mine/"]
    for address in [*pages, f"/drawings/{wall[-1].id}/", f"/drawings/{wall[1].id}/"]:
        page.goto(f"{server.url}{address}")
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", text_size)

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@pytest.mark.parametrize("width", [360, 1440])
def test_the_chosen_colours_are_in_view(page, server, wall, width):
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{server.url}/gallery/?in=turbo")

    expect(page.locator(".strip [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_without_scripts_any_colormap_can_be_chosen(browser, server, wall):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/gallery/?q=number")
    page.get_by_label("Show all in").select_option("hot")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Older").click()

    expect(page.locator(".card img").first).to_have_attribute("src", re.compile("cmap=hot$"))
    assert "q=number" in page.url
    page.get_by_role("link", name="Own colours").click()
    expect(page.locator(".card img").first).to_have_attribute("src", re.compile("image.png$"))
    expect(page.locator(".caption-title").first).to_have_text("Number 5")
