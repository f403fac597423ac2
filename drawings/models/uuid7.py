"""How a drawing's id and the time relate: a UUIDv7 begins with 48 bits of Unix milliseconds.

Source: RFC 9562, section 5.7.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["day_of", "first_id", "milliseconds_of", "time_of", "uuid7"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An id that is no UUIDv7 may be of any time; this is the last one that datetime can add days to.
LAST = datetime(9999, 1, 1, tzinfo=UTC)
TIME_SHIFT = 80


def first_id(time: datetime) -> UUID:
    """The least id that a drawing of this time, or of a later one, can have."""
    return UUID(int=max(0, int(time.timestamp() * 1000)) << TIME_SHIFT)


def milliseconds_of(id: UUID) -> int:
    """The Unix time in an id, in milliseconds."""
    return id.int >> TIME_SHIFT


def time_of(id: UUID) -> datetime:
    """The time in an id (UTC, to the millisecond), at most LAST."""
    return EPOCH + min(timedelta(milliseconds=milliseconds_of(id)), LAST - EPOCH)


def day_of(id: UUID) -> date:
    """The day (UTC) in an id."""
    return time_of(id).date()
