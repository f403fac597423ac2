import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from django import db
from django.apps import apps
from django.core.management import call_command
from django.db.models.signals import pre_migrate

from drawings.models import Drawing, Report
from drawings.services import bulk_insert, moderation
from drawsite.db.postgresql.base import DatabaseWrapper


@pytest.fixture
def sockets():
    ours, servers = socket.socketpair()
    with ours, servers:
        yield ours, servers


class Connection:
    """A fake of psycopg's connection that records queries."""

    def __init__(self, fileno):
        self.pgconn = SimpleNamespace(socket=fileno)
        self.closed = False
        self.queries = []

    @contextmanager
    def cursor(self):
        yield SimpleNamespace(execute=self.queries.append)


@pytest.fixture
def connection(sockets):
    wrapper = DatabaseWrapper({"NAME": "", "TIME_ZONE": None, "OPTIONS": {}})
    wrapper.connection = Connection(sockets[0].fileno())
    return wrapper


def test_a_connection_at_rest_is_usable_without_a_query(connection):
    assert connection.is_usable()
    assert connection.connection.queries == []


def test_a_connection_that_the_server_has_ended_is_not_usable(connection, sockets):
    sockets[1].close()

    assert not connection.is_usable()


def test_a_connection_with_a_last_message_of_the_server_is_not_usable(connection, sockets):
    sockets[1].send(b"terminating connection due to administrator command")

    assert not connection.is_usable()


def test_after_an_error_a_query_checks_the_connection(connection):
    connection.errors_occurred = True

    assert connection.is_usable()
    assert connection.connection.queries == ["SELECT 1"]


def test_a_closed_connection_is_not_usable(connection):
    connection.connection.closed = True

    assert not connection.is_usable()


# --- A server whose connections are cut off -------------------------------------------------

on_postgresql = pytest.mark.skipif(
    db.connection.vendor != "postgresql",
    reason="SQLite has no connections that could be cut off, and no two writers at once",
)

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
LIST = json.dumps([0, 255] * 20_000)


@pytest.fixture
def addresses(make_drawing):
    """Two pages, an image and the address of submissions. Not /readyz, which caches its result."""
    address = f"/drawings/{make_drawing().id}/"
    return ["/gallery/?q=fox", address, f"{address}image.png", "/postmethod"]


def ask(server, address):
    """Send a request, or a drawing to /postmethod. Returns the status and headers."""
    body = urllib.parse.urlencode({"canvas_data": LIST}).encode()
    data = body if address == "/postmethod" else None
    try:
        with urllib.request.urlopen(f"{server.url}{address}", data, timeout=30) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def cut_off():
    """End all connections of the server. Returns their number."""
    with db.connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}")
        return len(cursor.fetchall())


def wait_until_another_waits():
    """Wait until another connection waits for a lock."""
    deadline = time.monotonic() + 20
    with db.connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # otherwise the view does not change
            cursor.execute(f"SELECT 1 {OTHERS} AND wait_event_type = 'Lock'")
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise TimeoutError


@on_postgresql
def test_a_server_recovers_when_its_connections_were_cut_off(server, addresses):
    with ThreadPoolExecutor(8) as clients:
        for _ in range(3):
            answers = clients.map(partial(ask, server), addresses * 2)
            assert {status for status, _ in answers} == {200}
            assert cut_off() > 0


@on_postgresql
def test_a_request_whose_connection_is_cut_off_gets_503_and_can_be_repeated(server, addresses):
    with ThreadPoolExecutor(1) as client:
        for address in addresses:
            with db.transaction.atomic(), db.connection.cursor() as cursor:
                cursor.execute("LOCK TABLE drawings_drawing")
                answer = client.submit(ask, server, address)
                wait_until_another_waits()
                cut_off()
                status, headers = answer.result()
            assert status == 503
            assert headers["Retry-After"]
            assert ask(server, address)[0] == 200
    assert Drawing.objects.count() == 2  # the first one, and the repeated one


@on_postgresql
@pytest.mark.django_db
def test_only_migrations_have_no_statement_timeout():
    def limits(**kwargs):
        with db.connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            seen.append(cursor.fetchone()[0])

    seen: list[str] = []
    # The signal of this app is sent while the timeout is lifted, as when migrations run.
    migrated = apps.get_app_config("admin")
    pre_migrate.connect(limits, sender=migrated)
    try:
        call_command("migrate", verbosity=0)
        limits()
    finally:
        pre_migrate.disconnect(limits, sender=migrated)

    assert seen == ["0", "5s"]


# --- Two at once ----------------------------------------------------------------------------


@on_postgresql
def test_reports_stay_open_if_the_drawing_is_hidden_while_they_are_settled(
    transactional_db, make_drawing, admin_user
):
    drawing = make_drawing()
    report = Report.objects.create(drawing=drawing, reason="other")
    seen = moderation.Seen(drawing.status, drawing.title, drawing.artist, report.pk)

    def approve():
        with closing(db.connection):
            return moderation.decide_status(drawing, seen, drawing.status, admin_user.pk)

    with ThreadPoolExecutor(1) as other:
        with db.transaction.atomic():
            Drawing.objects.filter(pk=drawing.pk).update_stamped(status="hidden")
            approving = other.submit(approve)
            wait_until_another_waits()
        with pytest.raises(moderation.OvertakenError):
            approving.result()

    assert Report.objects.waiting().exists()


@on_postgresql
@pytest.mark.parametrize("how", ["by its artist", "by staff"])
def test_a_drawing_can_be_deleted_while_another_is_drawn_on_it(
    transactional_db, make_drawing, admin_user, field, how
):
    drawing = make_drawing()

    def delete():
        with closing(db.connection):
            if how == "by staff":
                return moderation.delete_drawings([drawing], admin_user.pk)
            return drawing.delete()

    with ThreadPoolExecutor(1) as other:
        with db.transaction.atomic():
            child, _ = Drawing.objects.add_once(Drawing.from_field(field, parent=drawing))
            Report.objects.create(drawing=drawing, reason="other")
            deleting = other.submit(delete)
            wait_until_another_waits()
        deleting.result()

    assert Drawing.objects.get() == child
    assert Drawing.objects.get().parent_id is None
    assert not Report.objects.exists()


@on_postgresql
def test_analyze_has_no_statement_timeout(transactional_db):
    limits = {}

    def note(execute, sql, *arguments):
        limits[sql.partition(" ")[0]] = limit()
        return execute(sql, *arguments)

    with db.connection.execute_wrapper(note):
        bulk_insert.analyze_drawings()

    assert limits["ANALYZE"] == "0"
    assert limit() == "5s"


def limit():
    with db.connection.connection.cursor() as cursor:
        return cursor.execute("SHOW statement_timeout").fetchone()[0]
