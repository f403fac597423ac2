"""Where a page of a list ends, as a text that clients hand back as it is."""

import base64
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

from drawings.queries.pagination import Change

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
# Microseconds since 1970, and the id.
FORM = struct.Struct(">q16s")
PATTERN = r"^[A-Za-z0-9_-]{32}$"


def write(place: Change) -> str:
    data = FORM.pack((place.at - EPOCH) // MICROSECOND, place.id.bytes)
    return base64.urlsafe_b64encode(data).decode()


def read(text: str) -> Change:
    """The place that is meant, by any text of the PATTERN."""
    number, drawing = FORM.unpack(base64.urlsafe_b64decode(text))
    # One that was made up may be of any time.
    least, most = (FIRST - EPOCH) // MICROSECOND, (LAST - EPOCH) // MICROSECOND
    return Change(EPOCH + max(least, min(most, number)) * MICROSECOND, UUID(bytes=drawing))
