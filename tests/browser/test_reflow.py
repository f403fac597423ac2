"""No page scrolls sideways, cuts text off or lets it overlap, on a window of 320 px, as wide ones
have at 400 % zoom, and with text of twice the size (WCAG 1.4.10 and 1.4.4).
"""

import json
from urllib.parse import quote

import pytest

from drawings.models import Report

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
# Elements that would show less than the text they have, or show it beyond the window or each other.
FIND_PROBLEMS = """() => {
  const problems = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) problems.push(`is ${root.scrollWidth} px wide`);
  const describe = (element) =>
    `${element.tagName} ${element.className} "${element.textContent.trim().slice(0, 40)}"`;
  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    getComputedStyle(element).clipPath === "none" && // not only for screen readers
    !element.closest(".visually-hidden, .skip-link, option, noscript, canvas, svg");
  const boxes = [];
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!hasText || !isVisible(element)) continue;
    const scroller = element.closest("pre, textarea");
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect();
    if (!scroller && (text.right > innerWidth + 1 || text.left < -1)) {
      problems.push(`leaves the window: ${describe(element)}`);
    }
    for (let box = element; box !== document.body; box = box.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(box);
      if (/auto|scroll/.test(overflowX + overflowY)) break;
      const clips = (overflow) => overflow === "hidden" || overflow === "clip";
      const edge = box.getBoundingClientRect();
      if (clips(overflowX) && text.right > edge.right + 1) {
        problems.push(`cut off: ${describe(element)}`);
      }
      if (clips(overflowY) && text.bottom > edge.bottom + 1) {
        problems.push(`cut off below: ${describe(element)}`);
      }
    }
    if (!scroller) {
      for (const rect of range.getClientRects()) {
        const inset = { left: rect.left + 1, right: rect.right - 1 };
        boxes.push({ element, ...inset, top: rect.top + rect.height / 4,
                     bottom: rect.bottom - rect.height / 4 });
      }
    }
  }
  for (const input of document.querySelectorAll("input[type=date]")) {
    const { width } = input.getBoundingClientRect();
    input.style.width = "max-content";
    if (input.getBoundingClientRect().width > width + 1) problems.push(`cut off: ${input.name}`);
    input.style.width = "";
  }
  for (const [index, one] of boxes.entries()) {
    for (const other of boxes.slice(index + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      if (one.left < other.right && other.left < one.right &&
          one.top < other.bottom && other.top < one.bottom) {
        problems.push(`overlap: ${describe(one.element)} and ${describe(other.element)}`);
      }
    }
  }
  return problems;
}"""
# The width of the window and the browser's font size. Sizes in rem, media queries too, follow it.
LOOKS = {"320 px": (320, 16), "text of twice the size": (1280, 32), "both": (640, 32)}


@pytest.fixture
def pages(make_replayable, make_drawing, owner):
    """The URLs of all pages for visitors, by name. Long words are in all that they type."""
    words = {"title": LONG, "artist": LONG[:40]}
    drawing = make_replayable(**words)
    own = make_replayable(**words, owner=owner, parent=drawing)
    Report.objects.create(drawing=own, reason="other")
    statuses = ("pending", "hidden")
    pending, hidden = (make_drawing(**words, owner=owner, status=status) for status in statuses)
    foreign = make_drawing(**words, status="pending")
    url, own_url = drawing.get_absolute_url(), own.get_absolute_url()
    return {
        "studio": "/",
        "gallery": "/gallery/",
        "nothing found": f"/gallery/?q={quote(LONG)}x",
        "mine": "/mine/",
        "drawing": url,
        "own drawing": own_url,
        "own pending drawing": pending.get_absolute_url(),
        "own hidden drawing": hidden.get_absolute_url(),
        "waiting": foreign.get_absolute_url(),
        "retitle": f"{own_url}title/",
        "take back": f"{own_url}take-back/",
        "report": f"{url}report/",
        "thanks": f"{url}report/thanks/",
        "plots": f"/gallery/plots/?q={quote(LONG)}",
        "plots of nothing": "/gallery/plots/?q=nothing",
        "refused plots": "/gallery/plots/?cmap=nothing",
        "API": "/api/",
        "not found": "/nowhere",
        "login": "/admin/login/",
    }


@pytest.mark.parametrize(("width", "font_size"), LOOKS.values(), ids=LOOKS)
def test_no_page_clips_its_text_or_scrolls_sideways(
    owners_page, server, pages, problems, width, font_size
):
    page = owners_page
    page.set_viewport_size({"width": width, "height": 900})
    protocol = page.context.new_cdp_session(page)
    sizes = {"standard": font_size, "fixed": font_size * 13 // 16}
    protocol.send("Page.setFontSizes", {"fontSizes": sizes})
    found = {}
    for name, address in pages.items():
        page.goto(f"{server.url}{address}")
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == (
            f"{font_size}px"
        )
        if problems_here := page.evaluate(FIND_PROBLEMS):
            found[name] = problems_here
    # The browser's own messages about the missing page and the refused one.
    problems[:] = [each for each in problems if "Failed to load resource" not in each]
    assert not found, json.dumps(found, indent=2, ensure_ascii=False)
