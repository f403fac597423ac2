"""The studio for people who use keys, high contrast, or a screen reader."""

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import violations_in_every_look
from tests.support.browser import Studio, tools_used

pytestmark = pytest.mark.page_alone

SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150)]
# The computed looks of the radio buttons' labels, or of the dots in them, selected and not.
LOOKS = """(labels) => labels.map((label) => {
    const element = label.querySelector("circle") ? label.querySelector("svg") : label;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return [label.querySelector("input").checked, `${outlineStyle} ${outlineWidth}`];
})"""


def switch_single_keys(studio, on):
    studio.page.get_by_role("button", name="Help").click()
    studio.page.get_by_label("Single keys are shortcuts").set_checked(on)
    studio.page.get_by_role("button", name="Close").click()


def test_single_keys_can_be_switched_off_and_stay_off(crayons, server):
    switch_single_keys(crayons, on=False)

    again = Studio(crayons.page, server.url)
    for key in "en+?.]":
        again.page.keyboard.press(key)
    assert tools_used(again) == []
    expect(again.page.get_by_role("radio", name="Pen")).to_be_checked()
    expect(again.page.get_by_role("radio", name="Black")).to_be_checked()
    expect(again.page.get_by_role("dialog")).to_have_count(0)
    expect(again.page.locator("#size")).to_have_value("4")
    again.mouse(*SQUIGGLE)
    again.page.keyboard.press("Control+z")
    assert tools_used(again) == []
    again.page.keyboard.press("Control+Shift+z")
    assert tools_used(again) == ["pen"]

    switch_single_keys(again, on=True)
    once_more = Studio(again.page, server.url)
    once_more.page.keyboard.press("e")
    expect(once_more.page.get_by_role("radio", name="Eraser")).to_be_checked()


def test_tooltips_name_only_keys_that_work(crayons, server):
    def read_tooltips(studio):
        titles = ("[title]", "elements => elements.map(({ title }) => title)")
        return {"Pen (P)", "Pen", "Help (?)", "Help", "Undo (Ctrl+Z)"} & set(
            studio.page.eval_on_selector_all(*titles)
        )

    assert read_tooltips(crayons) == {"Pen (P)", "Help (?)", "Undo (Ctrl+Z)"}
    switch_single_keys(crayons, on=False)
    assert read_tooltips(crayons) == {"Pen", "Help", "Undo (Ctrl+Z)"}
    again = Studio(crayons.page, server.url)
    assert read_tooltips(again) == {"Pen", "Help", "Undo (Ctrl+Z)"}
    switch_single_keys(again, on=True)
    assert read_tooltips(again) == {"Pen (P)", "Help (?)", "Undo (Ctrl+Z)"}


def test_single_keys_that_are_off_leave_drawing_with_keys_on(crayons):
    switch_single_keys(crayons, on=False)

    crayons.page.locator("#paper").focus()
    for key in ("Space", "Shift+ArrowRight", "Space"):
        crayons.page.keyboard.press(key)

    assert tools_used(crayons) == ["pen"]


def test_keys_type_in_a_dialogs_fields_and_do_nothing_to_the_drawing(crayons):
    page = crayons.page
    page.set_viewport_size({"width": 390, "height": 664})
    crayons.measure()
    crayons.mouse(*SQUIGGLE)
    page.get_by_role("button", name="Send").click()

    page.get_by_label("Title").fill("")
    page.keyboard.type("no help?")
    page.keyboard.press("Control+z")

    expect(page.get_by_role("dialog")).to_be_visible()
    assert tools_used(crayons) == ["pen"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_forced_colours_what_is_selected_has_an_outline(crayons, theme):
    page = crayons.page
    crayons.use_crayon("Red")
    crayons.choose("line")
    crayons.page.locator("#paper").focus()
    page.emulate_media(forced_colors="active", color_scheme=theme)

    for group in (".segment", "#crayons .colour"):
        looks = page.locator(group).evaluate_all(LOOKS)
        assert {look for is_checked, look in looks if is_checked} == {"solid 3px"}, group
        assert all(look.startswith("none") for is_checked, look in looks if not is_checked), group
    edge = page.locator("#easel").evaluate("easel => getComputedStyle(easel).borderStyle")
    assert edge == "solid"
    filled = page.locator("#crayons circle").evaluate_all(
        "dots => new Set(dots.map((dot) => getComputedStyle(dot).fill)).size"
    )
    assert filled == 16


def test_every_control_can_be_reached_with_the_tab_key(crayons):
    names = []
    for _ in range(25):
        crayons.page.keyboard.press("Tab")
        names.append(
            crayons.page.evaluate(
                "() => document.activeElement.id || document.activeElement.value"
                " || document.activeElement.textContent.trim()"
            )
        )

    order = ["paper", "0", "pen", "size", "undo", "redo", "clear", "colours-button", "send"]
    assert [name for name in names if name in order] == order


OPENERS = {
    "Colours": "Colours",
    "More options": "More options",
    "Help": "Keys and gestures",
}


@pytest.mark.parametrize("opener", OPENERS)
def test_axe_finds_no_violation_in_a_dialog(crayons, opener):
    page = crayons.page
    crayons.mouse(*SQUIGGLE)
    page.get_by_role("button", name=opener, exact=True).click()
    expect(page.get_by_role("dialog", name=OPENERS[opener])).to_be_visible()

    assert violations_in_every_look(page) == set()


def test_axe_finds_no_violation_on_the_way_to_the_wall(crayons):
    page = crayons.page
    page.set_viewport_size({"width": 390, "height": 664})
    crayons.measure()
    crayons.mouse(*SQUIGGLE)
    page.get_by_role("button", name="Clear", exact=True).click()  # a message with an action
    assert violations_in_every_look(page) == set()
    page.get_by_role("button", name="Undo", exact=True).first.click()
    page.set_viewport_size({"width": 390, "height": 664})

    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog", name="Sign your drawing")).to_be_visible()
    assert violations_in_every_look(page) == set()

    page.get_by_role("dialog").get_by_role("button", name="Send to the wall").click()
    crayons.wait_for_arrival()
    assert violations_in_every_look(page) == set()


def test_axe_finds_no_violation_in_other_colours(crayons):
    for name in ("tab20", "viridis"):
        crayons.use_colormap(name)
        assert violations_in_every_look(crayons.page) == set(), name
        crayons.page.set_viewport_size({"width": 1280, "height": 900})
