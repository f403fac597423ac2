"""Links and module names in the documentation lead to files that exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings

PAGES = [Path(settings.BASE_DIR, "README.md"), *Path(settings.BASE_DIR, "docs").glob("*.md")]
ARCHITECTURE = Path(settings.BASE_DIR, "docs", "architecture.md").read_text()


def anchors_of(page):
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_an_existing_file_and_heading(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        assert not anchor or anchor in anchors_of(file), target


def test_every_page_is_in_the_index():
    index = Path(settings.BASE_DIR, "docs", "README.md").read_text()
    pages = {page.name for page in PAGES} - {"README.md"}

    assert all(f"({name})" in index for name in pages)


def test_the_readme_is_short():
    assert len(PAGES[0].read_text().splitlines()) <= 120


def test_every_module_that_the_architecture_names_exists():
    named = re.findall(r"`((?:drawsite|drawings)?/?[a-z_]+(?:/[a-z_]+)*\.(?:py|js))`", ARCHITECTURE)
    roots = ["", "drawings", "static/drawings"]

    assert len(named) > 20
    for name in named:
        assert any(Path(settings.BASE_DIR, root, name).is_file() for root in roots), name
