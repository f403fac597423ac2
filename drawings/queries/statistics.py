"""Counts drawings for the statistics, at a cost independent of the size of the table."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from drawings.models import DayCount, Drawing
from drawings.queries.filters import DrawingFilter
from drawsite.lib.days import end_of_day
from drawsite.lib.uuid7 import day_of

# How long one request may count past days that have not been counted before.
MAX_SECONDS = 3.0
# A drawing gets its id shortly before it is stored, so a day is complete only after this time.
STORING_MARGIN = timedelta(hours=1)
MAX_COUNTED = 10_000
COLORMAP_SAMPLE = 2_000


class Day(NamedTuple):
    day: date
    drawings: int | None  # None if it has not been counted yet


def count_last_days(number: int) -> list[Day]:
    """Count the drawings of each of the last days (UTC), the oldest first and today last.

    A past day is counted once, so its count includes drawings that were deleted later.
    """
    now = timezone.now().astimezone(UTC)
    last = [now.date() - timedelta(days=back) for back in range(number)]
    past = {day for day in last if end_of_day(day) + STORING_MARGIN <= now}
    rows = DayCount.objects.filter(day__range=(last[-1], last[0]))
    counts = dict(rows.values_list("day", "drawings"))
    counts |= _count_once([day for day in last if day in past and day not in counts])
    counts |= {day: _count_day(day) for day in last if day not in past}
    return [Day(day, counts.get(day)) for day in reversed(last)]


def _count_once(missing: list[date]) -> dict[date, int]:
    """Count and store the given days in order, until MAX_SECONDS have passed, but at least one."""
    deadline = time.monotonic() + MAX_SECONDS
    counts: dict[date, int] = {}
    for day in missing:
        counts[day] = _count_day(day)
        if time.monotonic() > deadline:
            break
    rows = [DayCount(day=day, drawings=number) for day, number in counts.items()]
    DayCount.objects.bulk_create(rows, ignore_conflicts=True)
    return counts


def forget_days_of(ids: Iterable[UUID]) -> None:
    """Have the days of these drawings counted again: imported drawings may have past times."""
    DayCount.objects.filter(day__in={day_of(each) for each in ids}).delete()


def _count_day(day: date) -> int:
    return DrawingFilter().on_day(day).apply(Drawing.objects.all()).count()


def count_colormaps() -> list[tuple[str, int]]:
    """Count the colormaps of the newest COLORMAP_SAMPLE drawings, the commonest first."""
    newest = Drawing.objects.newest_first().values_list("colormap", flat=True)[:COLORMAP_SAMPLE]
    return Counter(newest).most_common()


def count_bounded(rows: QuerySet[Any]) -> str:
    """Count the rows up to MAX_COUNTED. Returns the number as text: "12", "more than 10,000"."""
    number = rows.order_by("pk")[: MAX_COUNTED + 1].count()
    return f"more than {MAX_COUNTED:,}" if number > MAX_COUNTED else f"{number:,}"
