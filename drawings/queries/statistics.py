"""What has come to the wall: figures that cost the same however many drawings there are."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from drawings.models import DayCount, Drawing
from drawsite.lib.uuid7 import day_of, first_id

# As long as a request may count days that are over and that nobody has asked for yet.
SECONDS = 3.0
# A drawing gets its id a little before it is stored.
MARGIN = timedelta(hours=1)
MOST_COUNTED = 10_000
SAMPLE = 2_000


class Day(NamedTuple):
    day: date
    drawings: int | None  # None if it has not been counted yet


def days(number: int) -> list[Day]:
    """How many drawings came on each of the last days (UTC), the oldest first, today last.

    A day that is over is counted once, and what is deleted later stays in its count.
    """
    now = timezone.now().astimezone(UTC)
    last = [now.date() - timedelta(days=back) for back in range(number)]
    over = {day for day in last if start(day + timedelta(days=1)) + MARGIN <= now}
    rows = DayCount.objects.filter(day__range=(last[-1], last[0]))
    counts = dict(rows.values_list("day", "drawings"))
    counts |= _count_once([day for day in last if day in over and day not in counts])
    counts |= {day: _count(day) for day in last if day not in over}
    return [Day(day, counts.get(day)) for day in reversed(last)]


def _count_once(missing: list[date]) -> dict[date, int]:
    """As many of the days as there is time for, the first of them first, and always one."""
    deadline = time.monotonic() + SECONDS
    counts: dict[date, int] = {}
    for day in missing:
        counts[day] = _count(day)
        if time.monotonic() > deadline:
            break
    rows = [DayCount(day=day, drawings=number) for day, number in counts.items()]
    DayCount.objects.bulk_create(rows, ignore_conflicts=True)
    return counts


def forget_days_of(ids: Iterable[UUID]) -> None:
    """Count the days of these drawings again: imported drawings may have past times."""
    DayCount.objects.filter(day__in={day_of(each) for each in ids}).delete()


def _count(day: date) -> int:
    first, end = (first_id(start(day + timedelta(days=days))) for days in (0, 1))
    return Drawing.objects.filter(id__gte=first, id__lt=end).count()


def start(day: date) -> datetime:
    """When a day (UTC) begins."""
    return datetime.combine(day, clock(), UTC)


def colormaps() -> list[tuple[str, int]]:
    """How many of the newest SAMPLE drawings have each colormap, the commonest first."""
    newest = Drawing.objects.newest_first().values_list("colormap", flat=True)[:SAMPLE]
    return Counter(newest).most_common()


def bounded(rows: QuerySet[Any]) -> str:
    """How many rows there are, as far as it is worth counting."""
    number = rows.order_by("pk")[: MOST_COUNTED + 1].count()
    return f"more than {MOST_COUNTED:,}" if number > MOST_COUNTED else f"{number:,}"
