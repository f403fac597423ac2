"""Processes any number of drawings in batches, within the time that one request may take."""

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing

# Drawings for each transaction. Larger ones would keep other writers waiting for too long.
BATCH = 500
# Well below the server's timeout for a request.
SECONDS = 5.0

# find(after, limit): at most `limit` drawings with ids above `after` (None: from the first), in
# ascending order.
Find = Callable[[UUID | None, int], list[Drawing]]
# work(batch): the number of drawings that it changed.
Work = Callable[[list[Drawing]], int]


class Progress(NamedTuple):
    done: int
    after: UUID | None  # continue after this id; None when nothing remains


def process_batches(work: Work, find: Find, after: UUID | None = None) -> Progress:
    """Call `work` on each batch until no drawings remain or SECONDS have passed."""
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
