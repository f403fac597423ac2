"""`?updated_since=`: a copy that follows the list of changes has every change."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from threading import Event
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from drawings.models import Drawing
from drawings.services import bulk_insert, moderation
from drawsite.db.transactions import write_transaction

URL = "/api/v1/drawings"
BEGIN = "1970-01-01T00:00:00Z"
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite never has two writers at once"
)
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL lets several write at once"
)

pytestmark = pytest.mark.django_db(transaction=True)


class Mirror:
    """A copy of a wall, kept as docs/data.md has it."""

    def __init__(self, limit=100):
        self.client = Client()
        self.limit = limit
        self.newest = BEGIN
        self.drawings = {}

    def follow(self):
        """The titles that came, from `newest` to the last page."""
        titles = []
        page = f"{URL}?{urlencode({'updated_since': self.newest, 'limit': self.limit})}"
        while page:
            answer = self.client.get(page).json()
            for drawing in answer["drawings"]:
                self.drawings[drawing["id"]] = drawing
                self.newest = max(self.newest, drawing["updated_at"], key=datetime.fromisoformat)
                titles.append(drawing["title"])
            page = answer["next"]
        return titles


@pytest.fixture
def mirror():
    return Mirror()


@contextmanager
def another_connection():
    """Submits work to a thread of its own, with its own connection."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit
        finally:
            thread.submit(connections.close_all)


def titled(drawing):
    return Drawing.objects.filter(pk=drawing.pk)


# --- In the order of the writes --------------------------------------------------------------


def test_a_drawing_that_was_made_first_and_stored_last_is_not_skipped(mirror, field):
    first, last = (Drawing.from_field(field, title=title) for title in ("Made first", "Made last"))

    Drawing.objects.add_once(last)
    assert mirror.follow() == ["Made last"]
    Drawing.objects.add_once(first)

    assert "Made first" in mirror.follow()


def test_a_drawing_that_is_stored_with_an_old_time_is_not_skipped(mirror, make_drawing, field):
    make_drawing(title="Newest")
    assert mirror.follow() == ["Newest"]

    old = datetime.fromisoformat("2001-01-01T00:00:00Z")
    make_drawing(title="Imported", created_at=old)
    bulk_insert.store_batch([Drawing.from_field(field, title="Stored with others", created_at=old)])

    assert mirror.follow()[-2:] == ["Imported", "Stored with others"]


def test_a_saved_change_comes_after_what_came_before_it(mirror, make_drawing):
    drawing = make_drawing(title="Fox")
    make_drawing(title="Owl")
    mirror.follow()

    drawing.title = "Vixen"
    drawing.save(update_fields=["title"])
    listed = Drawing.objects.for_lists().get(title="Owl")
    listed.title = "Eagle"
    listed.save()

    assert mirror.follow()[-2:] == ["Vixen", "Eagle"]


def test_a_drawing_that_staff_publishes_later_comes_then(mirror, make_drawing, admin_user):
    waiting = [make_drawing(title=title, status="pending") for title in ("Fox", "Owl")]
    make_drawing(title="Newest")
    assert mirror.follow() == ["Newest"]

    moderation.set_status(waiting[:1], "published", admin_user.pk)
    seen = moderation.Seen("pending", "Owl", "", last_report=0)
    moderation.decide_status(waiting[1], seen, "published", admin_user.pk)

    assert mirror.follow()[-2:] == ["Fox", "Owl"]


@on_sqlite
def test_who_waits_for_the_lock_is_later_than_who_has_it(mirror, make_drawing):
    drawing = make_drawing(title="Fox")
    with another_connection() as submit:
        with transaction.atomic():
            waiting = submit(titled(drawing).update_stamped, title="Written last")
            time.sleep(0.3)
            make_drawing(title="Written first")
        waiting.result(10)

    assert mirror.follow() == ["Written first", "Written last"]


# --- What has not been committed yet ---------------------------------------------------------


@contextmanager
def an_open_write(write):
    """Another transaction that has written, and commits at the end of the block."""
    written, go_on = Event(), Event()

    def hold():
        with closing(connection), transaction.atomic():
            write()
            written.set()
            go_on.wait(10)

    with ThreadPoolExecutor(1) as thread:
        holding = thread.submit(hold)
        try:
            assert written.wait(10)
            yield
        finally:
            go_on.set()
        holding.result(10)


@on_postgresql
@pytest.mark.parametrize("kind", ["new", "changed"])
def test_what_commits_late_is_waited_for(mirror, make_drawing, kind):
    make_drawing(title="Before")
    drawing = make_drawing(title="Fox")
    mirror.follow()

    def write():
        if kind == "new":
            make_drawing(title="Late")
        else:
            titled(drawing).update_stamped(title="Late")

    with an_open_write(write):
        make_drawing(title="Meanwhile")
        held_back = mirror.follow()

    assert "Meanwhile" not in held_back
    assert mirror.follow()[-2:] == ["Late", "Meanwhile"]


@on_postgresql
def test_who_only_reads_holds_nothing_back(mirror, make_drawing):
    with an_open_write(lambda: Drawing.objects.count()):
        make_drawing(title="Fox")
        assert mirror.follow() == ["Fox"]


@on_postgresql
def test_a_writer_whose_times_are_hidden_holds_everything_back(mirror, make_drawing):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE another_writer")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO another_writer")
    try:
        make_drawing(title="Fox")
        with an_open_write(lambda: make_drawing(title="Late")), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL ROLE another_writer")
            assert mirror.follow() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY another_writer")
            cursor.execute("DROP ROLE another_writer")

    assert mirror.follow() == ["Fox", "Late"]


# --- While a page is read --------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"title": "Vixen"}, {"status": "hidden"}])
def test_what_changes_while_a_page_is_read_comes_with_what_changed_before_it(
    mirror, make_drawing, change
):
    """A drawing's new `updated_at` must not lead past changes that the page has not."""
    fox, owl = (make_drawing(title=title) for title in ("Fox", "Owl"))
    with another_connection() as submit:

        def change_between(execute, sql, *arguments):
            if '"id" IN (' in sql and not changes:  # the drawings that the list has found
                for drawing, values in ((owl, {"title": "Eagle"}), (fox, change)):
                    changes.append(submit(titled(drawing).update_stamped, **values).result(10))
            return execute(sql, *arguments)

        changes: list[int] = []
        with connection.execute_wrapper(change_between):
            seen = mirror.follow()
    assert changes == [1, 1]
    assert seen == []

    mirror.follow()

    expected = {"Eagle", *([change["title"]] if "title" in change else [])}
    assert {drawing["title"] for drawing in mirror.drawings.values()} == expected


# --- All of it at once -----------------------------------------------------------------------

WRITERS = 4
SECONDS = 2.0


def write_for(seconds, number, field, user):
    """Send, change, publish and import drawings, each in its own way, as long as told."""
    with closing(connection):
        deadline = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < deadline:
            turn += 1
            with suppress(OperationalError):  # SQLite's turn did not come in time
                write(turn, f"{number}, {turn}", field, user)


def write(turn, title, field, user):
    made = Drawing.from_field(field, title=title, status=("published", "pending")[turn % 2])
    with write_transaction():
        drawing, _ = Drawing.objects.add_once(made)
        time.sleep(0.002 * (turn % 3))
    if turn % 2:
        moderation.set_status([drawing], "published", user.pk)
    elif turn % 4:
        titled(drawing).update_stamped(title=f"{title}, changed")
    if turn % 10 == 0:
        bulk_insert.store_batch(
            [Drawing.from_field(field, title=f"{title}, {i}") for i in range(5)]
        )


def test_a_mirror_has_all_that_many_writers_wrote(field, admin_user):
    mirror = Mirror(limit=3)
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [
            threads.submit(write_for, SECONDS, number, field, admin_user)
            for number in range(WRITERS)
        ]
        while not all(writer.done() for writer in writers):
            mirror.follow()
    assert not any(writer.exception() for writer in writers)
    mirror.follow()

    written = Drawing.objects.published().values_list("pk", "title")
    mirrored = {id: drawing["title"] for id, drawing in mirror.drawings.items()}
    assert len(mirrored) > WRITERS
    assert mirrored == {str(pk): title for pk, title in written}
