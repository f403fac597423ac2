"""Every page in a real browser: layout, use without scripts, plots, the admin."""

import io
import re

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from PIL import Image
from playwright.sync_api import expect

from drawings.models import Drawing
from drawings.services import senders
from tests.support import samples
from tests.support.browser import FIND_SHIFTS, Studio
from tests.support.server import Server, SlowProxy

pytestmark = pytest.mark.page_alone


@pytest.fixture
def wall(make_drawing, field):
    """A page and a half of drawings, some with awkward shapes or titles."""
    make_drawing(np.ascontiguousarray(field[:40, :]), title="wide")
    make_drawing(np.ascontiguousarray(field[:, :16]), title="narrow", artist="W" * 40)
    make_drawing(title="W" * 80, artist="i" * 40, colormap="viridis")
    return [make_drawing(title=f"Number {number}") for number in range(33)]


def addresses(wall):
    own = f"/drawings/{wall[-1].id}/"
    return [
        "/",
        "/gallery/",
        "/gallery/?q=nothing+like+it",
        "/gallery/plots/",
        own,
        f"{own}?cmap=turbo",
        "/admin/login/",
    ]


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_scrolls_sideways_or_shifts(page, server, wall, width):
    page.set_viewport_size({"width": width, "height": 800})
    for address in addresses(wall):
        page.goto(f"{server.url}{address}")

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        if not address.startswith("/admin/"):
            assert page.evaluate(FIND_SHIFTS) == [], address


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_a_page_that_arrives_in_pieces_does_not_shift(browser, server, wall, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    with SlowProxy(server) as proxy:
        for address in addresses(wall)[:5]:
            page.goto(f"{proxy.url}{address}")

            assert page.evaluate(FIND_SHIFTS) == [], address


def test_the_gallery_pages_through_everything_without_scripts(browser, server, wall):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/gallery/")
    first = page.locator(".caption-title").all_inner_texts()
    page.get_by_role("link", name="Older").click()
    second = page.locator(".caption-title").all_inner_texts()

    assert first == [f"Number {number}" for number in range(32, 8, -1)]
    assert second == [
        *(f"Number {number}" for number in range(8, -1, -1)),
        "W" * 80,
        "narrow",
        "wide",
    ]
    expect(page.get_by_role("link", name="Older")).to_have_count(0)
    page.get_by_role("link", name="Newest").click()
    assert page.locator(".caption-title").all_inner_texts() == first


def test_without_scripts_an_image_file_can_be_uploaded(browser, server, field):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/")
    out = io.BytesIO()
    Image.fromarray(field).save(out, "png")
    expect(page.locator("#paper")).not_to_be_visible()

    page.get_by_label("Picture file").set_input_files(
        {"name": "picture.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    page.get_by_label("Title").fill("From a file")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("From a file")
    assert np.array_equal(Drawing.objects.get().field, field)


def test_without_scripts_a_refused_image_file_is_explained(browser, server, field):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/")

    page.get_by_label("Picture file").set_input_files(
        {"name": "picture.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    page.get_by_label("Title").fill("Kept")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("alert")).to_contain_text("We can't read this image")
    expect(page.get_by_label("Title")).to_have_value("Kept")
    assert not Drawing.objects.exists()


def test_without_scripts_an_artist_can_edit_the_title_and_delete_the_drawing(
    browser, server, field
):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/")
    picture = {"name": "picture.png", "mimeType": "image/png", "buffer": samples.png(field)}
    page.get_by_label("Picture file").set_input_files(picture)
    page.get_by_role("button", name="Send").click()

    page.get_by_role("link", name="Edit title and name").click()
    page.get_by_label("Title").fill("Second thoughts")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second thoughts")
    page.get_by_role("link", name="Mine").click()
    page.get_by_role("link", name="Second thoughts").click()
    page.get_by_role("link", name="Delete").click()
    assert Drawing.objects.count() == 1
    page.get_by_role("button", name="Delete permanently").click()

    expect(page.get_by_role("status")).to_contain_text("“Second thoughts” has been deleted")
    assert not Drawing.objects.exists()


def test_a_blocked_senders_drawing_stays_in_the_browser(page, problems):
    # A server of its own, as the shared one has cached the senders' key of an earlier test.
    with Server(WEB_WORKERS="1") as server:
        studio = Studio(page, server.url)
        studio.mouse((20, 20), (180, 20))
        studio.send()
        senders.block_sender(bytes(Drawing.objects.get().sender or b""))
        studio = Studio(page, server.url)
        studio.mouse((20, 20), (180, 180))
        page.get_by_role("button", name="Send").click()

        expect(page.get_by_role("status")).to_contain_text("can't post here")
        drawn = studio.field()
        page.reload()
        page.wait_for_load_state("networkidle")
        assert np.array_equal(studio.field(), drawn)
        assert Drawing.objects.count() == 1
    problems.clear()  # the browser's own message about the refusal


def test_the_gallery_plots_load_one_after_another(page, server, wall):
    page.goto(f"{server.url}/gallery/")
    page.get_by_role("link", name="Plots").click()
    figures = page.locator(".plot img")
    expect(figures).to_have_count(5)

    for number in range(5):
        figure = figures.nth(number)
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("src", re.compile(r"\.png$"), timeout=30_000)
        width = int(figure.get_attribute("width") or 0)
        assert figure.evaluate("image => image.naturalWidth") == width


@pytest.mark.parametrize(
    ("status", "seconds", "asked", "reason"),
    [
        (503, 1, 2, None),
        (429, 1, 2, None),
        (429, 3600, 1, "Lots of plots are being drawn for your network."),
        (404, 1, 1, "There's nothing left to plot."),
        (500, 1, 1, "The server couldn't draw this chart."),
    ],
)
def test_a_plot_is_requested_again_only_when_it_may_still_succeed(
    page, server, wall, problems, status, seconds, asked, reason
):
    answers: list[int] = []

    def answer(route):
        if not answers or reason:
            headers = {"Retry-After": str(seconds)}
            answers.append(status)
            route.fulfill(status=status, headers=headers, body="")
        else:
            answers.append(200)
            route.continue_()

    page.route("**/plots/mean.png", answer)
    page.goto(f"{server.url}/gallery/plots/")

    if reason:
        expect(page.locator(".plot [role=status]")).to_have_text(f"{reason} Try again.")
        assert len(answers) == asked
    else:
        mean = page.locator('.plot img[data-src$="mean.png"]')
        expect(mean).to_have_attribute("src", re.compile(r"mean\.png$"), timeout=30_000)
        assert answers[:asked] == [status, 200]
    problems.clear()  # the browser's own message about the refusal


def test_a_selection_can_be_plotted_by_keyboard(page, server, wall):
    page.goto(f"{server.url}/gallery/plots/")
    page.get_by_label("Title or artist").fill("number")
    page.keyboard.press("Tab")  # the artist
    page.keyboard.press("Tab")
    page.keyboard.type("gray")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".sample")).to_contain_text("All 33 drawings of this selection")
    expect(page.get_by_label("Colormap")).to_have_value("gray")


def test_without_scripts_the_plots_are_plain_images(browser, server, wall):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/gallery/plots/")

    expect(page.locator(".plot img:visible")).to_have_count(5)
    expect(page.locator(".plot img[data-src]:visible")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_drawings_plot_is_downloaded_in_the_colours_on_the_page(browser, server, wall, scripts):
    page = browser.new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{server.url}/drawings/{wall[0].id}/")
    page.get_by_role("link", name="magma").click()
    page.get_by_label("Kind").select_option("ink")

    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()

    assert download.value.url.endswith("plot.svg?kind=ink&cmap=magma")
    name = f"Number 0 ({wall[0].id.hex[-8:]}).ink.svg"
    assert download.value.suggested_filename == name


def test_choosing_a_colormap_recolours_the_image_and_changes_the_address(page, server, wall):
    page.goto(f"{server.url}/drawings/{wall[0].id}/")
    picture = page.locator("#picture")

    page.get_by_role("link", name="magma").click()
    expect(picture).to_have_attribute("src", re.compile(r"cmap=magma$"))
    page.locator("#colormap").select_option("Blues_r")
    expect(picture).to_have_attribute("src", re.compile(r"cmap=Blues_r$"))

    assert page.url.endswith("?cmap=Blues_r")
    page.reload()
    expect(picture).to_have_attribute("src", re.compile(r"cmap=Blues_r$"))
    expect(page.locator("#colormap")).to_have_value("Blues_r")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 200


def test_a_drawings_link_can_be_copied(page, server, wall, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/drawings/{wall[0].id}/")
    page.get_by_role("link", name="viridis").click()

    page.get_by_role("button", name="Copy link").click()

    expect(page.get_by_role("status")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_without_scripts_a_colormap_can_be_chosen(browser, server, wall):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/drawings/{wall[0].id}/")
    page.locator("#colormap").select_option("hot")
    page.get_by_role("button", name="Show").click()

    expect(page.locator("#picture")).to_have_attribute("src", re.compile(r"cmap=hot$"))


def test_staff_can_moderate_in_the_admin_in_a_browser(page, server, wall):
    get_user_model().objects.create_superuser("curator", password="a long enough password")
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Username").fill("curator")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Log in").click()
    page.locator("#content .model-drawing a").first.click()

    thumbnails = page.locator("#result_list img")
    expect(thumbnails).to_have_count(36)
    assert (
        thumbnails.first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 200
    )

    page.locator("#result_list input.action-select").first.check()
    page.locator("select[name=action]").select_option("hide")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".messagelist")).to_contain_text("1 drawing is now hidden")
    assert [drawing.pk for drawing in Drawing.objects.filter(status="hidden")] == [wall[-1].pk]

    page.locator("#result_list tbody th a").first.click()
    picture = page.locator(".drawing-picture")
    shown = picture.evaluate("image => image.decode().then(() => [image.width, image.height])")
    assert shown[0] == shown[1] >= 400
    page.get_by_label("Title").fill("Seen by staff")
    page.get_by_role("button", name="Save", exact=True).click()
    assert Drawing.objects.get(pk=wall[-1].pk).title == "Seen by staff"


@pytest.mark.parametrize("shape", [(1024, 16), (16, 1024), (320, 200)])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_drawing_of_any_shape_fits_on_the_screen(page, server, make_drawing, shape, width):
    tall = np.zeros(shape, np.uint8)
    tall[: shape[0] // 2] = 255
    drawing = make_drawing(tall)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server.url}/drawings/{drawing.id}/")

    box = page.locator("#picture").bounding_box()
    assert box["height"] < 800
    assert box["width"] <= width


def test_a_tall_canvas_fits_on_the_screen_and_draws_at_the_pointer(page, problems):
    with Server(CANVAS_SIZES="64x512,512x64", WEB_WORKERS="1") as server:
        page.set_viewport_size({"width": 1280, "height": 800})
        studio = Studio(page, server.url)
        box = page.locator("#easel").bounding_box()
        assert box["height"] < 800
        studio.mouse((10, 500), (50, 500))
        assert studio.field()[500, 30] == 0
    # Requests to any server but the shared one count as problems.
    assert [each for each in problems if "another host" not in each] == []
    problems.clear()
