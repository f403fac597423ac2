"""`?updated_since=`: a mirror that follows the list of changes receives every change."""

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
    """A copy of the gallery, kept up to date as docs/data.md describes."""

    def __init__(self, limit=100):
        self.client = Client()
        self.limit = limit
        self.newest = BEGIN
        self.drawings = {}

    def follow(self):
        """Returns the titles received, from `newest` to the last page."""
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
    """Submits work to a separate thread with its own connection."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit
        finally:
            thread.submit(connections.close_all)


def titled(drawing):
    return Drawing.objects.filter(pk=drawing.pk)


# --- Order of the writes ---------------------------------------------------------------------


def test_a_drawing_that_was_created_first_and_stored_last_is_not_skipped(mirror, field):
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


def test_a_saved_change_is_listed_after_earlier_changes(mirror, make_drawing):
    drawing = make_drawing(title="Fox")
    make_drawing(title="Owl")
    mirror.follow()

    drawing.title = "Vixen"
    drawing.save(update_fields=["title"])
    listed = Drawing.objects.for_lists().get(title="Owl")
    listed.title = "Eagle"
    listed.save()

    assert mirror.follow()[-2:] == ["Vixen", "Eagle"]


def test_a_drawing_that_staff_publish_later_is_listed_then(mirror, make_drawing, admin_user):
    waiting = [make_drawing(title=title, status="pending") for title in ("Fox", "Owl")]
    make_drawing(title="Newest")
    assert mirror.follow() == ["Newest"]

    moderation.set_status(waiting[:1], "published", admin_user.pk)
    seen = moderation.Seen("pending", "Owl", "", last_report=0)
    moderation.decide_status(waiting[1], seen, "published", admin_user.pk)

    assert mirror.follow()[-2:] == ["Fox", "Owl"]


@on_sqlite
def test_a_write_that_waits_for_the_lock_is_listed_after_the_one_that_holds_it(
    mirror, make_drawing
):
    drawing = make_drawing(title="Fox")
    with another_connection() as submit:
        with transaction.atomic():
            waiting = submit(titled(drawing).update_stamped, title="Written last")
            time.sleep(0.3)
            make_drawing(title="Written first")
        waiting.result(10)

    assert mirror.follow() == ["Written first", "Written last"]


# --- Uncommitted writes ----------------------------------------------------------------------


@contextmanager
def an_open_write(write):
    """Holds open another transaction that has written. It commits at the end of the block."""
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
def test_the_list_waits_for_a_late_commit(mirror, make_drawing, kind):
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
def test_a_read_only_transaction_delays_nothing(mirror, make_drawing):
    with an_open_write(lambda: Drawing.objects.count()):
        make_drawing(title="Fox")
        assert mirror.follow() == ["Fox"]


@on_postgresql
def test_a_writer_whose_start_time_is_not_visible_delays_everything(mirror, make_drawing):
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
def test_a_change_while_a_page_is_read_is_listed_with_earlier_changes(mirror, make_drawing, change):
    """A drawing's new `updated_at` must not move the cursor past changes that the page lacks."""
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


# --- All at once -----------------------------------------------------------------------------

WRITERS = 4
SECONDS = 2.0


def write_for(seconds, number, field, user):
    """Sends, changes, publishes and imports drawings for that many seconds."""
    with closing(connection):
        deadline = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < deadline:
            turn += 1
            with suppress(OperationalError):  # SQLite's write lock was not free in time
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


def test_a_mirror_receives_every_change_of_many_writers(field, admin_user):
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
