"""The studio's layout on phones and tablets, and what hands do there."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.models import Drawing
from tests.support.browser import Studio
from tests.support.screens import on_a_phone, on_every_screen, screen

pytestmark = pytest.mark.page_alone

WHITE = 255
SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150)]
# Controls that must be in view. For each, whether it is, and whether a press in its middle
# reaches it.
FIND_CONTROLS = """() => {
    const selector = ".paper, .segment, #crayons .colour, #size, #undo, #redo, #clear, "
        + "#colours-button, #options-button, #send, .site-header a";
    return [...document.querySelectorAll(selector)].map((element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        return {
            name: element.id || element.title || element.textContent.trim(),
            isInView: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight,
            isReached: element.contains(hit),
            isLarge: Math.min(right - left, bottom - top) >= 24,
        };
    });
}"""
FIND_SCROLLING = """() => {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
    return [scrollWidth - clientWidth, scrollHeight - clientHeight];
}"""


def tap(page, name):
    page.get_by_role("button", name=name, exact=True).tap()


@on_every_screen
def test_the_paper_and_all_tools_are_in_view_without_scrolling(crayons):
    page = crayons.page
    controls = page.evaluate(FIND_CONTROLS)

    assert len(controls) == 1 + 7 + 16 + 1 + 6 + 4
    for trouble in ("isInView", "isReached", "isLarge"):
        assert [each["name"] for each in controls if not each[trouble]] == [], trouble
    assert page.evaluate(FIND_SCROLLING) == [0, 0]
    side = min(page.viewport_size.values())
    box = crayons.canvas.bounding_box()
    assert min(box["width"], box["height"]) >= 0.6 * side


@on_every_screen
def test_a_finger_that_draws_does_not_scroll_the_page(crayons):
    crayons.touch((100, 180), (100, 120), (100, 20), (20, 20))
    crayons.touch((20, 100), (180, 100))

    assert crayons.page.evaluate("[scrollX, scrollY]") == [0, 0]
    assert (crayons.field()[20:180, 100] == 0).all()


@on_every_screen
def test_two_taps_put_a_drawing_on_the_wall(crayons):
    crayons.touch(*SQUIGGLE)

    tap(crayons.page, "Send")
    tap(crayons.page, "Send to the wall")
    crayons.wait_for_arrival()

    drawing = Drawing.objects.get()
    assert (drawing.title, drawing.artist) == ("", "")


@on_a_phone
def test_title_and_name_can_be_given_before_sending(crayons):
    crayons.touch(*SQUIGGLE)
    tap(crayons.page, "Send")
    crayons.page.get_by_label("Title").fill("A line")
    crayons.page.get_by_label("Artist").fill("Ada")

    tap(crayons.page, "Send to the wall")
    crayons.wait_for_arrival()

    drawing = Drawing.objects.get()
    assert (drawing.title, drawing.artist) == ("A line", "Ada")


@on_a_phone
def test_back_and_escape_return_to_the_drawing(crayons):
    page = crayons.page
    crayons.touch(*SQUIGGLE)
    drawn = crayons.field()
    sheet = page.get_by_role("dialog", name="Sign your drawing")

    tap(page, "Send")
    expect(sheet).to_be_visible()
    page.get_by_label("Title").fill("A line")
    tap(page, "Back")
    expect(sheet).to_be_hidden()
    assert np.array_equal(crayons.field(), drawn)
    tap(page, "Send")
    expect(page.get_by_label("Title")).to_have_value("A line")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert np.array_equal(crayons.field(), drawn)
    crayons.touch((20, 20), (30, 150))
    assert len(crayons.document()["operations"]) == 2
    assert not Drawing.objects.exists()


def send_as(studio, name, remember):
    """Send a drawing, and open the studio again. Returns it."""
    studio.touch(*SQUIGGLE)
    tap(studio.page, "Send")
    studio.page.get_by_label("Artist").fill(name)
    studio.page.get_by_label("Remember my name").set_checked(remember)
    tap(studio.page, "Send to the wall")
    studio.wait_for_arrival()
    again = Studio(studio.page, studio.page.url)
    again.touch(*SQUIGGLE)
    tap(again.page, "Send")
    return again


@on_a_phone
def test_a_name_is_remembered_only_if_wanted(crayons):
    again = send_as(crayons, "Ada", remember=False)
    expect(again.page.get_by_label("Artist")).to_have_value("")
    expect(again.page.get_by_label("Remember my name")).not_to_be_checked()
    tap(again.page, "Back")

    again = send_as(again, "Ada", remember=True)
    expect(again.page.get_by_label("Artist")).to_have_value("Ada")
    expect(again.page.get_by_label("Remember my name")).to_be_checked()
    tap(again.page, "Back")

    again = send_as(again, "Ada", remember=False)
    expect(again.page.get_by_label("Artist")).to_have_value("")


@on_a_phone
def test_the_help_can_be_closed_without_scrolling(crayons):
    crayons.open_options()
    crayons.page.get_by_role("button", name="Help").click()

    expect(crayons.page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)


@on_a_phone
def test_after_zooming_with_two_fingers_a_button_shows_the_whole_paper(crayons):
    page = crayons.page
    fit = page.get_by_role("button", name="Fit to screen")
    expect(fit).to_be_hidden()
    for gap in (10, 30, 60):
        points = [crayons.on_screen((100 - gap, 100)), crayons.on_screen((100 + gap, 100))]
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        kind = "touchStart" if gap == 10 else "touchMove"
        crayons.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    crayons.protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    whole = crayons.canvas.bounding_box()
    assert whole["width"] > 400

    fit.tap()

    expect(fit).to_be_hidden()
    assert crayons.canvas.bounding_box()["width"] < 400
    assert (crayons.field() == WHITE).all()


@pytest.mark.parametrize("way", ["space", "middle button"])
def test_a_mouse_moves_the_zoomed_paper_and_draws_nothing(crayons, way):
    page = crayons.page
    crayons.mouse((100, 100))
    drawn = crayons.field()
    page.keyboard.press("+")
    page.keyboard.press("+")
    before = crayons.canvas.bounding_box()

    if way == "space":
        page.keyboard.down(" ")
    page.mouse.move(*crayons.on_screen((100, 100)))
    page.mouse.down(button="left" if way == "space" else "middle")
    x, y = crayons.on_screen((100, 100))
    page.mouse.move(x + 30, y - 20, steps=3)
    page.mouse.up(button="left" if way == "space" else "middle")
    if way == "space":
        page.keyboard.up(" ")

    after = crayons.canvas.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(30, abs=1)
    assert after["y"] - before["y"] == pytest.approx(-20, abs=1)
    assert np.array_equal(crayons.field(), drawn)
    crayons.measure()
    crayons.mouse((60, 110), (140, 110))
    assert np.count_nonzero(crayons.field()[110] == 0) > 70


@on_a_phone
def test_another_size_of_paper_can_be_chosen(crayons):
    crayons.open_options()
    sizes = crayons.page.locator("#paper-size")
    assert sizes.locator("option").all_inner_texts() == ["200 × 200", "400 × 400", "400 × 300"]

    sizes.select_option("400x300")

    assert crayons.field().shape == (300, 400)
    crayons.measure()
    crayons.touch((20, 20), (380, 280))
    assert crayons.field()[280, 380] == 0
    assert crayons.page.evaluate(FIND_SCROLLING) == [0, 0]


# Controls without a readable name, and names that are cut off or leave their control.
FIND_NAMELESS = """() => [...document.querySelectorAll(".panel .name")]
    .filter((name) => name.checkVisibility())
    .filter((name) => {
        const box = name.getBoundingClientRect();
        const control = name.parentElement.getBoundingClientRect();
        return box.height < 10 || box.width < 10 || box.left < control.left - 1
            || box.right > control.right + 1 || box.bottom > control.bottom + 1;
    })
    .map((name) => name.textContent)"""


@pytest.mark.parametrize(
    (),
    [screen(768, 1024), screen(1024, 700), screen(1366, 650), screen(1440, 900), screen(960, 704)],
)
def test_large_screens_name_every_tool_and_button(crayons):
    page = crayons.page

    assert page.locator(".panel .name:visible").count() >= 7 + 5
    assert page.evaluate(FIND_NAMELESS) == []
    assert page.evaluate(FIND_TROUBLE) == []
    assert page.evaluate(FIND_SCROLLING) == [0, 0]


# --- Small screens and large text ----------------------------------------------------------

# Controls that are cut off at the sides, or that another element covers.
FIND_TROUBLE = """async () => {
    const selector = ".paper, .segment, #crayons .colour, #size, button:not(dialog *), "
        + ".site-header a";
    const trouble = [];
    for (const element of document.querySelectorAll(selector)) {
        if (!element.checkVisibility()) continue;
        element.scrollIntoView({ block: "center", behavior: "instant" });
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const name = element.id || element.title || element.textContent.trim();
        if (left < 0 || right > document.documentElement.clientWidth) trouble.push(`cut: ${name}`);
        const corners = [0.15, 0.5, 0.85];
        for (const x of corners.map((share) => left + share * (right - left)))
            for (const y of corners.map((share) => top + share * (bottom - top)))
                if (!element.contains(document.elementFromPoint(x, y)))
                    trouble.push(`covered: ${name}`);
        if (element.scrollWidth > element.clientWidth + 1 && element.matches("button, a"))
            trouble.push(`clipped: ${name}`);
    }
    scrollTo(0, 0);
    return [...new Set(trouble)];
}"""


def double_text(studio):
    """Make the browser's font size twice as large."""
    studio.protocol.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    studio.page.wait_for_function("() => getComputedStyle(document.body).fontSize === '32px'")
    studio.page.wait_for_timeout(100)


@pytest.mark.parametrize((), [screen(320, 568)])
def test_the_smallest_phone_shows_everything(crayons):
    assert crayons.page.evaluate(FIND_TROUBLE) == []
    assert crayons.page.evaluate(FIND_SCROLLING) == [0, 0]
    crayons.touch(*SQUIGGLE)
    tap(crayons.page, "Send")
    tap(crayons.page, "Send to the wall")
    crayons.wait_for_arrival()


@pytest.mark.parametrize((), [screen(390, 844)])
def test_text_of_twice_the_size_hides_nothing(crayons):
    double_text(crayons)

    assert crayons.page.evaluate(FIND_TROUBLE) == []
    assert crayons.page.evaluate(FIND_SCROLLING)[0] == 0


@pytest.mark.parametrize((), [screen(390, 844)])
def test_a_swipe_over_the_width_changes_it_and_does_not_scroll(crayons):
    page = crayons.page
    double_text(crayons)
    assert page.evaluate(FIND_SCROLLING)[1] > 100
    slider = page.get_by_role("slider", name="Width")
    slider.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2

    for step in range(11):
        point = {"x": x + step * box["width"] * 0.06, "y": y - 5 * step, "id": 1}
        kind = "touchMove" if step else "touchStart"
        crayons.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    crayons.protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    assert int(slider.input_value()) > 20
    assert page.evaluate("scrollY") == before
