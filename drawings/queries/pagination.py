"""Reads drawings page by page, for the gallery, the admin, an owner's list and the API.

Keyset pagination: a page begins at a drawing's id, not at a number, and nothing is counted. The
last page of a million drawings takes as long as the first.
"""

from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from drawings.models import Drawing, stamps
from drawings.queries import cards, id_order, search
from drawings.queries.cards import Card
from drawings.queries.filters import DrawingFilter
from drawsite.lib.uuid7 import first_id

Row = TypeVar("Row", Drawing, Card)


class Cursor(NamedTuple):
    """The position of a page in the list; by default that of the newest page."""

    before: UUID | None = None  # only drawings older than this one
    after: UUID | None = None  # only drawings newer than this one
    oldest: bool = False  # the oldest page


class Page(NamedTuple, Generic[Row]):
    """Drawings, the newest first, and the cursors of the adjacent pages."""

    drawings: list[Row]
    newer: Cursor | None
    older: Cursor | None


class Find(Protocol[Row]):
    """The signature of `find_drawings` and `find_cards`."""

    def __call__(
        self, drawing_filter: DrawingFilter, cursor: Cursor, *, ascending: bool, limit: int
    ) -> list[Row]: ...


def read_page(drawing_filter: DrawingFilter, cursor: Cursor, size: int) -> Page[Drawing]:
    """One page of a list: at most `size` drawings, without their pixels and strokes."""
    return _read_page(find_drawings, drawing_filter, cursor, size)


def read_card_page(drawing_filter: DrawingFilter, cursor: Cursor, size: int) -> Page[Card]:
    """Like `read_page`, but reads only the columns of a card."""
    return _read_page(find_cards, drawing_filter, cursor, size)


def _read_page(
    find: Find[Row], drawing_filter: DrawingFilter, cursor: Cursor, size: int
) -> Page[Row]:
    ascending = cursor.oldest or cursor.after is not None
    # Read one more row than the page shows, to see whether another page follows.
    found = find(drawing_filter, cursor, ascending=ascending, limit=size + 1)
    has_more, drawings = len(found) > size, found[:size]
    if ascending:
        drawings.reverse()
        if cursor.after is not None and not has_more:
            return _read_page(find, drawing_filter, Cursor(), size)  # fill up the newest page
    if not drawings:
        return Page([], None, None)
    has_newer = has_more if ascending else cursor.before is not None
    has_older = cursor.after is not None if ascending else has_more
    return Page(
        drawings,
        newer=Cursor(after=drawings[0].id) if has_newer else None,
        older=Cursor(before=drawings[-1].id) if has_older else None,
    )


def find_cards(
    drawing_filter: DrawingFilter, cursor: Cursor, *, ascending: bool, limit: int
) -> list[Card]:
    """Like `find_drawings`, but reads only the columns of a card."""
    cmap, artist = drawing_filter.cmap, drawing_filter.artist
    if drawing_filter == DrawingFilter.published(cmap=cmap, artist=artist):
        return cards.find_cards(
            cmap, artist, cursor.before, cursor.after, ascending=ascending, limit=limit
        )
    found = find_drawings(drawing_filter, cursor, ascending=ascending, limit=limit)
    return [Card(each.id, each.title, each.artist, each.width, each.height) for each in found]


def find_drawings(
    drawing_filter: DrawingFilter, cursor: Cursor, *, ascending: bool, limit: int
) -> list[Drawing]:
    """The first drawings between the cursor's `after` and its `before`."""
    rows = Drawing.objects.for_lists()
    window = id_order.IdWindow(limit, ascending, after=cursor.after, before=cursor.before)
    if not drawing_filter.q:
        return id_order.read_first_rows(drawing_filter.apply(rows), window)
    rest = drawing_filter._replace(q="", status="", cmap="", since=None, until=None)
    if rest != DrawingFilter():
        rows = drawing_filter._replace(q="").apply(rows)
        return id_order.read_first_rows(search.matching_few(rows, drawing_filter.q), window)
    window = window._replace(
        first=first_id(drawing_filter.since) if drawing_filter.since else None,
        end=first_id(drawing_filter.until) if drawing_filter.until else None,
    )
    return search.find_first(
        rows, drawing_filter.q, window, status=drawing_filter.status, cmap=drawing_filter.cmap
    )


class Change(NamedTuple):
    """A position in the list of changes: the time of a change, and the drawing's id."""

    at: datetime
    id: UUID


def find_changed(status: str, since: datetime, after: Change | None, limit: int) -> list[Drawing]:
    """The first drawings of a status that changed at `since` or later, the oldest change first.

    No change can appear later before the last one returned: changes newer than the horizon are
    held back, because transactions with older ones may still commit.
    """
    rows = Drawing.objects.filter(status=status)
    # Read the horizon first, so that the lists include every change before it.
    rows = rows.changed_before(stamps.read_horizon(rows.db))
    begin = Change(since, UUID(int=0))
    position = begin if after is None else max(begin, after)
    # Changes at the same moment first. One query for both would need an OR, which no index serves.
    found = list(rows.changed_exactly_at(*position)[:limit])
    return found + list(rows.changed_after(position.at)[: limit - len(found)])
