"""docs/benchmarks.md describes the subjects that can be measured."""

import re
from pathlib import Path

from django.conf import settings

from benchmarks.__main__ import SUBJECTS

PAGE = Path(settings.BASE_DIR, "docs", "benchmarks.md").read_text()
DESCRIBED = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", PAGE.partition("## Measured")[0], re.MULTILINE)


def test_every_subject_is_described_once():
    names = [name for cell in DESCRIBED[2:] for name in cell.split(", ")]

    assert sorted(names) == sorted(SUBJECTS)
