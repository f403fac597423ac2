"""Which drawings stand for a selection of any size, at a cost that does not grow with it.

Of a small selection all do. Of a larger one, PLACES are spread evenly in time from its oldest to
its newest drawing, and at each some drawings in a row are taken: every place is found by an index.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from drawings.models import Drawing
from drawings.queries import pagination, statistics
from drawings.queries.pagination import Cursor, Selection

MOST = 1000
PLACES = 20
IN_A_ROW = MOST // PLACES
# As many pixels are looked at, one by one: all of a thousand drawings of 200 x 200.
MOST_PIXELS = 40_000_000
# As many drawings are on a contact sheet.
CONTACTS = 96
# How many days are counted, and how far each is.
DAYS = 30
MOST_DAYS = 366
MOST_IN_A_DAY = 10_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)  # an id that is no UUIDv7 may be of any time


class Sample(NamedTuple):
    """Drawings of a selection, the newest first, without their pixels and strokes."""

    drawings: list[Drawing]
    is_whole: bool  # whether they are all
    newest: list[Drawing]  # the newest of the selection, in a row: all of them if it is whole

    @property
    def oldest_day(self) -> date:
        return day_of(self.drawings[-1].id)

    @property
    def newest_day(self) -> date:
        return day_of(self.drawings[0].id)


class Alike(NamedTuple):
    """Drawings of one size, for what is said of each pixel."""

    height: int
    width: int
    drawings: list[Drawing]
    other_sizes: int  # how many of the sample have another size
    not_taken: int  # how many of this size are too many pixels


class Days(NamedTuple):
    """How many drawings came on each day (UTC), the oldest first."""

    counts: list[tuple[date, int]]
    how: str  # "all", "last" of DAYS, or "newest" MOST drawings

    @property
    def most(self) -> int:
        """How far a day is counted: there may be more."""
        return MOST_IN_A_DAY if self.how != "newest" else MOST

    @property
    def is_capped(self) -> bool:
        return any(number >= self.most for _, number in self.counts)


def take(selection: Selection) -> Sample:
    """The sample of a selection: of the same drawings always the same, at most MOST.

    At most PLACES queries, and MOST rows for each half of it.
    """
    newest = pagination.find(selection, Cursor(), ascending=False, limit=MOST + 1)
    if len(newest) <= MOST:
        return Sample(newest, True, newest)
    oldest = pagination.find(selection, Cursor(), ascending=True, limit=1) or newest[-1:]
    begin, end = time_of(oldest[0].id), time_of(newest[0].id)
    taken: dict[UUID, Drawing] = {}
    after = UUID(int=0)
    for place in range(PLACES - 1):
        # Where drawings are few, one place's reach into the next.
        after = max(after, pagination.first_id(begin + (end - begin) * place / (PLACES - 1)))
        found = pagination.find(selection, Cursor(after=after), ascending=True, limit=IN_A_ROW)
        taken |= {drawing.id: drawing for drawing in found}
        after = max([after, *taken])
    taken |= {drawing.id: drawing for drawing in newest[:IN_A_ROW]}
    return Sample([taken[key] for key in sorted(taken, reverse=True)], False, newest[:MOST])


def alike(drawings: list[Drawing]) -> Alike:
    """Those of the commonest size (of the larger one, if two are), and no more than MOST_PIXELS:
    else evenly chosen ones."""
    sizes = Counter((drawing.height, drawing.width) for drawing in drawings)
    (height, width), number = max(
        sizes.items(), key=lambda each: (each[1], each[0][0] * each[0][1], each[0])
    )
    same = [each for each in drawings if (each.height, each.width) == (height, width)]
    chosen = evenly(same, MOST_PIXELS // (height * width))
    return Alike(height, width, chosen, len(drawings) - number, number - len(chosen))


def contacts(drawings: list[Drawing]) -> list[Drawing]:
    """Those for a contact sheet: evenly chosen ones, at most CONTACTS and MOST_PIXELS."""
    most = CONTACTS
    while True:
        chosen = evenly(drawings, most)
        if most == 1 or sum(each.height * each.width for each in chosen) <= MOST_PIXELS:
            return chosen
        most -= 1


def evenly(drawings: list[Drawing], most: int) -> list[Drawing]:
    """At most so many of the drawings, the first and the last among them if two may be."""
    if len(drawings) <= most:
        return drawings
    return [drawings[at * (len(drawings) - 1) // max(1, most - 1)] for at in range(most)]


def days(selection: Selection, sample: Sample) -> Days:
    """How many drawings of the selection came on each day, as far as that can be told cheaply.

    All days, at most the last MOST_DAYS, if the sample is the whole selection. Else the last DAYS
    are counted in the database, each as far as MOST_IN_A_DAY; and for a search, which has no index
    by day, those days that lie within the newest drawings.
    """
    if not sample.drawings:
        return Days([], "all")
    last = sample.newest_day
    if sample.is_whole:
        first = max(sample.oldest_day, last - timedelta(days=MOST_DAYS - 1))
        return Days(_by_day(sample.drawings, first, last), "all")
    if selection.q:
        first = day_of(sample.newest[-1].id)
        if first < last:
            first += timedelta(days=1)  # of the first day there may be more
        first = max(first, last - timedelta(days=MOST_DAYS - 1))
        return Days(_by_day(sample.newest, first, last), "newest")
    first = max(sample.oldest_day, last - timedelta(days=DAYS - 1))
    return Days([(day, _count(selection, day)) for day in _range(first, last)], "last")


def _by_day(drawings: list[Drawing], first: date, last: date) -> list[tuple[date, int]]:
    counts = Counter(day_of(drawing.id) for drawing in drawings)
    return [(day, counts[day]) for day in _range(first, last)]


def _count(selection: Selection, day: date) -> int:
    """As far as MOST_IN_A_DAY, from the index alone."""
    begin, end = statistics.start(day), statistics.start(day + timedelta(days=1))
    rows = Drawing.objects.filter(
        status=selection.status,
        id__gte=pagination.first_id(max(begin, selection.since or begin)),
        id__lt=pagination.first_id(min(end, selection.until or end)),
    )
    if selection.cmap:
        rows = rows.filter(colormap=selection.cmap)
    if selection.artist:
        rows = rows.filter(artist=selection.artist)
    return rows.order_by("id")[:MOST_IN_A_DAY].count()


def _range(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def time_of(id: UUID) -> datetime:
    """When a drawing came, to the millisecond: a UUIDv7 begins with it."""
    since = timedelta(milliseconds=id.int >> 80)
    return EPOCH + min(since, LAST - EPOCH)


def day_of(id: UUID) -> date:
    return time_of(id).date()
