"""The bench's lab, with how much of everything is done."""

import benchmarks.lab
from benchmarks.lab import POSTGRESQL, SQLITE

__all__ = ["POSTGRESQL", "SQLITE", "Lab"]


class Lab(benchmarks.lab.Lab):
    """In its short form each step does as much as shows that it works, within seconds."""

    def __init__(self, *, is_short: bool = False) -> None:
        super().__init__()
        self.is_short = is_short

    def scaled(self, full: int, short: int) -> int:
        """How much of something to do."""
        return short if self.is_short else full
