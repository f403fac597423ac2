"""What the page shows once a drawing has been sent."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.models import Drawing
from tests.support.browser import Studio, read_canvas
from tests.support.screens import on_every_screen
from tests.support.server import Server

pytestmark = pytest.mark.page_alone

WHITE = 255
SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150)]


@pytest.fixture
def sent(crayons):
    """The studio after a drawing was sent from it."""
    crayons.use_crayon("Red")
    crayons.set("size", 7)
    crayons.choose("rectangle")
    crayons.mouse((30, 30), (120, 90))
    crayons.colours = crayons.shown()
    crayons.page.get_by_label("Title").fill("A box")
    crayons.id = crayons.send()
    return crayons


@pytest.fixture
def reviewing_server(server):
    with Server(REQUIRE_APPROVAL="on") as server:
        yield server


def dialog(studio):
    return studio.page.get_by_role("dialog")


def expect_fresh_paper(studio):
    expect(dialog(studio)).to_have_count(0)
    assert (studio.field() == WHITE).all()
    expect(studio.page.get_by_label("Title")).to_have_value("")
    expect(studio.page.locator("#undo")).to_have_attribute("aria-disabled", "true")


def test_a_sent_drawing_is_shown_in_its_colours(sent):
    expect(dialog(sent).get_by_role("heading")).to_have_text("It’s on the wall!")
    assert np.array_equal(read_canvas(dialog(sent).locator("canvas")), sent.colours)
    expect(dialog(sent).get_by_role("img")).to_have_accessible_name("A box")
    expect(sent.page.locator("#sent-heading")).to_be_focused()


@pytest.mark.parametrize("way", ["Draw another", "Escape"])
def test_another_drawing_begins_with_the_same_tool(sent, way):
    if way == "Escape":
        sent.page.keyboard.press("Escape")
    else:
        sent.page.get_by_role("button", name=way).click()

    expect_fresh_paper(sent)
    expect(sent.page.get_by_role("radio", name="Red")).to_be_checked()
    expect(sent.page.get_by_role("radio", name="Rectangle")).to_be_checked()
    expect(sent.page.locator("#size")).to_have_value("7")
    sent.mouse((50, 50), (150, 150))
    assert np.array_equal(sent.shown()[50, 100], [220, 31, 38])
    assert sent.send() != sent.id
    assert Drawing.objects.count() == 2


def test_the_gallery_and_the_drawings_page_are_a_press_away(sent):
    url = sent.page.url
    sent.page.get_by_role("link", name="See the gallery").click()
    expect(sent.page).to_have_url(f"{url}gallery/")

    sent.page.go_back()
    sent.wait()
    expect_fresh_paper(sent)


@pytest.mark.parametrize("is_cached", [True, False])
def test_going_back_from_the_gallery_shows_no_drawing_that_was_sent(crayons, is_cached):
    page = crayons.page
    if not is_cached:
        page.evaluate("addEventListener('unload', () => {})")
    crayons.mouse(*SQUIGGLE)
    crayons.send()
    page.get_by_role("link", name="See the gallery").click()
    page.wait_for_url("**/gallery/")

    page.go_back()
    crayons.wait()

    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function(
        """async () => {
            const script = document.querySelector("script[type=module]");
            const { paper } = (await import(script.src)).easel;
            return !paper.isTouched && paper.isBlank;
        }"""
    )
    assert (crayons.shown() == WHITE).all()


def test_share_copies_the_link_where_the_device_has_no_menu(sent):
    page = sent.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("Object.defineProperty(navigator, 'share', { value: undefined })")

    page.get_by_role("button", name="Share").click()

    expect(dialog(sent).get_by_role("status")).to_have_text("Link copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{page.url}drawings/{sent.id}/"


def test_share_shows_the_link_where_it_cannot_be_copied(sent):
    page = sent.page
    page.evaluate("Object.defineProperty(navigator, 'share', { value: undefined })")
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )

    page.get_by_role("button", name="Share").click()

    expect(dialog(sent).get_by_role("status")).to_contain_text(f"/drawings/{sent.id}/")


def test_share_opens_the_devices_menu_where_there_is_one(sent):
    page = sent.page
    page.evaluate(
        """() => Object.defineProperty(navigator, "share",
            { value: async (what) => { window.shared = what; } })"""
    )

    page.get_by_role("button", name="Share").click()

    assert page.evaluate("shared") == {"title": "A box", "url": f"{page.url}drawings/{sent.id}/"}


def test_where_drawings_are_reviewed_first_the_visitor_is_told(browser, reviewing_server):
    studio = Studio(browser.new_page(), reviewing_server.url)
    studio.mouse(*SQUIGGLE)

    studio.send()

    expect(dialog(studio).get_by_role("heading")).to_have_text("A moderator will look at it first")
    expect(studio.page.get_by_role("button", name="Share")).to_have_count(0)
    assert Drawing.objects.get().status == Drawing.Status.PENDING


@on_every_screen
def test_all_of_the_moment_is_in_view(crayons):
    page = crayons.page
    crayons.touch(*SQUIGGLE)
    page.get_by_role("button", name="Send").tap()
    page.get_by_role("button", name="Send to the wall").tap()
    crayons.wait_for_arrival()

    hidden = page.evaluate(
        """() => [...document.querySelectorAll("#sent :is(h2, canvas, button, a)")]
            .map((element) => [element.textContent, element.getBoundingClientRect()])
            .filter(([, { left, top, right, bottom }]) =>
                left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)
            .map(([name]) => name)"""
    )
    assert hidden == []
