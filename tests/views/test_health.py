import secrets
import shutil
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing

import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder

from drawings.services import readiness
from drawsite.db.sqlite.base import DatabaseWrapper
from drawsite.environment import parse_database
from tests.support import samples
from tests.support.installation import on_sqlite
from tests.support.server import Server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_cached_readiness(monkeypatch):
    """Disables the caching of results."""
    monkeypatch.setattr(readiness.readiness, "valid_until", 0.0)
    monkeypatch.setattr(readiness, "MAX_AGE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A migrated SQLite database, whatever database the tests run on."""
    data_dir = tmp_path_factory.mktemp("migrated")
    on_sqlite(data_dir).migrate()
    return data_dir / "db.sqlite3"


@pytest.fixture
def sqlite(migrated, tmp_path, monkeypatch):
    """Runs the site on a copy of that database. Yields the path of the copy."""
    file = tmp_path / "db.sqlite3"
    shutil.copy(migrated, file)
    usual = connections["default"]
    wrapper = DatabaseWrapper({**usual.settings_dict, **parse_database(f"sqlite:///{file}")})
    wrapper.settings_dict["AUTOCOMMIT"] = True
    connections["default"] = wrapper
    readiness.needed_tables.cache_clear()
    yield file
    wrapper.close()
    connections["default"] = usual
    readiness.needed_tables.cache_clear()


def fault(client):
    response = client.get("/readyz")
    answer = response.json()
    assert response.status_code == (503 if "fault" in answer else 200)
    return answer.get("fault")


def test_a_process_that_responds_is_alive(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_a_site_that_can_serve_is_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_health_responses_are_never_cached(client, url):
    response = client.get(url)

    assert "no-store" in response["Cache-Control"]
    assert client.head(url).status_code == 200


def test_frequent_readiness_checks_do_not_query_the_database(
    client, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(readiness, "MAX_AGE_SECONDS", 60.0)
    client.get("/readyz")

    with django_assert_num_queries(0):
        assert fault(client) is None


@pytest.mark.parametrize("app", ["drawings", "auth", "sessions"])
def test_a_site_whose_migrations_are_not_applied_is_not_ready(client, app):
    MigrationRecorder.Migration.objects.filter(app=app).latest("id").delete()

    assert fault(client) == "migrations are not applied"


def test_a_site_with_the_database_of_a_newer_release_is_not_ready(client):
    MigrationRecorder.Migration.objects.create(app="drawings", name="9999_new")

    assert fault(client) == "a newer release has applied the migration drawings.9999_new"


def test_a_migration_of_a_removed_app_does_not_make_the_site_unready(client):
    MigrationRecorder.Migration.objects.create(app="removed", name="0001_initial")

    assert fault(client) is None


@pytest.mark.parametrize("table", ["drawings_drawing", "django_session", "django_migrations"])
def test_a_site_whose_table_is_missing_is_alive_but_not_ready(client, table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")

    assert fault(client) in {"migrations are not applied", f"the table {table} is missing"}
    assert client.get("/healthz").status_code == 200


def test_a_site_whose_database_is_unavailable_is_alive_but_not_ready(client):
    def away(*args):
        raise OperationalError("could not connect")

    with connection.execute_wrapper(away):
        ready, alive = fault(client), client.get("/healthz")

    assert ready == "the database does not answer"
    assert alive.status_code == 200


def test_a_check_that_hangs_is_noticed_by_the_next_check(monkeypatch):
    monkeypatch.setattr(readiness, "HANG_SECONDS", 0.0)
    told = readiness.Readiness(lambda: None)
    assert told.current_fault() is None

    told.find_fault = told.current_fault  # a second check starts during the first

    assert told.current_fault() == "the database does not answer"


def test_the_readiness_check_leaves_nothing_behind(client, sqlite):
    with closing(sqlite3.connect(sqlite)) as other:
        before = other.execute("PRAGMA data_version").fetchone()
        assert fault(client) is None
        assert other.execute("PRAGMA data_version").fetchone() == before
    assert {path.name for path in sqlite.parent.iterdir()} <= {
        "db.sqlite3",
        "db.sqlite3-wal",
        "db.sqlite3-shm",
    }


def test_a_full_database_and_its_recovery_are_noticed(client, sqlite):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")  # limits the database to its current size

        assert fault(client) == "the disk is full"

        cursor.execute("PRAGMA max_page_count = 1000000")
    assert fault(client) is None


def test_a_disk_that_is_nearly_full_is_noticed(client, sqlite, monkeypatch):
    monkeypatch.setattr(readiness, "DISK_FULL_BYTES", 2**80)

    assert fault(client) == "the disk is full"


def test_a_read_only_database_is_noticed(client, sqlite):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = on")

    assert fault(client) == "the database is read-only"


def test_a_directory_that_cannot_be_written_is_noticed(client, sqlite, monkeypatch):
    def refused(**options):
        raise PermissionError

    monkeypatch.setattr("tempfile.TemporaryFile", refused)

    assert fault(client) == "the data directory cannot be written"


def test_a_lock_held_by_another_process_is_noticed_soon(client, sqlite, monkeypatch):
    monkeypatch.setattr(readiness, "LOCK_WAIT_MS", 10)
    with closing(sqlite3.connect(sqlite, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert fault(client) == "the database is locked"

    with connection.cursor() as cursor:  # submissions still wait as long as before
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_missing_database_file_is_noticed_and_not_recreated(client, sqlite):
    assert fault(client) is None

    sqlite.unlink()

    assert fault(client) == "the database file is missing"
    assert not sqlite.exists()


def test_a_file_that_is_not_a_database_is_noticed(client, sqlite):
    sqlite.write_bytes(secrets.token_bytes(100_000))

    assert fault(client) == "the database is damaged"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no poolers")
def test_the_readiness_check_shortens_timeouts_only_within_its_transactions(transactional_db):
    """Behind a pooler, a changed setting would leak into the next visitor's transaction."""
    waits: dict[bool, set[str]] = {True: set(), False: set()}

    def note(execute, *arguments):
        result = execute(*arguments)
        with connection.connection.cursor() as cursor:
            for limit in ("lock_timeout", "statement_timeout"):
                cursor.execute(f"SHOW {limit}")
                waits[connection.in_atomic_block].add(cursor.fetchone()[0])
        return result

    with connection.execute_wrapper(note):
        assert readiness.find_fault() is None

    assert waits[False] == {"2s", "5s"}
    assert "1500ms" in waits[True]


# --- A server with the file open ------------------------------------------------------------


def status_of(url, body=None):
    try:
        with urllib.request.urlopen(url, body, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_server_whose_database_file_is_deleted_stores_nothing_and_recovers(migrated, tmp_path):
    file = tmp_path / "db.sqlite3"
    shutil.copy(migrated, file)
    drawing = urllib.parse.urlencode({"canvas_data": samples.brightness_list("0")}).encode()
    with Server(DATABASE_URL=f"sqlite:///{file}", WEB_WORKERS="1") as server:
        post = f"{server.url}/postmethod"
        assert status_of(post, drawing) == 200

        file.rename(tmp_path / "away")

        assert status_of(post, drawing) == 503
        assert status_of(f"{server.url}/readyz") == 503
        assert not file.exists()

        (tmp_path / "away").rename(file)

        assert status_of(post, drawing) == 200
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM drawings_drawing").fetchone() == (2,)
