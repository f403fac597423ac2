"""The figures of docs/scaling.md agree with the measurements that it cites."""

import re
from pathlib import Path

from django.conf import settings

DOCS = Path(settings.BASE_DIR, "docs")
CITED = re.compile(r"^\| [^|]+ \| ([^|]+) \| \[\w+\]\((\w+\.md)\), `([^`]+)` \|$", re.MULTILINE)


def test_each_figure_agrees_with_its_measurement():
    figures = CITED.findall((DOCS / "scaling.md").read_text())

    assert len(figures) > 10
    for figure, page, what in figures:
        [row] = [line for line in (DOCS / page).read_text().splitlines() if f"| {what} |" in line]
        measured = row.partition(f"| {what} |")[2]
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}", measured), f"{figure}: {row}"
