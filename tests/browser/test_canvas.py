"""Drawing and sending in a real browser, with real input."""

import io
import re
import urllib.request
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from drawings.models import Drawing

pytestmark = pytest.mark.page_alone

SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150), (151, 60), (30, 170)]


def fetch(url):
    with urllib.request.urlopen(url) as response:
        return response.read()


def decoded(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_a_drawing_arrives_on_the_server_byte_for_byte(studio, server, pointer):
    studio.set("shade", 90)
    getattr(studio, pointer)(*SQUIGGLE)
    studio.set("shade", 0)
    studio.set("size", 11)
    getattr(studio, pointer)((20, 20), (180, 25))
    drawn = studio.field()
    assert np.unique(drawn).size > 10

    id = studio.send()

    drawing = Drawing.objects.get()
    assert str(drawing.id) == id
    assert np.array_equal(drawing.field, drawn)
    base = f"{server.url}/drawings/{id}"
    npy = np.load(io.BytesIO(fetch(f"{base}/pixels.npy")), allow_pickle=False)
    assert npy.dtype == np.uint8
    assert np.array_equal(npy, drawn)
    for cmap in ("gray", "viridis", "tab10"):
        shown = decoded(fetch(f"{base}/image.png?cmap={cmap}"))
        expected = matplotlib.colormaps[cmap](drawn / np.float32(255), bytes=True)[..., :3]
        assert np.array_equal(shown, expected)


def test_the_canvas_shows_the_drawing_in_the_chosen_colours(studio):
    studio.mouse(*SQUIGGLE)
    studio.use_colormap("plasma")
    expect(studio.page.locator("#shade-strip")).to_have_attribute("src", re.compile("plasma"))

    shown = studio.page.evaluate(
        """() => {
            const canvas = document.getElementById("paper");
            return [...canvas.getContext("2d").getImageData(0, 0, 200, 200).data];
        }"""
    )

    seen = np.array(shown, np.uint8).reshape(200, 200, 4)
    expected = matplotlib.colormaps["plasma"](studio.field() / np.float32(255), bytes=True)
    assert np.array_equal(seen, expected)


def test_colours_title_and_artist_are_sent(studio):
    studio.mouse(*SQUIGGLE)
    studio.use_colormap("magma")
    studio.page.get_by_label("Title").fill("Übung №1 <b>")
    studio.page.get_by_label("Artist").fill("Ada")

    studio.send()

    drawing = Drawing.objects.get()
    assert (drawing.title, drawing.artist, drawing.colormap) == ("Übung №1 <b>", "Ada", "magma")
    assert (drawing.vmin, drawing.vmax) == (0, 255)
    studio.page.get_by_role("link", name="See your drawing").click()
    expect(studio.page.get_by_role("heading", level=1)).to_have_text("Übung №1 <b>")


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_a_tap_leaves_a_dot(studio, pointer):
    studio.set("size", 6)

    getattr(studio, pointer)((100.5, 100.5))

    ink = np.argwhere(studio.field() < 255)
    assert studio.field()[100, 100] == 0
    assert ink.min() >= 97
    assert ink.max() <= 103


def test_a_fast_move_leaves_no_gap(studio):
    studio.mouse((10, 10), (190, 180))

    field = studio.field()
    for x in range(10, 190):
        assert field[int(10 + (x - 10) * 170 / 180), x] < 60


def test_a_stroke_may_leave_the_canvas_and_come_back(studio):
    studio.mouse((150, 100), (260, 120), (150, 140), steps=4)

    field = studio.field()
    assert field[:, 199].min() == 0
    assert field[100, 150] == 0
    assert field[140, 150] == 0


def test_the_eraser_restores_white(studio):
    studio.set("size", 12)
    studio.mouse((20, 100), (180, 100))
    studio.choose("eraser")

    studio.mouse((100, 60), (100, 140))

    field = studio.field()
    assert field[100, 100] == 255
    assert field[100, 60] == 0


def test_undo_and_redo_step_through_every_stroke(studio):
    states = [studio.field()]
    for start, end in pairwise(SQUIGGLE):
        studio.mouse(start, end)
        states.append(studio.field())

    undo, redo = (studio.page.locator(name) for name in ("#undo", "#redo"))
    for state in reversed(states[:-1]):
        undo.click()
        assert np.array_equal(studio.field(), state)
    expect(undo).to_have_attribute("aria-disabled", "true")
    for state in states[1:]:
        redo.click()
        assert np.array_equal(studio.field(), state)
    expect(redo).to_have_attribute("aria-disabled", "true")


def test_undo_works_from_the_keyboard(studio):
    studio.mouse(*SQUIGGLE)
    drawn = studio.field()

    studio.page.keyboard.press("Control+z")
    assert (studio.field() == 255).all()
    studio.page.keyboard.press("Control+Shift+z")
    assert np.array_equal(studio.field(), drawn)


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_the_focus_ring_appears_only_for_the_keyboard(studio, pointer):
    ring = re.compile("solid")
    easel = studio.page.locator(".easel")

    getattr(studio, pointer)((50, 50), (90, 90))
    expect(studio.canvas).to_be_focused()
    expect(easel).not_to_have_css("outline-style", ring)
    studio.page.keyboard.press("ArrowRight")
    expect(easel).to_have_css("outline-style", ring)
    getattr(studio, pointer)((50, 50), (90, 90))
    expect(easel).not_to_have_css("outline-style", ring)


def test_a_new_stroke_after_undo_disables_redo(studio):
    studio.mouse((20, 20), (50, 50))
    studio.page.keyboard.press("Control+z")

    studio.mouse((100, 100), (150, 150))

    redo = studio.page.locator("#redo")
    expect(redo).to_have_attribute("aria-disabled", "true")


def test_clear_makes_the_canvas_white_and_can_be_undone(studio):
    studio.mouse(*SQUIGGLE)
    drawn = studio.field()

    studio.page.locator("#clear").click()
    assert (studio.field() == 255).all()
    studio.page.locator("#undo").click()
    assert np.array_equal(studio.field(), drawn)


def test_the_other_mouse_buttons_do_not_draw(studio):
    for button in ("right", "middle"):
        studio.page.mouse.move(*studio.on_screen((50, 50)))
        studio.page.mouse.down(button=button)
        studio.page.mouse.move(*studio.on_screen((90, 90)))
        studio.page.mouse.up(button=button)

    assert (studio.field() == 255).all()


def test_a_blank_drawing_is_not_sent(studio):
    studio.page.get_by_role("button", name="Send").click()

    expect(studio.page.get_by_role("status")).to_contain_text("still blank")
    assert not Drawing.objects.exists()


def test_a_double_click_on_send_sends_once(studio):
    studio.mouse(*SQUIGGLE)

    studio.page.get_by_role("button", name="Send").dblclick()
    studio.wait_for_arrival()

    assert Drawing.objects.count() == 1


def test_a_refused_title_is_explained_and_the_drawing_is_kept(studio, problems):
    studio.mouse(*SQUIGGLE)
    drawn = studio.field()
    studio.page.get_by_label("Title").fill("before\u2028after")

    studio.page.get_by_role("button", name="Send").click()

    expect(studio.page.get_by_role("status")).to_contain_text("Title: ")
    expect(studio.page.get_by_label("Title")).to_be_focused()
    assert np.array_equal(studio.field(), drawn)
    assert not Drawing.objects.exists()
    assert [problem for problem in problems if "422" not in problem] == []
    problems.clear()


def test_a_stale_csrf_token_is_renewed_silently(studio, problems):
    studio.mouse(*SQUIGGLE)
    studio.page.context.clear_cookies()

    studio.send()

    assert Drawing.objects.count() == 1
    assert [problem for problem in problems if "403" not in problem] == []
    problems.clear()


def test_strokes_drawn_while_sending_are_kept(studio):
    studio.mouse((20, 20), (100, 20))
    sent = studio.field()
    studio.slow_network(1500)
    studio.page.get_by_role("button", name="Send").click()
    studio.mouse((20, 100), (100, 100))
    drawn = studio.field()

    expect(studio.page.get_by_role("status")).to_contain_text("Your drawing is on the wall")

    assert np.array_equal(Drawing.objects.get().field, sent)
    assert np.array_equal(studio.field(), drawn)
