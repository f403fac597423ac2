"""Forced colours, as in Windows' high contrast: what is selected or current stays visible."""

import pytest

from drawings.models import Report

pytestmark = pytest.mark.page_alone

LIST = "/admin/drawings/drawing/"
# The current link of each list of links, and another.
LINKS = {
    "/gallery/": ".site-header nav a",
    "/mine/": ".site-header nav a",
    "/": ".site-header nav a",
    f"{LIST}review/": ".review-queues a",
    f"{LIST}review/?queue=pending": ".review-queues a",
    f"{LIST}statistics/?days=365": ".review-queues a",
}
LOOK = """all => all.map((link) => {
  const { backgroundColor, color } = getComputedStyle(link);
  return [link.matches("[aria-current]"), `${color} on ${backgroundColor}`];
})"""

# Whether each swatch is chosen, and the outline of its picture.
MARKS = """all => all.map((swatch) => {
  const { outlineWidth, outlineColor } = getComputedStyle(swatch.firstElementChild);
  const isChosen = swatch.matches("[aria-current], [aria-pressed=true]");
  return [isChosen, `${outlineWidth} ${outlineColor}`];
})"""


@pytest.mark.parametrize("address", LINKS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_current_link_looks_different(curator, server, make_drawing, address, theme, problems):
    Report.objects.create(drawing=make_drawing(), reason="other")
    curator.emulate_media(forced_colors="active", color_scheme=theme)
    curator.goto(f"{server.url}{address}")

    links = curator.locator(LINKS[address]).evaluate_all(LOOK)

    current = {look for is_current, look in links if is_current}
    others = {look for is_current, look in links if not is_current}
    assert len(current) == 1
    assert others
    assert not current & others


def test_buttons_and_links_that_look_like_buttons_have_a_border(curator, server, make_drawing):
    Report.objects.create(drawing=make_drawing(), reason="other")
    curator.emulate_media(forced_colors="active")
    for address in (f"{LIST}review/", LIST):
        curator.goto(f"{server.url}{address}")
        buttons = curator.locator("#content :is(.button, input[type=submit], .object-tools a)")
        styles = buttons.evaluate_all("all => all.map(each => getComputedStyle(each).borderStyle)")
        assert set(styles) == {"solid"}


def test_the_chosen_filter_of_a_list_has_a_mark(curator, server, make_drawing):
    make_drawing()
    curator.emulate_media(forced_colors="active")
    curator.goto(f"{server.url}{LIST}?status__exact=published")

    filters = curator.locator("#changelist-filter li")
    marks = filters.evaluate_all(
        "all => all.map(each => [each.className, getComputedStyle(each).borderLeftWidth])"
    )

    assert {width for name, width in marks if name == "selected"} != {"0px"}
    assert {width for name, width in marks if name != "selected"} == {"0px"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/gallery/", "/gallery/?in=magma", "drawing"])
def test_the_chosen_colours_look_different(page, server, make_drawing, path, theme):
    drawing = make_drawing(colormap="magma")
    page.emulate_media(forced_colors="active", color_scheme=theme)
    page.goto(f"{server.url}{drawing.get_absolute_url() if path == 'drawing' else path}")

    swatches = page.locator(".swatch").evaluate_all(MARKS)
    assert len({mark for _, mark in swatches}) == (1 if path == "/gallery/" else 2)
    assert [mark for is_chosen, mark in swatches if is_chosen] == [
        mark for _, mark in swatches if mark.startswith("4px")
    ]
    if path != "drawing":
        own, show = page.locator(".strip .button").evaluate_all(
            "all => all.map(each => getComputedStyle(each).backgroundColor)"
        )
        assert (own != show) == (path == "/gallery/")


def test_the_focus_is_visible_on_the_chosen_colours(page, server, make_drawing):
    make_drawing()
    page.emulate_media(forced_colors="active")
    page.goto(f"{server.url}/gallery/?in=magma")
    chosen = page.locator(".swatch[aria-current]")
    page.get_by_role("link", name="Own colours").focus()
    outline = "element => getComputedStyle(element).outlineStyle"
    assert chosen.evaluate(outline) == "none"

    while not chosen.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")

    assert chosen.evaluate(outline) == "solid"
