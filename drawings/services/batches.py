"""Work on as many drawings as there may be: batch by batch, as long as a request may take."""

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing

# As many as one transaction may keep others from writing for.
BATCH = 500
# Well within what a server gives a request.
SECONDS = 5.0

# The next drawings after an id (from the first one, without one), ascending, so many at most.
Find = Callable[[UUID | None, int], list[Drawing]]
Work = Callable[[list[Drawing]], int]


class Progress(NamedTuple):
    done: int
    after: UUID | None  # where to go on; None when nothing remains


def run(work: Work, find: Find, after: UUID | None = None) -> Progress:
    """Do the work, which says of each batch how many it changed, until SECONDS are over."""
    deadline = time.monotonic() + SECONDS
    done = 0
    while batch := find(after, BATCH):
        done += work(batch)
        after = batch[-1].id
        if len(batch) < BATCH:
            break
        if time.monotonic() > deadline:
            return Progress(done, after)
    return Progress(done, None)
