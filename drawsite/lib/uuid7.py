"""Converts between UUIDv7 and time. A drawing's id begins with the time of its creation.

Layout (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, 4 bits of version, 12 bits that
are random or a fraction of the millisecond, 2 bits of variant, 62 random bits.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7 as uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The first 48 bits of any other UUID may exceed what a datetime can hold.
MAX_TIME = datetime(9999, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)
RANDOM_BITS = 62


def time_of(id: UUID) -> datetime:
    """Returns the time in an id, in whole milliseconds, limited to MAX_TIME."""
    return EPOCH + min(timedelta(milliseconds=id.int >> 80), MAX_TIME - EPOCH)


def day_of(id: UUID) -> date:
    """Returns the day (UTC) of the time in an id."""
    return time_of(id).date()


def time_bits(id: UUID) -> int:
    """Returns the 60 bits before the variant, without the version. Ids sort by them as by time."""
    return (id.int >> 80) << 12 | (id.int >> 64 & 0xFFF)


def first_id(time: datetime) -> UUID:
    """Returns a UUID that is less than every UUIDv7 of the same millisecond, and greater than every
    earlier one. Times before 1970 give the nil UUID."""
    return UUID(int=max(0, (time - EPOCH) // MILLISECOND) << 80)


def from_milliseconds(milliseconds: int, bits: int) -> UUID:
    """Returns the UUIDv7 of milliseconds since 1970 and the 74 bits that follow them."""
    high, low = bits >> RANDOM_BITS, bits & (1 << RANDOM_BITS) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def from_time(time: datetime, bits: int) -> UUID:
    """Returns the UUIDv7 of a time from 1970 on, precise to the microsecond, and the low 62 bits of
    `bits`.

    The fraction of the millisecond takes 12 bits, as in RFC 9562, section 6.2, method 3.
    """
    milliseconds, microseconds = divmod((time - EPOCH) // MICROSECOND, 1000)
    fraction = microseconds * 4096 // 1000
    low = bits & (1 << RANDOM_BITS) - 1
    return from_milliseconds(milliseconds, fraction << RANDOM_BITS | low)
