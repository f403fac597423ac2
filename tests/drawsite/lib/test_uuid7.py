"""Conversion between times and UUIDv7."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drawsite.lib import uuid7

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))
BITS = st.integers(0, (1 << 74) - 1)


@given(TIMES, BITS)
def test_an_id_made_from_a_time_is_a_uuid7_of_that_millisecond(time, bits):
    id = uuid7.from_time(time, bits)

    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert timedelta(0) <= time - uuid7.time_of(id) < timedelta(milliseconds=1)
    assert uuid7.day_of(id) == time.date()


@given(TIMES, TIMES, BITS, BITS)
def test_ids_are_in_the_order_of_their_times(one, other, bits, other_bits):
    earlier, later = sorted((one, other))
    first, second = uuid7.from_time(earlier, bits), uuid7.from_time(later, other_bits)

    assert uuid7.time_bits(first) <= uuid7.time_bits(second)
    assert first < second or earlier == later


@given(st.integers(0, 10**12), BITS)
@example(1_024_753, 0)  # a float rounded this time down once
def test_the_first_id_of_a_time_is_below_every_id_of_that_time(milliseconds, bits):
    time = uuid7.EPOCH + timedelta(milliseconds=milliseconds)

    assert uuid7.first_id(time) < uuid7.from_milliseconds(milliseconds, bits)
    assert uuid7.time_bits(uuid7.first_id(time)) == milliseconds << 12


@pytest.mark.parametrize("number", [0, 1, (1 << 128) - 1])
def test_any_uuid_has_a_time(number):
    assert uuid7.EPOCH <= uuid7.time_of(UUID(int=number)) <= uuid7.MAX_TIME


def test_a_time_before_1970_begins_with_the_first_id():
    assert uuid7.first_id(datetime(1969, 1, 1, tzinfo=UTC)) == UUID(int=0)
