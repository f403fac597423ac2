"""Cursor pagination for any combination of filters.

An index finds drawings in order by some of the filters. The other filters are checked on each
drawing found, up to a maximum per page. So a page can have fewer drawings than its limit and still
have a next page.
"""

import base64
import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing
from drawings.queries import pagination, search
from drawings.queries.filters import DrawingFilter
from drawings.queries.pagination import Change

# The drawings that a page checks against the filters without an index.
MAX_EXAMINED = 2_000
# The same when the filters include words: looking up one drawing takes as long as a whole search.
MAX_SEARCHED = 500

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
# Microseconds since 1970, and the id.
CURSOR_LAYOUT = struct.Struct(">q16s")
CURSOR_PATTERN = r"^[A-Za-z0-9_-]{32}$"


class Page(NamedTuple):
    """Drawings without their pixels and strokes, and where the next page begins, or None."""

    drawings: list[Drawing]
    next: Change | None

    def shortened(self, length: int) -> "Page":
        """Returns a page of the first `length` drawings, which must be at least 1."""
        if length >= len(self.drawings):
            return self
        drawings = self.drawings[:length]
        return Page(drawings, _position_of(drawings[-1]))


def read_page(
    drawing_filter: DrawingFilter, updated_since: datetime | None, after: Change | None, limit: int
) -> Page:
    """Returns the page after a position: newest first, or oldest change first."""
    if updated_since is None:
        indexed = _indexed_part(drawing_filter)
    else:
        indexed = DrawingFilter(status=drawing_filter.status)
    rest = _unindexed_part(drawing_filter, indexed)
    examined = limit + 1
    if rest != DrawingFilter():
        examined = MAX_SEARCHED if rest.q else MAX_EXAMINED
    if updated_since is None:
        cursor = pagination.Cursor(before=after.id if after else None)
        found = pagination.find_drawings(indexed, cursor, ascending=False, limit=examined)
    else:
        found = pagination.find_changed(indexed.status, updated_since, after, examined)
    drawings = _find_matching(rest, found)
    if len(drawings) > limit:
        return Page(drawings[:limit], _position_of(drawings[limit - 1]))
    # More drawings may match beyond those examined.
    return Page(drawings, _position_of(found[-1]) if len(found) == examined else None)


def _indexed_part(drawing_filter: DrawingFilter) -> DrawingFilter:
    """Returns the fields of the filter that one index serves together, ordered by id."""
    indexed = drawing_filter._replace(width=0, height=0)
    if indexed.q:
        return indexed._replace(artist="")
    return indexed._replace(cmap="") if indexed.artist else indexed


def _unindexed_part(drawing_filter: DrawingFilter, indexed: DrawingFilter) -> DrawingFilter:
    """Returns the fields of the filter that its indexed part leaves out."""
    left_out = {
        name: value
        for name, value in drawing_filter._asdict().items()
        if value != getattr(indexed, name)
    }
    return DrawingFilter()._replace(**left_out)


def _find_matching(rest: DrawingFilter, found: list[Drawing]) -> list[Drawing]:
    drawings = [drawing for drawing in found if rest.matches(drawing)]
    if not rest.q:
        return drawings
    rows = Drawing.objects.filter(pk__in=[drawing.pk for drawing in drawings])
    ids = set(search.matching_few(rows, rest.q).values_list("pk", flat=True))
    return [drawing for drawing in drawings if drawing.id in ids]


def _position_of(drawing: Drawing) -> Change:
    return Change(getattr(drawing, "updated_at", EPOCH), drawing.id)


def encode_cursor(position: Change) -> str:
    """Returns a position as a cursor of 32 characters. Clients treat it as opaque."""
    data = CURSOR_LAYOUT.pack((position.at - EPOCH) // MICROSECOND, position.id.bytes)
    return base64.urlsafe_b64encode(data).decode()


def decode_cursor(text: str) -> Change:
    """Returns the position in a cursor, which must match CURSOR_PATTERN."""
    number, key = CURSOR_LAYOUT.unpack(base64.urlsafe_b64decode(text))
    # A forged cursor may hold a time outside datetime's range.
    least, most = (FIRST - EPOCH) // MICROSECOND, (LAST - EPOCH) // MICROSECOND
    return Change(EPOCH + max(least, min(most, number)) * MICROSECOND, UUID(bytes=key))
