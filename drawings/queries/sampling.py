"""Samples of the drawings that a filter selects, at a cost that does not grow with their number.

A small selection is its own sample. In a larger one, PLACES are spread evenly in time from the
oldest to the newest drawing, and some consecutive drawings are taken at each. An index finds every
place.
"""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing
from drawings.queries import pagination, statistics
from drawings.queries.filters import DrawingFilter
from drawings.queries.pagination import Cursor
from drawsite.lib.uuid7 import day_of, first_id, time_of

MAX_DRAWINGS = 1000
PLACES = 20
IN_A_ROW = MAX_DRAWINGS // PLACES
# Plots of single pixels read at most this many: a thousand drawings of 200 x 200.
MAX_PIXELS = 40_000_000
# Drawings on a contact sheet.
CONTACTS = 96
# Days that are counted in the database, and how far each of them is counted.
DAYS = 30
MAX_DAYS = 366
MAX_IN_A_DAY = 10_000


class Sample(NamedTuple):
    """Drawings of a selection, newest first, without their pixels and strokes."""

    drawings: list[Drawing]
    is_whole: bool  # whether the sample is the whole selection
    newest: list[Drawing]  # the newest consecutive drawings; all if it is whole

    @property
    def oldest_day(self) -> date:
        return day_of(self.drawings[-1].id)

    @property
    def newest_day(self) -> date:
        return day_of(self.drawings[0].id)


class SameSize(NamedTuple):
    """Drawings of one size, for plots of single pixels."""

    height: int
    width: int
    drawings: list[Drawing]
    other_sizes: int  # drawings of the sample that have another size
    not_taken: int  # drawings of this size beyond MAX_PIXELS


class Days(NamedTuple):
    """The number of drawings on each day (UTC), oldest first."""

    counts: list[tuple[date, int]]
    how: str  # "all", "last" of DAYS, or "newest" MAX_DRAWINGS drawings

    @property
    def most(self) -> int:
        """Where counting a day stops: there may be more drawings."""
        return MAX_IN_A_DAY if self.how != "newest" else MAX_DRAWINGS

    @property
    def is_capped(self) -> bool:
        return any(number >= self.most for _, number in self.counts)


def take(drawing_filter: DrawingFilter) -> Sample:
    """The sample of a selection: at most MAX_DRAWINGS, always the same for the same drawings.

    Takes at most PLACES + 1 queries.
    """
    newest = pagination.find(drawing_filter, Cursor(), ascending=False, limit=MAX_DRAWINGS + 1)
    if len(newest) <= MAX_DRAWINGS:
        return Sample(newest, True, newest)
    oldest = pagination.find(drawing_filter, Cursor(), ascending=True, limit=1) or newest[-1:]
    begin, end = time_of(oldest[0].id), time_of(newest[0].id)
    taken: dict[UUID, Drawing] = {}
    after = UUID(int=0)
    for place in range(PLACES - 1):
        # Where drawings are sparse, one place reaches into the next.
        after = max(after, first_id(begin + (end - begin) * place / (PLACES - 1)))
        found = pagination.find(drawing_filter, Cursor(after=after), ascending=True, limit=IN_A_ROW)
        taken |= {drawing.id: drawing for drawing in found}
        after = max([after, *taken])
    taken |= {drawing.id: drawing for drawing in newest[:IN_A_ROW]}
    return Sample([taken[key] for key in sorted(taken, reverse=True)], False, newest[:MAX_DRAWINGS])


def same_size(drawings: list[Drawing]) -> SameSize:
    """The drawings of the commonest size (of two, the larger), evenly thinned to MAX_PIXELS."""
    sizes = Counter((drawing.height, drawing.width) for drawing in drawings)
    (height, width), number = max(
        sizes.items(), key=lambda each: (each[1], each[0][0] * each[0][1], each[0])
    )
    same = [each for each in drawings if (each.height, each.width) == (height, width)]
    chosen = thinned(same, MAX_PIXELS // (height * width))
    return SameSize(height, width, chosen, len(drawings) - number, number - len(chosen))


def contacts(drawings: list[Drawing]) -> list[Drawing]:
    """The drawings for a contact sheet, evenly thinned to CONTACTS and MAX_PIXELS."""
    most = CONTACTS
    while True:
        chosen = thinned(drawings, most)
        if most == 1 or sum(each.height * each.width for each in chosen) <= MAX_PIXELS:
            return chosen
        most -= 1


def thinned(drawings: list[Drawing], most: int) -> list[Drawing]:
    """At most `most` of the drawings, evenly spread, the first and the last among them."""
    if len(drawings) <= most:
        return drawings
    return [drawings[at * (len(drawings) - 1) // max(1, most - 1)] for at in range(most)]


def days(drawing_filter: DrawingFilter, sample: Sample) -> Days:
    """The number of drawings of the selection on each day, as far as that is cheap.

    If the sample is the whole selection: all days, at most the last MAX_DAYS. Otherwise the last
    DAYS, counted in the database up to MAX_IN_A_DAY each. A search has no index by day, so it gets
    the days that the newest drawings cover.
    """
    if not sample.drawings:
        return Days([], "all")
    last = sample.newest_day
    if sample.is_whole:
        first = max(sample.oldest_day, last - timedelta(days=MAX_DAYS - 1))
        return Days(_by_day(sample.drawings, first, last), "all")
    if drawing_filter.q:
        first = day_of(sample.newest[-1].id)
        if first < last:
            first += timedelta(days=1)  # the first day may have more
        first = max(first, last - timedelta(days=MAX_DAYS - 1))
        return Days(_by_day(sample.newest, first, last), "newest")
    first = max(sample.oldest_day, last - timedelta(days=DAYS - 1))
    return Days([(day, _count(drawing_filter, day)) for day in _range(first, last)], "last")


def _by_day(drawings: list[Drawing], first: date, last: date) -> list[tuple[date, int]]:
    counts = Counter(day_of(drawing.id) for drawing in drawings)
    return [(day, counts[day]) for day in _range(first, last)]


def _count(drawing_filter: DrawingFilter, day: date) -> int:
    """The number of drawings on a day, up to MAX_IN_A_DAY, by an index-only scan."""
    begin, end = statistics.start(day), statistics.start(day + timedelta(days=1))
    one_day = drawing_filter._replace(
        since=max(begin, drawing_filter.since or begin), until=min(end, drawing_filter.until or end)
    )
    rows = one_day.apply(Drawing.objects.all())
    return rows.order_by("id")[:MAX_IN_A_DAY].count()


def _range(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
