import fcntl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from drawings.imaging import pixels
from drawsite.db.startup_lock import ADVISORY_LOCK
from tests.support import samples
from tests.support.installation import Installation, installation
from tests.support.server import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(tmp_path):
    with installation(tmp_path) as site:
        yield site


# --- Concurrent preparation -----------------------------------------------------------------


@contextmanager
def startup_lock_held(site: Installation) -> Iterator[None]:
    """Holds the lock of a process that prepares the site."""
    if connection.vendor == "postgresql":
        with site.database() as database:
            database.execute(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
            yield
    else:
        with (site.data_dir / "prepare.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def test_two_processes_starting_at_once_prepare_the_site_once(site):
    processes = [site.start("prepare") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    assert sum("Applying drawings.0001_initial" in out for out, _ in said) == 1
    assert sum("No migrations to apply" in out for out, _ in said) == 1


def test_waiting_too_long_for_another_process_is_reported(site):
    with startup_lock_held(site):
        said = site.manage("prepare", "--wait=0.3", code=1)

    assert "Another process has been preparing this site for 0.3 seconds" in said


def test_a_data_directory_that_cannot_be_written_is_named(site):
    (site.data_dir / "prepare.lock").mkdir()  # a directory cannot be opened as a file, even by root

    said = site.manage("prepare", code=1)

    assert "needs write access to DATA_DIR" in said
    assert str(site.data_dir / "prepare.lock") in said
    assert "Traceback" not in said


# --- A newer release's database -------------------------------------------------------------


def apply_newer_migration(site):
    site.migrate()
    with site.database() as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('drawings', '9999_new', '2099-01-01 00:00:00')"
        )


def applied_migrations(site):
    with site.database() as database:
        return set(database.execute("SELECT app, name FROM django_migrations").fetchall())


def test_preparing_a_newer_releases_database_is_refused_and_names_the_migration(site):
    apply_newer_migration(site)
    with site.database() as database:  # so that there is something to migrate
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    before = applied_migrations(site)

    said = site.manage("prepare", code=1)

    assert "a newer release, which has applied the migration drawings.9999_new" in said
    assert "Install that release or a later one" in said
    assert "restore a backup" in said
    assert "Traceback" not in said
    assert applied_migrations(site) == before


def test_a_server_does_not_start_on_a_newer_releases_database(site):
    apply_newer_migration(site)

    environment = {"DATABASE_URL": site.url, "DATA_DIR": str(site.data_dir), "WEB_WORKERS": "1"}
    with (
        pytest.raises(RuntimeError, match=r"has applied the migration drawings\.9999_new"),
        Server(**environment),
    ):
        pass


def test_a_server_starts_while_its_database_does_not_answer(tmp_path):
    away = "postgres://127.0.0.1:1/none"
    with (
        Server(DATABASE_URL=away, DATA_DIR=str(tmp_path), WEB_WORKERS="1") as server,
        pytest.raises(urllib.error.HTTPError, match="503") as answer,
    ):
        urllib.request.urlopen(f"{server.url}/readyz")

    answer.value.close()


# --- Upgrades -------------------------------------------------------------------------------

# The columns of the first release.
COLUMNS = (
    "id, width, height, vmin, vmax, title, artist, colormap, status, created_at, submission_key,"
    " strokes_agree, blob"
)
ROWS = f"SELECT {COLUMNS} FROM drawings_drawing ORDER BY id"  # noqa: S608
INSERT = f"INSERT INTO drawings_drawing ({COLUMNS}) VALUES ("  # noqa: S608


def row(number: int) -> list[Any]:
    identifier, key = (
        value.hex if connection.vendor == "sqlite" else value for value in (uuid7(), uuid7())
    )
    status = ("published", "pending", "hidden")[number % 3]
    blob = pixels.write_blob(samples.shades(20, 30) ^ (number % 256))
    return [
        identifier, 30, 20, 0, 255, f"Zeppelin {number}", "Zoë", "magma", status,
        datetime.now(UTC).isoformat(" "), key, None, blob,
    ]  # fmt: skip


def insert_rows(database, number):
    """Inserts drawings; returns them as read back."""
    rows = [row(each) for each in range(number)]
    sign = "?" if connection.vendor == "sqlite" else "%s"
    database.cursor().executemany(f"{INSERT}{', '.join([sign] * len(rows[0]))})", rows)
    return database.execute(ROWS).fetchall()


def test_migrating_a_database_of_the_first_release_loses_nothing(site):
    site.manage("migrate", "drawings", "0001", "--verbosity=0")
    with site.database() as database:
        before = insert_rows(database, 300)

    site.manage("migrate", "--verbosity=0")

    with site.database() as database:
        assert database.execute(ROWS).fetchall() == before
    found = site.ask(
        "[matching(Drawing.objects.published(), text).count() for text in ('zepp', 'ZOE', '299')],"
        " [drawing.field.shape for drawing in Drawing.objects.all()] == [(20, 30)] * 300"
    )
    assert found == "([100, 100, 0], True)"


# The release before migrations created the groups and the log's indexes.
MIGRATE_TO_0006 = """
from django.core.management import call_command
call_command("migrate", "drawings", "0006", verbosity=0)
for app in ("admin", "sessions"):
    call_command("migrate", app, verbosity=0)
"""


def test_preparing_a_database_keeps_the_groups_its_host_has_changed(site):
    site.manage("shell", "--no-imports", "--command", MIGRATE_TO_0006)
    with site.database() as database:
        before = insert_rows(database, 3)
        for index, columns in [
            ("drawing_history", "object_id, action_time"),
            ("user_history", "user_id, action_time"),
        ]:
            database.execute(f"CREATE INDEX {index} ON django_admin_log ({columns})")
        # The host has renamed a group, and deleted the others.
        database.execute("INSERT INTO auth_group (name) VALUES ('Teachers')")

    site.manage("prepare", "--verbosity=0")

    with site.database() as database:
        assert database.execute(ROWS).fetchall() == before
        assert database.execute("SELECT name FROM auth_group").fetchall() == [("Teachers",)]
    environment = {"DATABASE_URL": site.url, "DATA_DIR": str(site.data_dir), "WEB_WORKERS": "1"}
    with Server(**environment) as server:
        page = urllib.request.urlopen(f"{server.url}/gallery/?q=zeppelin").read().decode()
    assert "Zeppelin 0" in page  # the published one
    assert "Zeppelin 1" not in page
