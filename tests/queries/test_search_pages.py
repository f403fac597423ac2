"""A search's pages, and the index that follows every change."""

import itertools
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from drawings.models import Drawing
from drawings.queries import search
from drawings.queries.filters import DrawingFilter
from drawings.queries.pagination import Cursor, read_page
from drawings.queries.search import postgresql, sqlite
from tests.support.searching import found

pytestmark = pytest.mark.django_db

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite reads any words in order"
)
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has the words in a column"
)


def id_at(milliseconds):
    return uuid7(nanoseconds=milliseconds * 10**6)


def walk(selection, size):
    """The ids of a selection, read page by page to the oldest, and back."""
    to_oldest: list[list[UUID]] = []
    to_newest: list[list[UUID]] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = read_page(selection, cursor, size)
        to_oldest.append([drawing.id for drawing in page.drawings])
        cursor = page.older
    cursor = Cursor(oldest=True)
    while cursor is not None:
        page = read_page(selection, cursor, size)
        to_newest.insert(0, [drawing.id for drawing in page.drawings])
        cursor = page.newer
    # The newest page is always full, so it may repeat drawings of the page before it.
    return list(itertools.chain(*to_oldest)), list(dict.fromkeys(itertools.chain(*to_newest)))


# --- Pages --------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 6, 12])
@pytest.mark.parametrize("q", ["red fox", "日本の猫", "red 日本"])
def test_words_that_are_often_or_seldom_together_are_all_found(make_drawing, monkeypatch, q, depth):
    monkeypatch.setattr(postgresql, "SAMPLE", 3)
    monkeypatch.setattr(postgresql, "DEPTH", depth)
    titles = ["red fox 日本の猫", "red owl 日の猫"] * 5 + ["owl"] * 8 + ["fox red 日本の猫"] * 5
    ids = [make_drawing(title=title).id for title in titles]
    wanted = [id for id, title in zip(ids, titles, strict=True) if "日本" in title][::-1]

    assert walk(DrawingFilter(q=q), size=3) == (wanted, wanted)


@on_postgresql
def test_words_that_are_always_together_are_read_in_order(make_drawing):
    """The planner expects few drawings with all of these characters, and would read them all."""
    for _ in range(30):
        make_drawing(title="日本の猫")

    with CaptureQueriesContext(connection) as queries:
        assert len(found("日本の猫")) == 30
        read_page(DrawingFilter(q="日本の猫"), Cursor(), 9)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {queries[-1]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Filter: ts_match_vq" in plan
    assert "Index Scan Backward using drawings_drawing_pkey" in plan
    assert "drawing_search" not in plan


def test_pages_of_a_search_have_every_drawing_once_in_whatever_order_they_were_stored(make_drawing):
    then = 1_700_000_000_000
    # Not in the order of time, and several at the same time.
    times = [then + moment for moment in (5, 1, 9, 1, 1, 7, 1, 3, 1, 1, 0, 1)]
    ids = [make_drawing(id=id_at(time), title="fox").id for time in times]
    make_drawing(title="owl")

    to_oldest, to_newest = walk(DrawingFilter(q="fox"), 3)

    assert to_oldest == to_newest == sorted(ids, reverse=True)


def test_a_thousand_drawings_with_the_same_time_are_found_once_and_can_be_changed(field):
    blob = Drawing.from_field(field).blob
    ids = [id_at(1_700_000_000_000) for _ in range(1_000)]
    # Many have the same first bits, like the ids that one process makes at the same time.
    ids += [UUID(int=ids[0].int ^ number) for number in range(1, 300)]
    Drawing.objects.bulk_create(
        Drawing(id=id, blob=blob, width=200, height=200, title="fox") for id in ids
    )

    to_oldest, to_newest = walk(DrawingFilter(q="fox"), 100)
    assert (len(to_oldest), set(to_oldest)) == (len(ids), set(ids))
    assert to_oldest == to_newest
    Drawing.objects.filter(id__in=ids[::3]).delete()
    Drawing.objects.update(status="hidden")
    assert read_page(DrawingFilter(q="fox", status="published"), Cursor(), 10).drawings == []
    assert set(walk(DrawingFilter(q="fox"), 100)[0]) == set(ids) - set(ids[::3])


def test_a_page_of_a_search_may_begin_at_a_deleted_drawing(make_drawing):
    drawings = [make_drawing(title="fox") for _ in range(4)]
    deleted = drawings[2].id
    drawings[2].delete()

    older = read_page(DrawingFilter(q="fox"), Cursor(before=deleted), 10).drawings
    newer = read_page(DrawingFilter(q="fox"), Cursor(after=deleted), 1).drawings
    at_the_end = read_page(DrawingFilter(q="fox"), Cursor(before=uuid7()), 1).drawings

    # No page follows that of the newer drawings, so it is read as the newest page.
    assert (older, newer, at_the_end) == ([drawings[1], drawings[0]], [drawings[3]], [drawings[3]])


def test_a_search_can_be_limited_to_a_time(make_drawing):
    noon = datetime(2025, 5, 1, 12, tzinfo=UTC)
    make_drawing(id=id_at(int(noon.timestamp() * 1000) - 1), title="fox before")
    make_drawing(id=id_at(int(noon.timestamp() * 1000)), title="fox then")

    for q in ("fox", ""):
        assert found(q, since=noon) == ["fox then"]
        assert found(q, until=noon) == ["fox before"]
        assert found(q, since=noon, until=noon) == []


# --- Updates ------------------------------------------------------------------------------


def test_a_changed_drawing_is_found_by_its_new_words(make_drawing):
    drawing = make_drawing(title="Fox", artist="Ada")
    Drawing.objects.filter(pk=drawing.pk).update(title="Owl", status="hidden", colormap="magma")

    assert found("fox") == []
    assert found("owl ada", status="hidden", cmap="magma") == ["Owl"]
    assert found("owl", status="published") == []


def test_a_deleted_drawing_is_not_found(make_drawing):
    make_drawing(title="Fox").delete()

    assert found("fox") == []
    if connection.vendor == "sqlite":
        assert rows_of_fts5() == 0


def test_drawings_with_the_same_time_are_changed_separately(make_drawing):
    drawings = [make_drawing(id=UUID(int=(1 << 120) + n), title=f"fox{n}x") for n in range(9)]

    drawings[4].delete()
    Drawing.objects.filter(pk=drawings[7].pk).update(title="owl")

    assert sorted(found("fox")) == [f"fox{n}x" for n in range(9) if n not in {4, 7}]
    assert found("owl") == ["owl"]


def rows_of_fts5():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM drawings_search),"
            " (SELECT count(*) FROM drawings_search_number)"
        )
        entries, numbers = cursor.fetchone()
    assert entries == numbers
    return entries


def test_installing_again_changes_nothing(make_drawing):
    make_drawing(title="Fox")
    with CaptureQueriesContext(connection) as queries:
        search.install(connection)

    changes = ("CREATE", "DROP", "ALTER", "INSERT")
    assert not [query for query in queries if query["sql"].strip().startswith(changes)]
    assert found("fox") == ["Fox"]


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_installation_is_repeated(make_drawing, monkeypatch):
    for title in ("Fox", "Owl", "Cat"):
        make_drawing(title=title)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER drawings_search_insert")
        else:
            cursor.execute("ALTER TABLE drawings_drawing DROP COLUMN search")
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "_number_drawings", lambda using: [(1, "x"), (1, "y")])
        broken = [*postgresql.COLUMN_SCHEMA, "SELECT 1 / 0"]
        patch.setattr(postgresql, "COLUMN_SCHEMA", broken)
        with pytest.raises(DatabaseError):
            search.install(connection)

    search.install(connection)

    assert found("fox") == ["Fox"]
    make_drawing(title="Fox 2")
    assert found("fox") == ["Fox 2", "Fox"]


@pytest.mark.django_db(transaction=True)
def test_an_older_version_of_the_search_is_replaced(make_drawing):
    make_drawing(title="Fox")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("COMMENT ON COLUMN drawings_drawing.search IS 'older'")
        else:
            cursor.execute("DROP TRIGGER drawings_search_delete")
            cursor.execute(
                "CREATE TRIGGER drawings_search_delete AFTER DELETE ON drawings_drawing"
                " BEGIN SELECT 1; END"
            )

    search.install(connection)

    assert found("fox") == ["Fox"]
    Drawing.objects.all().delete()
    assert found("fox") == []
    with CaptureQueriesContext(connection) as queries:
        search.install(connection)
    assert "CREATE" not in str(queries.captured_queries)


@on_sqlite
@pytest.mark.parametrize("lost", list(sqlite.SCHEMA))
def test_a_lost_table_or_trigger_is_created_again_with_every_drawing(make_drawing, lost):
    for title in ("Fox", "Owl", "Cat"):
        make_drawing(title=title)
    kind = "TABLE" if lost in {sqlite.FTS5, sqlite.NUMBERS} else "TRIGGER"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP {kind} {lost}")

    search.install(connection)

    assert rows_of_fts5() == 3
    assert len(found("fox")) == 1
    Drawing.objects.update(title="Dog")
    assert len(found("dog")) == 3


@on_sqlite
def test_the_number_in_sql_is_the_number_in_python():
    for id in [uuid7(), UUID(int=0), UUID(int=(1 << 127) - 1), id_at(1_600_000_000_000)]:
        with connection.cursor() as cursor:
            number = sqlite._number_expression("x")
            cursor.execute(f"SELECT {number} FROM (SELECT %s AS x)", [id.hex])  # noqa: S608
            assert cursor.fetchone() == (sqlite.number_of(id),)


def test_the_search_uses_its_index(transactional_db, make_drawing):
    """Not rolled back but emptied: the statistics of ANALYZE outlive a rollback."""
    for number in range(30):
        make_drawing(title=f"fox {number}")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE drawings_drawing; SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
            plan = search.matching(Drawing.objects.for_lists(), "17").explain()
            assert "drawing_search" in plan
        else:
            words = sqlite.fts5_query(["fox"], "published", "gray")
            cursor.execute(
                "EXPLAIN QUERY PLAN SELECT rowid FROM drawings_search"
                " WHERE drawings_search MATCH %s AND rowid < 9 ORDER BY rowid DESC LIMIT 25",
                [words],
            )
            plan = " ".join(row[3] for row in cursor.fetchall())
            assert "VIRTUAL TABLE INDEX" in plan
            assert "TEMP B-TREE" not in plan
