"""What axe finds on a page, for the tests of accessibility."""

import json
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
# Without preloading style sheets: axe does it with inline styles, which the site's policy refuses.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
WIDTHS = (360, 1440)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def violations(page: Page) -> set[str]:
    """Returns axe's rules that the page breaks, each with the elements that break it."""
    results = AXE.run(page, options=OPTIONS).response
    return {
        f"{violation['id']}: {json.dumps([node['target'] for node in violation['nodes']])}"
        for violation in results["violations"]
    }


def violations_in_every_look(page: Page) -> set[str]:
    """Like `violations`, on a phone and on a wide screen, in both themes."""
    found = set()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            # Axe would measure the contrast of colours between the two themes.
            page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
            found |= {f"{width} px, {theme}: {each}" for each in violations(page)}
    return found
