"""Rows in the order of their ids, which is the order of time."""

from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing, DrawingQuerySet


class IdWindow(NamedTuple):
    """Which rows to read of many that are ordered by id. A bound that is None binds nothing."""

    limit: int
    ascending: bool = False  # the oldest first
    first: UUID | None = None  # the least id, included
    end: UUID | None = None  # the greatest id, not included
    after: UUID | None = None  # the id of a drawing; only newer ones follow
    before: UUID | None = None  # the id of a drawing; only older ones follow


def first_rows(rows: DrawingQuerySet, window: IdWindow) -> list[Drawing]:
    """The first rows within a window."""
    if window.first is not None:
        rows = rows.filter(id__gte=window.first)
    if window.end is not None:
        rows = rows.filter(id__lt=window.end)
    if window.after is not None:
        rows = rows.filter(id__gt=window.after)
    if window.before is not None:
        rows = rows.filter(id__lt=window.before)
    return list(rows.order_by("id" if window.ascending else "-id")[: window.limit])
