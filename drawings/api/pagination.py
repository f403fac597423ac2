"""Lists of drawings by any filters together, a page at a time.

An index finds the drawings by some of the filters, in order. The other filters are checked on each
drawing that it finds, on a limited number of them: a page may then have fewer drawings than its
limit, and still says where the next one begins.
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

MAX_EXAMINED = 2_000
# Where each drawing is looked up in the search index: one look-up takes as long as a search.
MAX_SEARCHED = 500

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
# Microseconds since 1970, and the id.
CURSOR_LAYOUT = struct.Struct(">q16s")
CURSOR_PATTERN = r"^[A-Za-z0-9_-]{32}$"


class Page(NamedTuple):
    """Drawings without their pixels and strokes, and where the next page begins, if one does."""

    drawings: list[Drawing]
    next: Change | None

    def shortened(self, length: int) -> "Page":
        """Its first `length` drawings, at least one."""
        if length >= len(self.drawings):
            return self
        drawings = self.drawings[:length]
        return Page(drawings, _place_of(drawings[-1]))


def read_page(
    drawing_filter: DrawingFilter, updated_since: datetime | None, after: Change | None, limit: int
) -> Page:
    """The page after a place, newest first; with `updated_since`, in the order of changes."""
    if updated_since is None:
        indexed = _indexed_part(drawing_filter)
    else:
        indexed = DrawingFilter(status=drawing_filter.status)
    rest = _without(drawing_filter, indexed)
    examined = limit + 1
    if rest != DrawingFilter():
        examined = MAX_SEARCHED if rest.q else MAX_EXAMINED
    if updated_since is None:
        cursor = pagination.Cursor(before=after.id if after else None)
        found = pagination.find(indexed, cursor, ascending=False, limit=examined)
    else:
        found = pagination.find_changed(indexed.status, updated_since, after, examined)
    drawings = _passing(rest, found)
    if len(drawings) > limit:
        return Page(drawings[:limit], _place_of(drawings[limit - 1]))
    # There may be more beyond those that were examined.
    return Page(drawings, _place_of(found[-1]) if len(found) == examined else None)


def _indexed_part(drawing_filter: DrawingFilter) -> DrawingFilter:
    """The fields that one index answers together, in the order of ids."""
    indexed = drawing_filter._replace(width=0, height=0)
    if indexed.q:
        return indexed._replace(artist="")
    return indexed._replace(cmap="") if indexed.artist else indexed


def _without(drawing_filter: DrawingFilter, part: DrawingFilter) -> DrawingFilter:
    """The fields of a filter that a part of it leaves out."""
    left_out = {
        name: value
        for name, value in drawing_filter._asdict().items()
        if value != getattr(part, name)
    }
    return DrawingFilter()._replace(**left_out)


def _passing(rest: DrawingFilter, found: list[Drawing]) -> list[Drawing]:
    drawings = [drawing for drawing in found if rest.holds_for(drawing)]
    if not rest.q:
        return drawings
    rows = Drawing.objects.filter(pk__in=[drawing.pk for drawing in drawings])
    ids = set(search.among(rows, rest.q).values_list("pk", flat=True))
    return [drawing for drawing in drawings if drawing.id in ids]


def _place_of(drawing: Drawing) -> Change:
    return Change(getattr(drawing, "updated_at", EPOCH), drawing.id)


def encode_cursor(place: Change) -> str:
    """A place as text that clients hand back unchanged."""
    data = CURSOR_LAYOUT.pack((place.at - EPOCH) // MICROSECOND, place.id.bytes)
    return base64.urlsafe_b64encode(data).decode()


def decode_cursor(text: str) -> Change:
    """The place that a text of CURSOR_PATTERN stands for."""
    number, key = CURSOR_LAYOUT.unpack(base64.urlsafe_b64decode(text))
    # A forged cursor may hold any time.
    least, most = (FIRST - EPOCH) // MICROSECOND, (LAST - EPOCH) // MICROSECOND
    return Change(EPOCH + max(least, min(most, number)) * MICROSECOND, UUID(bytes=key))
