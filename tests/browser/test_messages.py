"""The messages beside the paper, and what is announced."""

import numpy as np
import pytest
from playwright.sync_api import expect

from drawings.models import Drawing
from tests.support.browser import Studio, tools_used
from tests.support.screens import on_a_phone, screen

pytestmark = pytest.mark.page_alone

WHITE = 255
SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150)]
SCREENS = [
    screen(320, 568),
    screen(360, 640),
    screen(390, 664),
    screen(844, 390),
    screen(820, 1180),
    screen(1440, 900),
]

# Whether the message is wholly in view, with nothing above it, and how far below the top edge of
# the paper it reaches, in CSS pixels.
MEASURE_MESSAGE = """() => {
    const [message, paper] = ["status", "easel"].map((id) =>
        document.getElementById(id).getBoundingClientRect());
    const { left, top, right, bottom } = message;
    const isInView = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    const element = document.getElementById("status");
    const isOnTop = [[left + 12, top + 12], [right - 12, bottom - 12]].every(([x, y]) =>
        element.contains(document.elementFromPoint(x, y)));
    return { isInView, isOnTop, overlap: bottom - paper.top, gap: paper.top - bottom };
}"""


@pytest.fixture
def crayons_with_clock(page, server):
    """The studio, in which time can be moved on."""
    page.clock.install()
    return Studio(page, server.url)


def status(studio):
    return studio.page.get_by_role("status").first


def expect_to_be_seen(studio):
    expect(status(studio)).not_to_be_empty()
    measured = studio.page.evaluate(MEASURE_MESSAGE)
    assert measured["isInView"], measured
    assert measured["isOnTop"], measured
    assert measured["overlap"] <= 60, measured
    assert measured["gap"] <= 60, measured


@pytest.mark.parametrize((), SCREENS)
def test_a_message_is_beside_the_paper_with_what_can_be_done(crayons):
    crayons.touch(*SQUIGGLE)
    drawn = crayons.field()

    crayons.page.get_by_role("button", name="Clear", exact=True).tap()
    expect(status(crayons)).to_contain_text("Cleared.")
    expect_to_be_seen(crayons)
    status(crayons).get_by_role("button", name="Undo").tap()
    assert np.array_equal(crayons.field(), drawn)
    expect(status(crayons)).to_contain_text("Undone.")
    expect_to_be_seen(crayons)
    status(crayons).get_by_role("button", name="Redo").tap()
    assert (crayons.field() == WHITE).all()

    crayons.page.get_by_role("button", name="Send").tap()
    expect(status(crayons)).to_contain_text("still blank")
    expect_to_be_seen(crayons)


@pytest.mark.parametrize((), SCREENS)
def test_the_longest_message_is_wholly_in_view(crayons, problems):
    crayons.page.route("**/drawings/", lambda route: route.abort())
    crayons.touch(*SQUIGGLE)
    crayons.page.get_by_role("button", name="Send").tap()
    inner = crayons.page.get_by_role("button", name="Send to the wall")
    if inner.count():
        inner.tap()

    expect(status(crayons)).to_contain_text("trying again")
    expect(status(crayons).get_by_role("button", name="Try now")).to_be_visible()
    expect_to_be_seen(crayons)
    problems.clear()


def test_a_message_stays_long_enough_and_goes(crayons_with_clock):
    studio = crayons_with_clock
    studio.mouse(*SQUIGGLE)
    studio.page.keyboard.press("Control+z")
    studio.page.mouse.move(0, 0)

    studio.page.clock.fast_forward(4000)
    expect(status(studio)).to_contain_text("Undone.")
    studio.page.clock.fast_forward(6000)
    expect(status(studio)).to_be_empty()


def test_a_message_stays_while_its_action_is_about_to_be_used(crayons_with_clock):
    studio = crayons_with_clock
    studio.mouse(*SQUIGGLE)
    studio.page.keyboard.press("Control+z")
    redo = status(studio).get_by_role("button", name="Redo")
    redo.hover()

    studio.page.clock.fast_forward(60_000)
    redo.click()

    assert tools_used(studio) == ["pen"]


def test_a_problem_stays_until_something_is_drawn(crayons_with_clock):
    studio = crayons_with_clock
    studio.page.get_by_role("button", name="Send").click()

    studio.page.clock.fast_forward(60_000)
    expect(status(studio)).to_contain_text("still blank")
    assert not Drawing.objects.exists()

    studio.mouse(*SQUIGGLE)
    expect(status(studio)).to_be_empty()


@on_a_phone
def test_the_first_pen_says_that_fingers_no_longer_draw(crayons):
    crayons.pen((40, 40), (60, 60))
    expect(status(crayons)).to_contain_text("Now only the pen draws.")
    expect_to_be_seen(crayons)

    status(crayons).get_by_role("button", name="Draw with fingers").tap()
    crayons.page.wait_for_timeout(700)  # until a touch can no longer be the palm
    crayons.measure()
    crayons.touch((100, 100), (150, 150))

    assert tools_used(crayons) == ["pen", "pen"]


@on_a_phone
def test_a_finger_that_moves_after_the_pen_is_away_hears_how_to_draw(crayons):
    crayons.pen((40, 40), (60, 60))
    crayons.touch((100, 100), (150, 150))  # perhaps the hand that holds the pen
    status(crayons).get_by_role("button", name="Draw with fingers").wait_for()
    status(crayons).click(position={"x": 4, "y": 4})
    expect(status(crayons)).to_be_empty()
    crayons.touch((100, 100), (150, 150))
    expect(status(crayons)).to_be_empty()

    crayons.page.wait_for_timeout(2100)
    crayons.touch((100, 100), (101, 101))
    expect(status(crayons)).to_be_empty()
    crayons.touch((100, 100), (150, 150))

    expect(status(crayons)).to_contain_text("Now only the pen draws.")
    assert tools_used(crayons) == ["pen"]


@on_a_phone
def test_a_press_on_a_message_uncovers_the_links_below_it(crayons):
    crayons.touch(*SQUIGGLE)
    crayons.page.locator("#undo").tap()
    expect(status(crayons)).to_contain_text("Undone.")

    status(crayons).tap(position={"x": 4, "y": 4})

    expect(status(crayons)).to_be_empty()


def test_a_press_on_a_problem_does_not_hide_it(crayons):
    crayons.page.get_by_role("button", name="Send").click()

    status(crayons).click(position={"x": 4, "y": 4})

    expect(status(crayons)).to_contain_text("still blank")


@pytest.mark.parametrize(
    ("key", "name", "said"), [("Control+z", "Redo", "Redone."), ("Shift+Delete", "Undo", "Undone.")]
)
def test_after_a_messages_button_was_used_the_keys_draw_again(crayons, key, name, said):
    crayons.mouse(*SQUIGGLE)
    crayons.page.keyboard.press(key)
    status(crayons).get_by_role("button", name=name).focus()

    crayons.page.keyboard.press("Enter")

    expect(status(crayons)).to_contain_text(said)
    expect(crayons.canvas).to_be_focused()


@on_a_phone
def test_the_first_stroke_of_a_pen_is_where_the_pen_is(crayons):
    crayons.pen((20, 20), (60, 100), (100, 150), (180, 180))

    (stroke,) = crayons.document()["operations"]
    assert stroke["x"] == pytest.approx([20, 60, 100, 180], abs=0.6)
    assert stroke["y"] == pytest.approx([20, 100, 150, 180], abs=0.6)


def test_the_position_of_the_cross_is_announced_once_it_rests(crayons):
    page = crayons.page
    page.evaluate(
        """() => {
            window.said = [];
            const announcer = document.getElementById("announcer");
            new MutationObserver(() => said.push(announcer.textContent))
                .observe(announcer, { childList: true });
        }"""
    )
    page.locator("#paper").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate("said") == []

    expect(page.locator("#announcer")).to_have_text("105, 110.")
    page.wait_for_timeout(600)
    assert page.evaluate("said") == ["105, 110."]
