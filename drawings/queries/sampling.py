"""Takes samples of the drawings that match a filter, at a cost independent of their number.

A small selection is taken whole. From a larger one, PER_PLACE consecutive drawings are taken at
each of PLACES times, evenly spread from the oldest drawing to the newest. Each read uses an index.
"""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawings.queries.pagination import Cursor, find_drawings
from drawsite.lib.uuid7 import day_of, first_id, time_of

MAX_DRAWINGS = 1000
PLACES = 20
PER_PLACE = MAX_DRAWINGS // PLACES
# Limit for plots that read pixels: a thousand drawings of 200 x 200.
MAX_PIXELS = 40_000_000
# Drawings on a contact sheet.
MAX_CONTACTS = 96
# Days that are counted in the database, each up to MAX_PER_DAY.
DAYS = 30
MAX_PER_DAY = 10_000
MAX_DAYS = 366


class Sample(NamedTuple):
    """Drawings of a selection, newest first, without their pixels and strokes."""

    drawings: list[Drawing]
    is_whole: bool  # whether the sample is the whole selection
    newest: list[Drawing]  # the newest MAX_DRAWINGS of the selection

    @property
    def oldest_day(self) -> date:
        return day_of(self.drawings[-1].id)

    @property
    def newest_day(self) -> date:
        return day_of(self.drawings[0].id)


class SameSize(NamedTuple):
    """Drawings of one size, for plots that compare their pixels."""

    height: int
    width: int
    drawings: list[Drawing]
    other_sizes: int  # number of sampled drawings with another size
    not_taken: int  # number of drawings of this size left out because of MAX_PIXELS


class Days(NamedTuple):
    """The number of drawings on each day (UTC), oldest first."""

    counts: list[tuple[date, int]]
    how: str  # "all", "last" of DAYS, or "newest" MAX_DRAWINGS drawings

    @property
    def most(self) -> int:
        """Where counting a day stops, so that there may be more drawings."""
        return MAX_PER_DAY if self.how != "newest" else MAX_DRAWINGS

    @property
    def is_capped(self) -> bool:
        return any(number >= self.most for _, number in self.counts)


def take_sample(drawing_filter: DrawingFilter) -> Sample:
    """Returns a sample of at most MAX_DRAWINGS, always the same for the same drawings.

    Takes at most PLACES + 1 queries.
    """
    newest = find_drawings(drawing_filter, Cursor(), ascending=False, limit=MAX_DRAWINGS + 1)
    if len(newest) <= MAX_DRAWINGS:
        return Sample(newest, True, newest)
    oldest = find_drawings(drawing_filter, Cursor(), ascending=True, limit=1) or newest[-1:]
    begin, end = time_of(oldest[0].id), time_of(newest[0].id)
    taken: dict[UUID, Drawing] = {}
    after = UUID(int=0)
    for place in range(PLACES - 1):
        # Where drawings are sparse, those of one place may reach beyond the next.
        after = max(after, first_id(begin + (end - begin) * place / (PLACES - 1)))
        found = find_drawings(drawing_filter, Cursor(after=after), ascending=True, limit=PER_PLACE)
        taken |= {drawing.id: drawing for drawing in found}
        after = max([after, *taken])
    taken |= {drawing.id: drawing for drawing in newest[:PER_PLACE]}
    return Sample([taken[key] for key in sorted(taken, reverse=True)], False, newest[:MAX_DRAWINGS])


def pick_same_size(drawings: list[Drawing]) -> SameSize:
    """Returns the drawings of the commonest size (of equals, the larger), thinned to MAX_PIXELS."""
    sizes = Counter((drawing.height, drawing.width) for drawing in drawings)
    (height, width), number = max(
        sizes.items(), key=lambda each: (each[1], each[0][0] * each[0][1], each[0])
    )
    same = [each for each in drawings if (each.height, each.width) == (height, width)]
    chosen = thin_out(same, MAX_PIXELS // (height * width))
    return SameSize(height, width, chosen, len(drawings) - number, number - len(chosen))


def pick_contacts(drawings: list[Drawing]) -> list[Drawing]:
    """Returns drawings for a contact sheet, evenly thinned to MAX_CONTACTS and MAX_PIXELS."""
    limit = MAX_CONTACTS
    while True:
        chosen = thin_out(drawings, limit)
        if limit == 1 or sum(each.height * each.width for each in chosen) <= MAX_PIXELS:
            return chosen
        limit -= 1


def thin_out(drawings: list[Drawing], limit: int) -> list[Drawing]:
    """Returns at most `limit` of the drawings, evenly spread, with the first and the last."""
    if len(drawings) <= limit:
        return drawings
    return [drawings[at * (len(drawings) - 1) // max(1, limit - 1)] for at in range(limit)]


def count_days(drawing_filter: DrawingFilter, sample: Sample) -> Days:
    """Count the drawings of the selection on each day, as far as that is cheap.

    If the sample is the whole selection: all days, at most the last MAX_DAYS. Otherwise the last
    DAYS, counted in the database up to MAX_PER_DAY each. A search has no index by day, so it gets
    the days that the newest drawings cover.
    """
    if not sample.drawings:
        return Days([], "all")
    last = sample.newest_day
    if sample.is_whole:
        first = max(sample.oldest_day, last - timedelta(days=MAX_DAYS - 1))
        return Days(_count_by_day(sample.drawings, first, last), "all")
    if drawing_filter.q:
        first = day_of(sample.newest[-1].id)
        if first < last:
            first += timedelta(days=1)  # the first day may not be covered completely
        first = max(first, last - timedelta(days=MAX_DAYS - 1))
        return Days(_count_by_day(sample.newest, first, last), "newest")
    first = max(sample.oldest_day, last - timedelta(days=DAYS - 1))
    return Days(
        [(day, _count_day(drawing_filter, day)) for day in _days_between(first, last)], "last"
    )


def _count_by_day(drawings: list[Drawing], first: date, last: date) -> list[tuple[date, int]]:
    counts = Counter(day_of(drawing.id) for drawing in drawings)
    return [(day, counts[day]) for day in _days_between(first, last)]


def _count_day(drawing_filter: DrawingFilter, day: date) -> int:
    """Count the drawings on a day, up to MAX_PER_DAY, by an index-only scan."""
    rows = drawing_filter.on_day(day).apply(Drawing.objects.all())
    return rows.order_by("id")[:MAX_PER_DAY].count()


def _days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
