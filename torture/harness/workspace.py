"""The benchmarks' workspace, with a short mode."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import benchmarks.harness.workspace
from benchmarks.harness.workspace import POSTGRESQL, SQLITE

__all__ = ["POSTGRESQL", "SQLITE", "UnavailableError", "Workspace"]


class UnavailableError(Exception):
    """This machine lacks something that a step needs, which the message names."""


class Workspace(benchmarks.harness.workspace.Workspace):
    """In short mode, each step does the least that shows it works, within seconds."""

    def __init__(self, *, is_short: bool = False) -> None:
        super().__init__()
        self.is_short = is_short

    @contextmanager
    def temporary_path(self) -> Iterator[Path]:
        """A path where a folder can be created, removed at the end of the `with` block."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield Path(folder, "data")

    def scaled(self, full: int, short: int) -> int:
        """`short` in short mode, else `full`."""
        return short if self.is_short else full
