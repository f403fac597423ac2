from datetime import UTC, date, datetime

from drawsite.lib.days import end_of_day, start_of_day


def test_a_day_ends_where_the_next_one_begins():
    assert start_of_day(date(2024, 2, 28)) == datetime(2024, 2, 28, tzinfo=UTC)
    assert end_of_day(date(2024, 2, 28)) == datetime(2024, 2, 29, tzinfo=UTC)


def test_the_first_and_the_last_day_of_all_have_both_ends():
    assert start_of_day(date.min) == datetime.min.replace(tzinfo=UTC)
    assert end_of_day(date.max) == datetime.max.replace(tzinfo=UTC)
