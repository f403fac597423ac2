"""Days (UTC) as the moments at which they begin and end."""

from datetime import UTC, date, datetime, time, timedelta


def start_of_day(day: date) -> datetime:
    """Returns the moment at which a day begins."""
    return datetime.combine(day, time(), UTC)


def end_of_day(day: date) -> datetime:
    """Returns the moment at which the next day begins: the day's end, exclusive.

    No day follows `date.max`, so its end is its last microsecond.
    """
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1))
