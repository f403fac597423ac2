"""UUIDv7 and time: a drawing's id begins with the milliseconds at which the drawing was made.

RFC 9562, section 5.7: 48 bits of milliseconds since 1970, 4 bits of version, 12 bits that are
random or a fraction of the millisecond, 2 bits of variant, and 62 random bits.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7 as uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An id that is not a UUIDv7 may stand for a time that no datetime can hold.
MAX_TIME = datetime(9999, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)
RANDOM_BITS = 62


def time_of(id: UUID) -> datetime:
    """The time that an id stands for, to the millisecond, and at most MAX_TIME."""
    return EPOCH + min(timedelta(milliseconds=id.int >> 80), MAX_TIME - EPOCH)


def day_of(id: UUID) -> date:
    """The day (UTC) that an id stands for."""
    return time_of(id).date()


def time_bits(id: UUID) -> int:
    """The first 60 bits of an id without its version: they order ids by time."""
    return (id.int >> 80) << 12 | (id.int >> 64 & 0xFFF)


def first_id(time: datetime) -> UUID:
    """The smallest id that a drawing of this time can have."""
    return UUID(int=max(0, (time - EPOCH) // MILLISECOND) << 80)


def from_milliseconds(milliseconds: int, bits: int) -> UUID:
    """The UUIDv7 of milliseconds since 1970 and 74 bits for what follows them."""
    high, low = bits >> RANDOM_BITS, bits & (1 << RANDOM_BITS) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def from_time(time: datetime, bits: int) -> UUID:
    """The UUIDv7 of a time from 1970 on, to a quarter of a microsecond, and the low 62 of `bits`.

    The fraction of the millisecond is kept as in RFC 9562, section 6.2, method 3.
    """
    milliseconds, microseconds = divmod((time - EPOCH) // MICROSECOND, 1000)
    fraction = microseconds * 4096 // 1000
    low = bits & (1 << RANDOM_BITS) - 1
    return from_milliseconds(milliseconds, fraction << RANDOM_BITS | low)
