"""Lists of drawings, a page at a time: the gallery's, the admin's, an owner's, the API's.

A page begins at a drawing, not at a number, and nothing is counted: the last page of a million
drawings takes as long as the first.
"""

from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from django.db import connections

from drawings.models import Drawing, Report, stamps
from drawings.queries import cards, search
from drawings.queries.cards import Card

Row = TypeVar("Row", Drawing, Card)


class Selection(NamedTuple):
    """Which drawings a list is of. What is empty selects nothing."""

    q: str = ""  # words, or the id of a drawing
    status: str = ""
    cmap: str = ""
    artist: str = ""  # exactly; not together with q
    since: datetime | None = None
    until: datetime | None = None  # before this
    owner: UUID | None = None  # not together with q
    sender: bytes = b""
    reported: bool = False  # reports of it wait for staff


class Cursor(NamedTuple):
    """Where in the list a page is: at its newest end, unless one of these is given."""

    before: UUID | None = None
    after: UUID | None = None
    oldest: bool = False


class Page(NamedTuple, Generic[Row]):
    """Drawings, the newest first, and the cursors of the pages beside them."""

    drawings: list[Row]
    newer: Cursor | None
    older: Cursor | None


class Find(Protocol[Row]):
    """`find` or `find_cards`."""

    def __call__(
        self, selection: Selection, cursor: Cursor, *, ascending: bool, limit: int
    ) -> list[Row]: ...


def read(selection: Selection, cursor: Cursor, size: int) -> Page[Drawing]:
    """One page of a list, of at most `size` drawings without their pixels and strokes."""
    return _read(find, selection, cursor, size)


def read_cards(selection: Selection, cursor: Cursor, size: int) -> Page[Card]:
    """Like `read`, but reads only the columns of a card."""
    return _read(find_cards, selection, cursor, size)


def _read(find: Find[Row], selection: Selection, cursor: Cursor, size: int) -> Page[Row]:
    ascending = cursor.oldest or cursor.after is not None
    # One more than the page shows tells whether another follows.
    found = find(selection, cursor, ascending=ascending, limit=size + 1)
    follows, drawings = len(found) > size, found[:size]
    if ascending:
        drawings.reverse()
        if cursor.after is not None and not follows:
            return _read(find, selection, Cursor(), size)  # the newest page, and a full one
    if not drawings:
        return Page([], None, None)
    has_newer = follows if ascending else cursor.before is not None
    has_older = cursor.after is not None if ascending else follows
    return Page(
        drawings,
        newer=Cursor(after=drawings[0].id) if has_newer else None,
        older=Cursor(before=drawings[-1].id) if has_older else None,
    )


def find_cards(selection: Selection, cursor: Cursor, *, ascending: bool, limit: int) -> list[Card]:
    """Like `find`, but reads only the columns of a card."""
    if selection == Selection(status=Drawing.Status.PUBLISHED, cmap=selection.cmap):
        return cards.find_cards(
            selection.cmap, cursor.before, cursor.after, ascending=ascending, limit=limit
        )
    found = find(selection, cursor, ascending=ascending, limit=limit)
    return [Card(each.id, each.title, each.artist, each.width, each.height) for each in found]


def find(selection: Selection, cursor: Cursor, *, ascending: bool, limit: int) -> list[Drawing]:
    """The first drawings of a selection between the cursor's `after` and its `before`."""
    rows = Drawing.objects.for_lists()
    if selection.status:
        rows = rows.filter(status=selection.status)
    if selection.owner is not None:
        rows = rows.filter(owner=selection.owner)
    if selection.cmap:
        rows = rows.filter(colormap=selection.cmap)
    if selection.artist:
        rows = rows.filter(artist=selection.artist)
    if selection.sender:
        rows = rows.filter(sender=selection.sender)
    if selection.reported:
        rows = rows.filter(pk__in=Report.objects.waiting().values("drawing"))
    if selection.q and connections[rows.db].vendor == "sqlite" and not search.id_in(selection.q):
        words = search.words_of(selection.q)
        if not selection.sender and not selection.reported:
            return _find_words(words, selection, cursor, ascending, limit)
        rows = search.among_few(rows, words)
    elif selection.q:
        rows = search.matching(rows, selection.q)
    if selection.since is not None:
        rows = rows.filter(id__gte=first_id(selection.since))
    if selection.until is not None:
        rows = rows.filter(id__lt=first_id(selection.until))
    if cursor.before is not None:
        rows = rows.filter(id__lt=cursor.before)
    if cursor.after is not None:
        rows = rows.filter(id__gt=cursor.after)
    return list(rows.order_by("id" if ascending else "-id")[:limit])


def _find_words(
    words: list[str], selection: Selection, cursor: Cursor, ascending: bool, limit: int
) -> list[Drawing]:
    """By SQLite's full-text search. Joined, it would look at all that the search finds: so the
    page is found first."""
    rows = Drawing.objects.for_lists()
    ids = words and search.fts5_page(
        words,
        selection.status,
        selection.cmap,
        since=None if selection.since is None else first_id(selection.since),
        until=None if selection.until is None else first_id(selection.until),
        before=cursor.before,
        after=cursor.after,
        ascending=ascending,
        limit=limit,
        using=rows.db,
    )
    found = rows.in_bulk(ids)
    return [found[each] for each in ids if each in found]


def first_id(time: datetime) -> UUID:
    """The least id that a drawing of this time can have: a UUIDv7 begins with the milliseconds."""
    return UUID(int=max(0, int(time.timestamp() * 1000)) << 80)


class Change(NamedTuple):
    """A place among the changes: when a drawing changed, and which it is."""

    at: datetime
    id: UUID


def find_changed(status: str, since: datetime, after: Change | None, limit: int) -> list[Drawing]:
    """The first drawings of a status that changed at a time or later, the oldest change first.

    Nothing is ever added before the last of them: changes newer than the horizon are held back,
    because an older one may still be committed.
    """
    rows = Drawing.objects.filter(status=status)
    # Read before the lists, so that these see whatever was written before the horizon.
    rows = rows.changed_before(stamps.horizon(rows.db))
    begin = Change(since, UUID(int=0))
    place = begin if after is None else max(begin, after)
    # Those of one moment first: as a single question it would be an "or", which no index answers.
    found = list(rows.changed_at_once(*place)[:limit])
    return found + list(rows.changed_later(place.at)[: limit - len(found)])
