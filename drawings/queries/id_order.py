"""Reads drawings in the order of their ids, which is the order of time."""

from typing import NamedTuple
from uuid import UUID

from django.db.models import Subquery
from django.db.models.functions import Coalesce

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
    return list(in_order(rows, window)[: window.limit])


def among_first_rows(rows: DrawingQuerySet, number: int, window: IdWindow) -> DrawingQuerySet:
    """Returns the first `number` rows within a window, in no order."""
    last = Subquery(in_order(rows, window).values("id")[number - 1 : number])
    if window.ascending:
        return rows.filter(id__lte=Coalesce(last, UUID(int=2**128 - 1)))
    return rows.filter(id__gte=Coalesce(last, UUID(int=0)))


def in_order(rows: DrawingQuerySet, window: IdWindow) -> DrawingQuerySet:
    """Returns all rows within a window, the first ones first."""
    if window.first is not None:
        rows = rows.filter(id__gte=window.first)
    if window.end is not None:
        rows = rows.filter(id__lt=window.end)
    if window.after is not None:
        rows = rows.filter(id__gt=window.after)
    if window.before is not None:
        rows = rows.filter(id__lt=window.before)
    return rows.order_by("id" if window.ascending else "-id")
