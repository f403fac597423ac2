"""Reads drawings in the order of their ids, which is the order of time."""

from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing, DrawingQuerySet


class IdWindow(NamedTuple):
    """A range of ids, and how many rows to read from one end of it. None means no bound."""

    limit: int
    ascending: bool = False  # read the oldest rows, not the newest
    first: UUID | None = None  # the lowest id, inclusive
    end: UUID | None = None  # the highest id, exclusive
    after: UUID | None = None  # a drawing's id: only newer drawings
    before: UUID | None = None  # a drawing's id: only older drawings


def read_first_rows(rows: DrawingQuerySet, window: IdWindow) -> list[Drawing]:
    """The first drawings within a window."""
    if window.first is not None:
        rows = rows.filter(id__gte=window.first)
    if window.end is not None:
        rows = rows.filter(id__lt=window.end)
    if window.after is not None:
        rows = rows.filter(id__gt=window.after)
    if window.before is not None:
        rows = rows.filter(id__lt=window.before)
    return list(rows.order_by("id" if window.ascending else "-id")[: window.limit])
