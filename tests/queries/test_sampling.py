from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from drawings.imaging import pixels
from drawings.models import Drawing
from drawings.queries import sampling
from drawings.queries.filters import DrawingFilter
from drawings.queries.sampling import Sample
from drawings.views import gallery_plot_texts
from drawsite.lib.uuid7 import day_of, time_of
from tests.support import samples
from tests.support.planner import PUBLISHED, plan_for_many

BEGIN = datetime(2025, 3, 1, tzinfo=UTC)
ALL = DrawingFilter(status="published")
BLOB = pixels.write_blob(samples.shades(16, 16))

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch):
    """At most 40 drawings in a sample: ten at each of four places."""
    monkeypatch.setattr(sampling, "MAX_DRAWINGS", 40)
    monkeypatch.setattr(sampling, "PLACES", 4)
    monkeypatch.setattr(sampling, "PER_PLACE", 10)


def drawing_at(time, **values):
    id = uuid7(nanoseconds=int(time.timestamp() * 10**9))
    values = {"height": 16, "width": 16, "blob": BLOB, **values}
    return Drawing(id=UUID(str(id)), **values)


def fill(number, apart=timedelta(hours=1), begin=BEGIN, **values):
    """Add drawings at regular intervals. Returns their ids, the oldest first."""
    rows = [drawing_at(begin + apart * at, **values) for at in range(number)]
    return [drawing.id for drawing in Drawing.objects.bulk_create(rows)]


def ids(drawings):
    return [drawing.id for drawing in drawings]


# --- Which drawings -------------------------------------------------------------------------


def test_a_small_selection_is_taken_whole(small):
    made = fill(40)
    fill(5, status="hidden")

    sample = sampling.take_sample(ALL)

    assert sample.is_whole
    assert ids(sample.drawings) == made[::-1]


def test_a_sample_of_an_empty_selection_is_empty():
    assert sampling.take_sample(ALL) == Sample([], True, [])


def test_a_large_selection_is_sampled_at_evenly_spread_places(small):
    made = fill(400)

    sample = sampling.take_sample(ALL)

    assert not sample.is_whole
    assert len(sample.drawings) == 40
    assert sample.drawings[0].id == made[-1]
    assert sample.drawings[-1].id == made[0]
    at = [made.index(id) for id in ids(sample.drawings)[::-1]]
    assert at == [*range(10), *range(133, 143), *range(266, 276), *range(390, 400)]


def test_the_same_drawings_are_taken_each_time(small):
    fill(300)

    assert ids(sampling.take_sample(ALL).drawings) == ids(sampling.take_sample(ALL).drawings)


def test_no_drawing_is_taken_twice_where_many_were_sent_at_once(small):
    fill(200, apart=timedelta(milliseconds=1))
    fill(1, begin=BEGIN + timedelta(days=300))

    sample = sampling.take_sample(ALL)

    assert 10 < len(sample.drawings) <= 40
    assert len(set(ids(sample.drawings))) == len(sample.drawings)
    assert ids(sample.drawings) == sorted(ids(sample.drawings), reverse=True)


@pytest.mark.parametrize(
    "selection",
    [
        DrawingFilter(status="published", q="fox"),
        DrawingFilter(status="published", cmap="magma"),
        DrawingFilter(status="published", artist="Ada"),
        DrawingFilter(status="published", q="fox", cmap="magma"),
        DrawingFilter(
            status="published",
            since=BEGIN + timedelta(days=2),
            until=BEGIN + timedelta(days=8),
        ),
    ],
    ids=["words", "colormap", "artist", "both", "days"],
)
@pytest.mark.parametrize("most", [40, 4000])
def test_a_sample_has_only_drawings_of_its_selection(small, monkeypatch, selection, most):
    monkeypatch.setattr(sampling, "MAX_DRAWINGS", most)
    fill(100, title="Fox", artist="Ada", colormap="magma", begin=BEGIN + timedelta(days=2))
    for values in ({"title": "Owl"}, {"title": "Fox", "status": "hidden", "colormap": "magma"}):
        fill(100, begin=BEGIN + timedelta(days=1, minutes=1), **values)
    fill(50, title="Owl", begin=BEGIN + timedelta(days=8))

    sample = sampling.take_sample(selection)

    assert sample.is_whole == (most == 4000)
    for drawing in sample.drawings:
        assert drawing.status == "published"
        assert "fox" in drawing.title.lower() or not selection.q
        assert drawing.colormap == selection.cmap or not selection.cmap
        assert drawing.artist == selection.artist or not selection.artist
        if selection.since:
            assert selection.since <= time_of(drawing.id) < selection.until


def test_every_id_has_a_day():
    for number in (0, (1 << 128) - 1):
        assert isinstance(day_of(UUID(int=number)), date)


# --- Drawings of the same size --------------------------------------------------------------


def of_size(height, width):
    return Drawing(height=height, width=width)


def test_the_commonest_size_is_taken_and_the_others_are_counted():
    drawings = [of_size(16, 16), *[of_size(20, 30)] * 3, of_size(200, 200), of_size(30, 20)]

    same = sampling.pick_same_size(drawings)

    assert (same.height, same.width) == (20, 30)
    assert (len(same.drawings), same.other_sizes, same.not_taken) == (3, 3, 0)


def test_of_two_equally_common_sizes_the_larger_one_is_taken():
    for drawings in ([of_size(16, 16), of_size(20, 20)], [of_size(20, 20), of_size(16, 16)]):
        assert sampling.pick_same_size(drawings).height == 20


def test_fewer_large_drawings_are_taken():
    same = sampling.pick_same_size([of_size(1024, 1024)] * 1000)

    assert len(same.drawings) == sampling.MAX_PIXELS // 1024**2 == 38
    assert same.not_taken == 962


def test_fewer_large_drawings_are_on_the_contact_sheet():
    assert len(sampling.pick_contacts([of_size(200, 200)] * 1000)) == sampling.MAX_CONTACTS == 96
    assert len(sampling.pick_contacts([of_size(1024, 1024)] * 1000)) == 38
    assert len(sampling.pick_contacts([of_size(1024, 1024), of_size(16, 16)] * 500)) > 60


def test_drawings_are_thinned_out_evenly():
    drawings = [Drawing(vmin=number) for number in range(10)]

    assert [each.vmin for each in sampling.thin_out(drawings, 5)] == [0, 2, 4, 6, 9]
    assert [each.vmin for each in sampling.thin_out(drawings, 1)] == [0]
    assert sampling.thin_out(drawings, 10) is drawings


# --- Days -----------------------------------------------------------------------------------


def days_of(selection=ALL):
    return sampling.count_days(selection, sampling.take_sample(selection))


def test_all_days_of_a_small_selection_are_counted():
    fill(3, apart=timedelta(days=2))
    fill(2, begin=BEGIN + timedelta(days=1))
    fill(9, begin=BEGIN + timedelta(days=1), status="hidden")

    days = days_of()

    assert days.how == "all"
    assert [number for _, number in days.counts] == [1, 2, 1, 0, 1]
    assert [days.counts[at][0] for at in (0, -1)] == [date(2025, 3, 1), date(2025, 3, 5)]


def test_at_most_a_year_of_days_is_counted():
    fill(2, apart=timedelta(days=5000))

    assert len(days_of().counts) == 366


@pytest.mark.parametrize("values", [{}, {"cmap": "magma"}, {"artist": "Ada"}])
def test_the_last_days_of_a_large_selection_are_counted_in_the_database(small, values):
    fill(1200, colormap="magma", artist="Ada")
    fill(300, status="hidden", colormap="magma", artist="Ada")
    if values:
        fill(1200)

    days = days_of(DrawingFilter(status="published", **values))

    assert days.how == "last"
    assert len(days.counts) == 30
    assert {number for _, number in days.counts} == {24}


def test_days_are_counted_within_the_selection(small):
    fill(240)
    selection = DrawingFilter(status="published", since=BEGIN + timedelta(days=2, hours=6))

    days = days_of(selection)

    assert days.counts[0] == (date(2025, 3, 3), 18)


def test_counting_a_day_stops_at_a_limit_and_the_page_says_so(small, monkeypatch):
    monkeypatch.setattr(sampling, "MAX_PER_DAY", 7)
    fill(100)
    sample = sampling.take_sample(ALL)
    days = sampling.count_days(ALL, sample)

    assert {number for _, number in days.counts} == {4, 7}
    (figure,) = [
        each for each in gallery_plot_texts.describe_plots(sample, days) if each.kind == "days"
    ]
    assert "counted up to 7" in figure.text


def test_a_large_search_counts_the_days_of_its_newest_drawings(small):
    fill(240, title="fox")
    fill(100, title="owl")

    days = days_of(DrawingFilter(status="published", q="fox"))

    assert days.how == "newest"
    assert days.counts == [(date(2025, 3, 10), 24)]


# --- The description of a sample ------------------------------------------------------------


def test_the_description_says_which_drawings_are_taken(small):
    fill(1)
    assert gallery_plot_texts.describe_sample(sampling.take_sample(ALL), False) == (
        "The only drawing on the wall, from 1 March 2025."
    )
    fill(30, apart=timedelta(days=1))
    assert gallery_plot_texts.describe_sample(sampling.take_sample(ALL), True) == (
        "All 31 drawings of this selection, from 1 March 2025 to 30 March 2025."
    )
    fill(300)
    assert gallery_plot_texts.describe_sample(sampling.take_sample(ALL), False) == (
        "A sample of 30 drawings on the wall: up to 10 consecutive ones at each of 4 points"
        " in time, evenly spread from the oldest (1 March 2025) to the newest (30 March 2025)."
    )


def test_the_description_says_which_drawings_are_left_out(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_PIXELS", 4 * 16 * 16)
    fill(6)
    fill(2, height=20, width=30)

    assert gallery_plot_texts.describe_sample(sampling.take_sample(ALL), False).endswith(
        "Mean, spread and ink show 4 of them, 16 × 16 pixels each, and leave out 2 of other sizes"
        " and 2 more of this size (too many pixels)."
    )


# --- Queries --------------------------------------------------------------------------------


SELECTIONS = [
    ALL,
    DrawingFilter(status="published", cmap="gray"),
    DrawingFilter(status="published", q="fox"),
    DrawingFilter(
        status="published", q="fox", cmap="gray", since=BEGIN, until=BEGIN.replace(year=2030)
    ),
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=["all", "colormap", "words", "everything"])
def test_the_cost_does_not_grow_with_the_number_of_drawings(small, selection):
    counts = []
    for _ in range(2):
        fill(300, title="fox")
        with CaptureQueriesContext(connection) as queries:
            sample = sampling.take_sample(selection)
            sampling.count_days(selection, sample)
        counts.append(len(queries))
        assert len(sample.drawings) <= 40
        for query in queries:
            assert "blob" not in query["sql"]
            assert "LIMIT" in query["sql"] or " IN (" in query["sql"]

    assert counts[0] == counts[1] <= 2 * (sampling.PLACES + 1) + sampling.DAYS


NAMES = {"cmap": "colormap", "artist": "artist"}


@pytest.mark.parametrize("values", [{}, {"cmap": "gray"}, {"artist": "Ada"}])
def test_places_and_days_are_found_by_an_index(small, values):
    fill(300, artist="Ada")
    selection = DrawingFilter(status="published", **values)
    with CaptureQueriesContext(connection) as queries:
        sampling.count_days(selection, sampling.take_sample(selection))

    statements = [query["sql"] for query in queries]
    assert len(statements) > 10
    index = next((f"drawing_status_{NAMES[name]}" for name in values), PUBLISHED)
    plan_for_many()
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        for statement in statements:
            cursor.execute(f"{explain} {statement}")
            plan = str(cursor.fetchall())
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
