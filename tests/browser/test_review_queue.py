"""The review queue and other moderation in a real browser."""

from playwright.sync_api import expect

from drawings.models import Drawing, Report

REVIEW = "/admin/drawings/drawing/review/"


def test_moderators_can_review_by_keyboard(curator, server, make_drawing):
    for number in range(4):
        make_drawing(title=f"Fox {number}", status="pending")
    page, title = curator, curator.locator("#review-title")
    page.goto(f"{server.url}{REVIEW}")
    expect(title).to_be_focused()

    for key, then in [("p", 1), ("n", 2), ("h", 3), ("ArrowLeft", 1), ("ArrowRight", 3), ("u", 2)]:
        page.keyboard.press(key)
        expect(title).to_have_text(f"Fox {then}")
        expect(title).to_be_focused()
    assert statuses() == ["published", "pending", "pending", "pending"]
    expect(title).to_have_accessible_description("“Fox 2” is pending again.")

    page.locator("#nav-filter").press("h")
    page.keyboard.press("Control+h")
    page.get_by_label("Keys").uncheck()
    page.keyboard.press("h")
    page.reload()
    page.keyboard.press("h")
    expect(title).to_have_text("Fox 2")
    assert statuses() == ["published", "pending", "pending", "pending"]


def test_k_keeps_a_reported_drawing_and_u_opens_its_reports_again(curator, server, make_drawing):
    drawing = make_drawing(title="Fox")
    Report.objects.create(drawing=drawing, reason="other")
    page, title = curator, curator.locator("#review-title")
    page.goto(f"{server.url}{REVIEW}")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)

    page.keyboard.press("k")
    expect(title).to_have_text("Nothing to review")
    expect(title).to_have_accessible_description("“Fox” stays published.")
    assert not Report.objects.waiting().exists()

    page.keyboard.press("u")
    expect(title).to_have_text("Fox")
    expect(title).to_have_accessible_description("“Fox” is reported again.")
    assert Report.objects.waiting().exists()
    assert statuses() == ["published"]


def test_moderators_can_review_and_undo_without_scripts(browser, curator, server, make_drawing):
    for number in range(2):
        make_drawing(title=f"Fox {number}", status="pending")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(curator.context.cookies())
    page = context.new_page()
    page.goto(f"{server.url}{REVIEW}")

    page.get_by_role("button", name="Hide").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#review-title")).to_have_text("Fox 1")
    assert statuses() == ["hidden", "pending"]


def test_all_matching_drawings_can_be_hidden_after_a_confirmation(curator, server, make_drawing):
    blank = make_drawing()
    Drawing.objects.bulk_create(Drawing(blob=blank.blob, width=200, height=200) for _ in range(60))
    page = curator
    page.goto(f"{server.url}/admin/drawings/drawing/")
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Select all matching drawings").click()
    page.locator("select[name=action]").select_option("hide")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Yes, hide them").click()

    expect(page.locator(".messagelist")).to_contain_text("61 drawings are now hidden.")
    assert set(statuses()) == {"hidden"}


def test_a_plot_that_is_refused_is_requested_again_once(curator, server, make_drawing, problems):
    make_drawing()
    page, asked = curator, []

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(status=503)

    page.route("**/days.png*", refuse)
    page.clock.install()
    page.goto(f"{server.url}/admin/drawings/drawing/statistics/")
    expect(page.locator("picture.plot-light").first).to_be_visible()
    expect(page.locator(".plot-light img").first).to_have_js_property("complete", True)
    page.clock.fast_forward(5000)

    expect(page.get_by_text("The server is too busy to draw this chart.")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    assert len(asked) == 2
    assert len(problems) == 2
    problems.clear()


def statuses():
    return list(Drawing.objects.order_by("id").values_list("status", flat=True))
