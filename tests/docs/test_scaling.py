"""docs/scaling.md is held to the measurements that it names."""

import re
from pathlib import Path

from django.conf import settings

DOCS = Path(settings.BASE_DIR, "docs")
FIGURE = re.compile(r"^\| [^|]+ \| ([^|]+) \| \[\w+\]\((\w+\.md)\), `([^`]+)` \|$", re.MULTILINE)


def test_each_figure_is_the_one_that_was_measured():
    figures = FIGURE.findall((DOCS / "scaling.md").read_text())

    assert len(figures) > 10
    for figure, page, what in figures:
        [row] = [line for line in (DOCS / page).read_text().splitlines() if f"| {what} |" in line]
        measured = row.partition(f"| {what} |")[2]
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}", measured), f"{figure}: {row}"
