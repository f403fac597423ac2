"""The bench's lab, with how much of everything is done."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import benchmarks.harness.lab
from benchmarks.harness.lab import POSTGRESQL, SQLITE

__all__ = ["POSTGRESQL", "SQLITE", "Lab", "NotAtHandError"]


class NotAtHandError(Exception):
    """What a step needs is not on this machine; the message says what."""


class Lab(benchmarks.harness.lab.Lab):
    """In its short form each step does as much as shows that it works, within seconds."""

    def __init__(self, *, is_short: bool = False) -> None:
        super().__init__()
        self.is_short = is_short

    @contextmanager
    def place(self) -> Iterator[Path]:
        """The path of a folder for one use, which is not there yet."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield Path(folder, "data")

    def scaled(self, full: int, short: int) -> int:
        """How much of something to do."""
        return short if self.is_short else full
