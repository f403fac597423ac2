import os
import resource
import sqlite3
import threading
from ast import literal_eval
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from drawings.services import backups
from drawsite.lib.atomic_files import temporary_path
from tests.support.installation import Installation, installation, on_sqlite

pytestmark = pytest.mark.django_db

# How many drawings the search finds.
FOUND = "[matching(Drawing.objects.all(), letter).count() for letter in 'abcdefgh']"
# The ids of the warnings about the database.
WARNINGS = "[w.id for w in __import__('django').core.checks.run_checks(databases=['default'])]"


def contents(site):
    """The site's drawings and blocked words, with all columns."""
    with site.database() as database:
        return [
            database.execute(f"SELECT * FROM drawings_{table} ORDER BY id").fetchall()  # noqa: S608
            for table in ("drawing", "blockedword")
        ]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """An installation with sixty drawings."""
    with django_db_blocker.unblock(), installation(tmp_path_factory.mktemp("site")) as site:
        site.migrate()
        site.manage("fill_gallery", 60)
        yield site


@pytest.fixture(scope="module")
def backup(site, tmp_path_factory):
    directory = tmp_path_factory.mktemp("backups") / "new"
    site.manage("backup", directory)
    (file,) = directory.iterdir()
    return file


def test_a_restored_backup_is_the_same_site_and_accepts_drawings(site, backup, tmp_path):
    with installation(tmp_path) as other:
        said = other.manage("restore", backup)

        assert "60 drawings restored" in said
        assert contents(other) == contents(site)
        found, warnings = literal_eval(other.ask(f"{FOUND}, {WARNINGS}"))
        assert found == literal_eval(site.ask(FOUND))
        assert any(found)
        assert "drawings.W001" not in warnings
        assert "50 added" in other.manage("fill_gallery", 50, "--seed=1")
    assert backup.stat().st_mode & 0o777 == 0o600


def test_an_existing_database_is_replaced_only_with_force(site, backup, tmp_path):
    with installation(tmp_path) as other:
        other.migrate()
        with other.database() as database:
            database.execute("INSERT INTO drawings_blockedword (word) VALUES ('mine')")
        before = contents(other)

        assert "add --force" in other.manage("restore", backup, code=1)
        assert contents(other) == before

        other.manage("restore", backup, "--force")
        assert contents(other) == contents(site)


def test_a_backup_made_during_writes_is_consistent(site, tmp_path):
    """The backup must count rows in the transaction that it copies, or verifying fails."""
    stop = threading.Event()
    sign = "?" if connection.vendor == "sqlite" else "%s"
    statement = f"INSERT INTO drawings_blockedword (word) VALUES ({sign})"  # noqa: S608

    def write():
        number = 0
        while not stop.is_set():
            with site.database() as database:
                database.execute(statement, [f"key {number}"])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        said = site.manage("backup", tmp_path)
    finally:
        stop.set()
        writer.join()
    assert "verified" in said


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "something else"])
def test_a_damaged_backup_is_refused_and_changes_nothing(site, backup, tmp_path, damage):
    before = contents(site)
    data = bytearray(backup.read_bytes())
    if damage == "cut off":
        del data[len(data) // 2 :]
    elif damage == "overwritten":
        data[4096 : len(data) // 2] = os.urandom(len(data) // 2 - 4096)
    else:
        data[:16] = b"GIF89a, or not? "
    (tmp_path / "file").write_bytes(data)

    said = site.manage("restore", tmp_path / "file", "--force", code=1)

    assert "Nothing was changed." in said
    assert "Traceback" not in said
    assert contents(site) == before


def test_a_backup_of_a_newer_release_is_refused_and_changes_nothing(site, tmp_path):
    add = "INSERT INTO django_migrations (app, name, applied) VALUES ('drawings', '9999_new', '{}')"
    with site.database() as database:
        database.execute(add.format("2099-01-01 00:00:00"))
    try:
        site.manage("backup", tmp_path)
        before = contents(site)
        said = site.manage("restore", *tmp_path.iterdir(), "--force", code=1)
        after = contents(site)
    finally:
        with site.database() as database:
            database.execute("DELETE FROM django_migrations WHERE name = '9999_new'")

    assert "Nothing was changed." in said
    assert "made by a newer release, with the migration drawings.9999_new" in said
    assert after == before


def test_a_backup_that_cannot_be_written_fails_with_a_message(site, tmp_path):
    (tmp_path / "file").touch()

    said = site.manage("backup", tmp_path / "file" / "backups", code=1)

    assert "No backup was made." in said
    assert "cannot be written" in said


def test_a_backup_that_runs_out_of_space_leaves_no_file(site, tmp_path):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, usual[1]))  # child processes inherit it
    try:
        said = site.manage("backup", tmp_path, code=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert "No backup was made." in said
    assert list(tmp_path.iterdir()) == []


def test_old_backups_and_temporary_files_are_removed_but_not_the_new_backup(tmp_path):
    def name(year, date="0101"):
        return f"drawsite-20{year}{date}T000000000000Z.sqlite3"

    old = {name(20), name(21), f".{name(21)}.4711", f".{name(21)}.4711-journal"}
    draft = temporary_path(tmp_path / name(21)).name
    old |= {draft, f"{draft}-journal"}
    kept = {name(22), name(99), f".{name(99)}.4711", name(20, "0231"), "mine.sqlite3", ".mine.1"}
    for each in old | kept:
        (tmp_path / each).touch()

    removed = backups.remove_old_backups(tmp_path, 30, just_made=tmp_path / name(22))

    assert {path.name for path in removed} == old
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_an_old_backup_that_cannot_be_removed_is_named(tmp_path):
    stubborn = tmp_path / "drawsite-20200101T000000000000Z.dump"
    stubborn.mkdir()  # unlink refuses a directory, even for root

    with pytest.raises(backups.BackupError, match=f"{stubborn} cannot be removed"):
        backups.remove_old_backups(tmp_path, 30, just_made=tmp_path / "new")


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "1e9"])
def test_an_invalid_keep_days_is_refused_before_the_backup(tmp_path, days):
    with pytest.raises(CommandError, match="takes a number from 0 to 36500"):
        call_command("backup", str(tmp_path), f"--keep-days={days}")

    assert list(tmp_path.iterdir()) == []


def test_recent_backups_are_kept(site, backup):
    newer = site.manage("backup", backup.parent, "--keep-days=1")

    assert "removed" not in newer
    assert len(list(backup.parent.iterdir())) == 2


# --- One of the two databases ---------------------------------------------------------------


@pytest.mark.files_alone
def test_a_database_given_by_a_relative_path_is_backed_up(tmp_path):
    data_dir = os.path.relpath(tmp_path, settings.BASE_DIR)
    site = Installation(tmp_path, f"sqlite:///{data_dir}/db.sqlite3")
    site.migrate()

    assert "verified" in site.manage("backup", tmp_path / "backups")


def test_a_missing_pg_dump_is_reported(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(backups.BackupError, match=r"pg_dump is not installed"):
        backups.run_command(backups.build_command(None, "pg_dump"))


@pytest.fixture(scope="module")
def sqlite_backup(tmp_path_factory):
    """A backup of a SQLite database without drawings."""
    site = on_sqlite(tmp_path_factory.mktemp("sqlite"))
    site.migrate()
    site.manage("backup", site.data_dir / "backups")
    (file,) = (site.data_dir / "backups").iterdir()
    return file


@pytest.mark.files_alone
@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_the_wal_of_a_database_that_was_moved_away_is_replaced_only_with_force(
    sqlite_backup, tmp_path, left
):
    site = on_sqlite(tmp_path)
    site.migrate()
    file, log, away = (tmp_path / name for name in ("db.sqlite3", "db.sqlite3-wal", "away"))
    with closing(sqlite3.connect(file)) as killed:
        killed.execute("INSERT INTO drawings_blockedword (word) VALUES ('acknowledged')")
        killed.commit()
        file.rename(away)  # while it is open, so that the WAL stays
    if left == "an empty file":
        file.touch()

    said = site.manage("restore", sqlite_backup, code=1)

    assert f"{log}, the log of a database that was moved away" in said
    assert "add --force" in said
    away.replace(file)
    with site.database() as database:
        assert database.execute("SELECT word FROM drawings_blockedword").fetchall() == [
            ("acknowledged",)
        ]


@pytest.mark.files_alone
def test_an_empty_wal_file_does_not_prevent_a_restore(sqlite_backup, tmp_path):
    (tmp_path / "db.sqlite3-wal").touch()

    assert "0 drawings restored" in on_sqlite(tmp_path).manage("restore", sqlite_backup)


@pytest.fixture
def other(tmp_path):
    """Another SQLite database, without drawings, to restore in place of the first."""
    file = tmp_path / "other" / "file"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE new (number)")
    return file


def test_a_database_file_in_use_is_not_replaced(other, tmp_path):
    target = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(target)) as running:
        running.execute("PRAGMA journal_mode = WAL")
        running.execute("CREATE TABLE mine (number)")

        with pytest.raises(backups.InUseError, match="stop the server"):
            backups.restore_sqlite(other, target)

    assert {path.name for path in tmp_path.iterdir()} == {"db.sqlite3", "other"}


def test_the_wal_of_a_damaged_database_is_not_applied_to_the_restored_one(other, tmp_path):
    target = tmp_path / "db.sqlite3"
    target.write_bytes(b"no database" * 1000)
    (tmp_path / "db.sqlite3-wal").write_bytes(b"old")

    backups.restore_sqlite(other, target)

    with closing(sqlite3.connect(target)) as database:
        assert database.execute("SELECT name FROM sqlite_schema").fetchall() == [("new",)]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_database_restored_by_root_belongs_to_the_servers_user(
    other, tmp_path, monkeypatch, is_there
):
    given = {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.update({path.parent: owner}))
    target = tmp_path / "db.sqlite3"
    if is_there:
        target.touch()
    owner = (target if is_there else tmp_path).stat()

    backups.restore_sqlite(other, target)

    assert given == {tmp_path: (owner.st_uid, owner.st_gid)}
