"""Drafts survive reloads and crashes, and the outbox retries sending."""

import random
import time

import numpy as np
import pytest
from playwright.sync_api import Error, expect

from drawings.imaging import rasteriser
from drawings.models import Drawing
from tests.support.browser import Studio
from tests.support.documents import document, ellipse, fill

pytestmark = pytest.mark.page_alone

SQUIGGLE = [(40, 40), (60.5, 80), (100, 50), (150, 150)]
WHITE = 255
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_CONNECTION")


def expect_only(problems, *words):
    """Asserts that every problem contains one of the words, and clears the problems."""
    assert [each for each in problems if not any(word in each for word in words)] == []
    problems.clear()


def replace_document(page, changes):
    """Overwrites keys of the stored draft's document."""
    page.evaluate(
        """(changes) => new Promise((resolve) => {
            const request = indexedDB.open("drawsite", 1);
            request.onsuccess = () => {
                const transaction = request.result.transaction("drafts", "readwrite");
                const store = transaction.objectStore("drafts");
                const all = store.getAll();
                all.onsuccess = () => {
                    Object.assign(all.result[0].document, changes);
                    store.put(all.result[0]).onsuccess = () => {
                        request.result.close();
                        resolve();
                    };
                };
            };
        })""",
        changes,
    )


def crash(page):
    """Kill the tab's process, as a phone that is short of memory does."""
    protocol = page.context.browser.new_browser_cdp_session()
    with pytest.raises(Error):
        page.goto("chrome://crash")
    protocol.detach()


def test_a_draft_survives_a_reload(studio, server):
    studio.mouse(*SQUIGGLE)
    studio.page.get_by_label("Title").fill("Half done")
    studio.use_colormap("magma")
    drawn = studio.field()

    again = Studio(studio.page, server.url)

    assert np.array_equal(again.field(), drawn)
    expect(studio.page.get_by_label("Title")).to_have_value("Half done")
    expect(studio.page.locator("#colormap")).to_have_value("magma")
    expect(studio.page.get_by_role("status")).to_contain_text("your unfinished drawing")
    again.mouse((10, 10), (20, 20))
    studio.page.keyboard.press("Control+z")
    studio.page.keyboard.press("Control+z")
    assert (again.field() == 255).all()


def test_a_drafts_hairline_is_as_thin_as_it_was_in_other_colours(crayons, server):
    crayons.set("size", 1)
    crayons.mouse((20, 100), (180, 100))
    in_crayons = crayons.field()

    again = Studio(crayons.page, server.url)

    assert np.array_equal(again.field(), in_crayons)
    assert set(again.document()["operations"][0]["radius"]) == {0.75}
    again.use_colormap("gray")
    assert set(again.document()["operations"][0]["radius"]) == {0.5}


def test_a_draft_survives_closing_its_tab(studio, server, problems):
    studio.mouse(*SQUIGGLE)
    drawn = studio.field()
    context = studio.page.context
    studio.page.close()

    again = Studio(context.new_page(), server.url)

    assert np.array_equal(again.field(), drawn)


def test_a_draft_survives_a_tab_that_is_killed_at_any_moment(studio, server):
    """Kills the tab at eight random moments; every finished stroke must be restored."""
    chance = random.Random(7)  # noqa: S311 - chance, not a secret
    context = studio.page.context
    finished = 0
    for _ in range(8):
        strokes = chance.randrange(1, 4)
        for _ in range(strokes):
            start = (chance.randrange(200), chance.randrange(200))
            studio.mouse(start, (chance.randrange(200), chance.randrange(200)))
        finished += strokes
        if chance.random() < 0.5:  # in the middle of a stroke
            studio.page.mouse.move(*studio.on_screen((100, 100)))
            studio.page.mouse.down()
        drawn = finished
        crash(studio.page)
        studio.page.close()
        studio = Studio(context.new_page(), server.url)
        assert len(studio.document()["operations"]) == drawn


def test_each_tab_keeps_its_own_draft(studio, server):
    studio.mouse((20, 20), (100, 20))
    first = studio.field()
    other = Studio(studio.page.context.new_page(), server.url)
    assert (other.field() == 255).all()
    other.mouse((20, 150), (100, 150))
    second = other.field()

    for tab, field in ((studio, first), (other, second)):
        tab.page.reload()
        tab.wait()
        assert np.array_equal(tab.field(), field)


def test_sending_a_drawing_removes_its_draft(studio, server):
    studio.mouse(*SQUIGGLE)
    studio.send()

    again = Studio(studio.page, server.url)

    assert (again.field() == 255).all()


@pytest.mark.parametrize("denied", ["indexedDB", "quota"])
def test_a_page_without_storage_warns_and_can_still_send_drawings(page, server, denied):
    if denied == "indexedDB":
        page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    else:
        page.add_init_script(
            "IDBObjectStore.prototype.put = () => {"
            " throw new DOMException('full', 'QuotaExceededError'); };"
        )
    studio = Studio(page, server.url)
    studio.mouse(*SQUIGGLE)

    expect(page.get_by_role("status")).to_contain_text("can't keep drafts")
    studio.send()
    assert Drawing.objects.count() == 1


def test_a_drawing_sent_offline_arrives_when_the_network_is_back(studio, problems):
    studio.mouse(*SQUIGGLE)
    drawn = studio.field()
    studio.page.context.set_offline(True)

    studio.page.get_by_role("button", name="Send").click()
    expect(studio.page.get_by_role("status")).to_contain_text("Can't reach the site")
    expect(studio.page.get_by_role("status")).to_contain_text("Your drawing is safe")
    expect_only(problems, *OFFLINE)

    studio.page.context.set_offline(False)
    studio.wait_for_arrival()
    assert np.array_equal(Drawing.objects.get().field, drawn)
    problems.clear()


def test_a_lost_response_does_not_store_a_second_drawing(studio, problems):
    studio.mouse(*SQUIGGLE)
    lost: list[int] = []

    def lose_the_first_answer(route):
        response = route.fetch()
        if lost:
            route.fulfill(response=response)
        else:
            lost.append(response.status)
            route.abort("connectionreset")

    studio.page.route("**/drawings/", lose_the_first_answer)
    studio.send()

    assert lost == [201]
    assert Drawing.objects.count() == 1
    expect_only(problems, *OFFLINE)


def test_the_next_page_sends_what_a_closed_page_could_not(studio, server, problems):
    studio.mouse(*SQUIGGLE)
    context = studio.page.context
    context.set_offline(True)
    studio.page.get_by_role("button", name="Send").click()
    expect(studio.page.get_by_role("status")).to_contain_text("Your drawing is safe")
    studio.page.close()
    context.set_offline(False)

    again = Studio(context.new_page(), server.url)

    expect(again.page.get_by_role("status")).to_contain_text("on the wall")
    assert Drawing.objects.count() == 1
    assert (again.field() == 255).all()
    expect_only(problems, *OFFLINE)


@pytest.mark.parametrize(("status", "word"), [(503, "again in"), (429, "again in")])
def test_sending_is_retried_after_the_delay_in_retry_after(studio, problems, status, word):
    studio.mouse(*SQUIGGLE)
    asked = []

    def refuse_once(route):
        asked.append(time.monotonic())
        if len(asked) > 1:
            return route.continue_()
        return route.fulfill(status=status, headers={"Retry-After": "2"}, json={"errors": {}})

    studio.page.route("**/drawings/", refuse_once)
    studio.page.get_by_role("button", name="Send").click()
    expect(studio.page.get_by_role("status")).to_contain_text(word)
    studio.wait_for_arrival()

    assert asked[1] - asked[0] >= 2
    assert Drawing.objects.count() == 1
    expect_only(problems, str(status))


def test_drawing_on_top_of_another_drawing_starts_with_its_pixels(
    page, server, make_drawing, field
):
    parent = make_drawing(title="The first", colormap="magma")
    page.goto(f"{server.url}/drawings/{parent.id}/")
    page.get_by_role("link", name="Draw on top of this").click()
    studio = Studio(page, page.url)

    assert np.array_equal(studio.field(), field)
    expect(page.locator("#colormap")).to_have_value("magma")
    studio.set("size", 10)
    studio.mouse((20, 20), (180, 20))
    drawn = studio.field()
    id = studio.send()

    child = Drawing.objects.get(pk=id)
    assert np.array_equal(child.field, drawn)
    assert child.parent == parent
    page.get_by_role("link", name="See your drawing").click()
    page.get_by_role("link", name="The first").click()
    page.wait_for_url(f"**/drawings/{parent.id}/")
    assert page.locator(f"a[href*='{child.id}']").count() >= 1


def test_a_reload_keeps_strokes_drawn_on_top_of_another_drawing(page, server, make_drawing):
    parent = make_drawing()
    studio = Studio(page, f"{server.url}/?on={parent.id}")
    studio.mouse((20, 20), (180, 20))
    drawn = studio.field()

    page.reload()
    studio.wait()

    assert np.array_equal(studio.field(), drawn)


def test_a_drawing_beyond_the_limits_of_strokes_is_sent_without_them(studio):
    studio.page.evaluate(
        """async () => {
            const script = document.querySelector("script[type=module]");
            const { paper } = (await import(script.src)).easel;
            paper.began -= 8 * 24 * 3600 * 1000;
            paper.begin("pen", 0);
            paper.extend(100, 100, 2);
            paper.extend(99999, -99999, 2);
            paper.end();
            const late = { tool: "invert", t: 604800000 };
            for (let n = 0; n < 10_000; n++) paper.operations.push(late);
        }"""
    )
    drawn = studio.field()

    studio.send()

    stored = Drawing.objects.get()
    assert np.array_equal(stored.field, drawn)
    assert stored.strokes is None


def test_a_drawing_is_sent_without_strokes_that_the_server_refuses(studio, problems):
    studio.mouse(*SQUIGGLE)
    studio.page.evaluate(
        """async () => {
            const script = document.querySelector("script[type=module]");
            const { paper } = (await import(script.src)).easel;
            paper.operations[0].tool = "brush";
        }"""
    )
    drawn = studio.field()

    studio.send()

    assert np.array_equal(Drawing.objects.get().field, drawn)
    expect_only(problems, "422")


SLOW_STORAGE = (
    "const open = indexedDB.open.bind(indexedDB);"
    "indexedDB.open = (...given) => {"
    "  const request = {};"
    "  setTimeout(() => {"
    "    const real = open(...given);"
    "    real.onupgradeneeded = () => request.onupgradeneeded?.call(real);"
    "    real.onsuccess = () => { request.result = real.result; request.onsuccess?.(); };"
    "  }, 1500);"
    "  return request;"
    "};"
)


@pytest.mark.parametrize("is_expected", [True, False])
def test_strokes_drawn_before_the_storage_answers_lose_no_draft(studio, server, is_expected):
    """They are added to the draft; if the page does not expect one, it is kept for another page."""
    studio.mouse((20, 20), (100, 20))
    first = studio.field()
    if not is_expected:
        studio.page.evaluate("localStorage.clear()")
    context = studio.page.context
    studio.page.close()
    page = context.new_page()
    page.add_init_script(SLOW_STORAGE)
    page.goto(f"{server.url}/", wait_until="domcontentloaded")
    page.wait_for_selector("#send[aria-disabled], #undo[aria-disabled]")
    hasty = Studio.__new__(Studio)
    hasty.page, hasty.protocol = page, context.new_cdp_session(page)
    hasty.measure()
    page.wait_for_timeout(300)
    hasty.mouse((20, 150), (100, 150))
    hasty.wait()

    drawn = hasty.field()
    assert drawn[150, 60] < WHITE
    if is_expected:
        assert (drawn[:140] == first[:140]).all()
        assert len(hasty.document()["operations"]) == 2
    else:
        again = Studio(context.new_page(), server.url)
        assert np.array_equal(again.field(), first)
        assert np.array_equal(hasty.field(), drawn)


def test_a_draft_that_cannot_be_read_does_not_stop_a_new_drawing(studio, server, problems):
    studio.mouse(*SQUIGGLE)
    replace_document(studio.page, {"version": 99})
    again = Studio(studio.page, server.url)

    expect(again.page.get_by_role("status")).to_contain_text("can't open it")
    again.mouse((50, 50), (90, 90))
    again.send()
    assert Drawing.objects.count() == 1
    expect_only(problems, "draft of another version")


def test_a_draft_of_version_1_keeps_its_pixels_and_its_version(studio, server):
    operations = (ellipse(100, 98.3, 60, 42), fill(100, 100, 0, 24))
    old = document(*operations, width=200, height=200, version=1)
    studio.mouse(*SQUIGGLE)
    replace_document(studio.page, old)

    again = Studio(studio.page, server.url)
    assert np.array_equal(again.field(), rasteriser.rasterise(old))
    again.mouse((50, 50), (90, 90))
    again.send()

    drawing = Drawing.objects.get()
    assert drawing.document["version"] == 1
    assert np.array_equal(rasteriser.rasterise(drawing.document), drawing.field)


def test_a_base_image_nobody_drew_on_is_not_kept_as_a_draft(page, server, make_drawing):
    parent = make_drawing()
    Studio(page, f"{server.url}/?on={parent.id}").field()

    assert (Studio(page, server.url).field() == 255).all()


def test_a_new_sheet_asks_first_and_is_white(studio):
    studio.mouse(*SQUIGGLE)
    studio.page.once("dialog", lambda dialog: dialog.accept())
    studio.open_options()
    studio.page.get_by_role("button", name="New sheet").click()

    assert (studio.field() == 255).all()
    assert studio.document()["operations"] == []
