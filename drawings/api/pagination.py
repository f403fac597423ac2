"""Lists of drawings by any filters together, a page at a time.

An index finds the drawings by some of the filters, in order. The others are asked of each drawing
that it finds, and of so many at most: a page may then have fewer drawings than asked for, and says
where to go on all the same.
"""

from typing import NamedTuple
from uuid import UUID

from django.db import connections

from drawings.api import cursors
from drawings.api.schemas import Filters
from drawings.models import Drawing
from drawings.queries import pagination, search

MOST_EXAMINED = 2_000
# Of which words are looked for one by one: each takes as long as a whole search.
MOST_SEARCHED = 500


class Page(NamedTuple):
    """Drawings without their pixels and strokes, and where the next page begins, if one does."""

    drawings: list[Drawing]
    next: pagination.Change | None

    def shortened(self, length: int) -> "Page":
        """Its first drawings alone, at least one of them."""
        if length >= len(self.drawings):
            return self
        drawings = self.drawings[:length]
        return Page(drawings, _place_of(drawings[-1]))


def read(filters: Filters, status: str, limit: int) -> Page:
    after = cursors.read(filters.cursor) if filters.cursor else None
    rest = _Rest(filters)
    examined = rest.most_examined or limit + 1
    found = _find(filters, status, after, examined)
    matching = rest.of(found)
    if len(matching) > limit:
        return Page(matching[:limit], _place_of(matching[limit - 1]))
    # There may be more than were looked at.
    return Page(matching, _place_of(found[-1]) if len(found) == examined else None)


def _find(
    filters: Filters, status: str, after: pagination.Change | None, limit: int
) -> list[Drawing]:
    """The first drawings after a place, by those filters that an index has."""
    if filters.updated_since is not None:
        return pagination.find_changed(status, filters.updated_since, after, limit)
    selection = pagination.Selection(
        q=filters.q or "",
        status=status,
        artist="" if filters.q else filters.artist or "",
        cmap="" if filters.artist and not filters.q else filters.cmap or "",
        since=filters.since,
        until=filters.until,
    )
    cursor = pagination.Cursor(before=after.id if after else None)
    return pagination.find(selection, cursor, ascending=False, limit=limit)


class _Rest:
    """The filters that `_find` leaves out."""

    def __init__(self, filters: Filters) -> None:
        by_change = filters.updated_since is not None
        self.words = filters.q if by_change else None
        values: dict[str, object] = {"width": filters.width, "height": filters.height}
        if by_change or filters.q:
            values["artist"] = filters.artist
        if by_change or (filters.artist and not filters.q):
            values["colormap"] = filters.cmap
        self.values = {name: value for name, value in values.items() if value is not None}
        self.first = pagination.first_id(filters.since) if by_change and filters.since else None
        self.end = pagination.first_id(filters.until) if by_change and filters.until else None

    @property
    def most_examined(self) -> int:
        """How many drawings may be asked; 0 if there is nothing to ask."""
        if self.words:
            return MOST_SEARCHED
        return MOST_EXAMINED if self.values or self.first or self.end else 0

    def of(self, drawings: list[Drawing]) -> list[Drawing]:
        left = [drawing for drawing in drawings if self._suits(drawing)]
        if not self.words:
            return left
        ids = _with_words(self.words, [drawing.id for drawing in left])
        return [drawing for drawing in left if drawing.id in ids]

    def _suits(self, drawing: Drawing) -> bool:
        return (
            all(getattr(drawing, name) == value for name, value in self.values.items())
            and (self.first is None or drawing.id >= self.first)
            and (self.end is None or drawing.id < self.end)
        )


def _with_words(text: str, ids: list[UUID]) -> set[UUID]:
    """Those of a few drawings that a search finds."""
    rows = Drawing.objects.filter(pk__in=ids)
    if connections[rows.db].vendor == "sqlite" and not search.id_in(text):
        rows = search.among_few(rows, search.words_of(text))
    else:
        rows = search.matching(rows, text)
    return set(rows.values_list("pk", flat=True))


def _place_of(drawing: Drawing) -> pagination.Change:
    return pagination.Change(getattr(drawing, "updated_at", cursors.EPOCH), drawing.id)
