"""The tests and steps that docs/torture.md names exist."""

import re
from pathlib import Path

from django.conf import settings

from torture.__main__ import STEPS

TESTS = Path(settings.BASE_DIR, "tests")
PAGE = Path(settings.BASE_DIR, "docs", "torture.md").read_text()
HELD_BY = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", PAGE.partition("## Measured")[0], re.MULTILINE)[
    2:
]


def test_every_promise_names_existing_steps_or_tests():
    named = [name for cell in HELD_BY for name in re.findall(r"`([^`]+)`", cell)]
    tests = {
        f"{file.relative_to(TESTS)}::{name}"
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text(), re.MULTILINE)
    }

    assert len(HELD_BY) > 15
    assert all(re.search(r"`.+`", cell) for cell in HELD_BY)
    assert set(named) <= tests | STEPS.keys()


def test_every_step_holds_a_promise():
    assert all(any(f"`{step}`" in cell for cell in HELD_BY) for step in STEPS)
