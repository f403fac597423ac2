"""File modes of an installation with umask 022 and a data directory that everybody may read."""

import os
import secrets
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from drawsite.db import private_files
from drawsite.db.sqlite.base import DatabaseWrapper as SQLiteWrapper
from tests.support.installation import installation, on_sqlite

pytestmark = pytest.mark.django_db

SQLITE_FILES = {"db.sqlite3": 0o600, "db.sqlite3-wal": 0o600, "db.sqlite3-shm": 0o600}


@pytest.fixture(autouse=True)
def usual_umask():
    usual = os.umask(0o022)
    yield
    os.umask(usual)


@pytest.fixture
def data_dir(tmp_path):
    directory = tmp_path / "data"
    directory.mkdir()
    directory.chmod(0o755)
    return directory


@pytest.fixture
def site(data_dir):
    with installation(data_dir) as site:
        yield site


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def modes(directory):
    """The modes of everything in it except static files, by relative path."""
    return {
        str(path.relative_to(directory)): mode(path)
        for path in directory.rglob("*")
        if path.relative_to(directory).parts[0] != "static"
    }


def expected_modes(**others):
    """The modes in a data directory, which includes a SQLite database."""
    database = {"db.sqlite3": 0o600} if connection.vendor == "sqlite" else {}
    return {"secret_key": 0o600, **database, **others}


def test_prepare_creates_private_files_and_readable_static_files(site, data_dir):
    site.manage("prepare")

    assert modes(data_dir) == expected_modes(**{"prepare.lock": 0o600})
    assert mode(data_dir) == 0o755
    static = [data_dir / "static", *(data_dir / "static").rglob("*")]
    assert {mode(path) for path in static if path.is_file()} == {0o644}
    assert {mode(path) for path in static if path.is_dir()} == {0o755}


def test_backup_and_restore_create_private_files(site, data_dir):
    site.migrate()
    site.manage("backup")
    (file,) = (data_dir / "backups").iterdir()
    made = expected_modes(**{"backups": 0o700, f"backups/{file.name}": 0o600})
    assert modes(data_dir) == made

    file.chmod(0o644)  # as a copied backup may have
    site.manage("restore", file, "--force")

    assert modes(data_dir) == {**made, f"backups/{file.name}": 0o644}


def test_prepare_restricts_files_of_an_older_release(site, data_dir):
    site.migrate()
    (data_dir / "prepare.lock").touch()
    (data_dir / "secret_key").write_text(secrets.token_urlsafe(50))
    (data_dir / "backups").mkdir()
    (data_dir / "backups" / "drawsite-20260101T000000000000Z.sqlite3").touch()
    for path in data_dir.rglob("*"):
        path.chmod(path.stat().st_mode | 0o055)

    output = site.manage("prepare")

    assert "WARNING" not in output
    assert {path: mode for path, mode in modes(data_dir).items() if mode & 0o077} == {}


def test_prepare_names_a_file_whose_mode_it_may_not_change_and_goes_on(
    transactional_db, data_dir, monkeypatch, capsys
):
    """In containers, root runs the tests and may change any mode. So chmod is patched to fail."""

    def refused(path, mode):
        raise PermissionError

    monkeypatch.setattr(settings, "DATA_DIR", data_dir)
    monkeypatch.setattr(Path, "chmod", refused)
    key = data_dir / "secret_key"
    key.touch(0o644)

    call_command("prepare", verbosity=0)

    assert f"WARNING: Other users of this machine can access {key}" in capsys.readouterr().err
    assert mode(key) == 0o644


# --- SQLite ---------------------------------------------------------------------------------


@pytest.fixture
def sqlite(data_dir):
    """A migrated SQLite database, whatever database the tests use."""
    on_sqlite(data_dir).migrate()
    return data_dir / "db.sqlite3"


def test_the_log_of_a_private_database_is_private(sqlite):
    with closing(sqlite3.connect(sqlite)) as writer:
        writer.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'b')")
        writer.commit()

        found = modes(sqlite.parent)

    assert {name: found[name] for name in SQLITE_FILES} == SQLITE_FILES


def test_the_log_of_an_open_database_is_restricted_even_behind_a_link(sqlite, tmp_path):
    link = tmp_path / "link.sqlite3"
    link.symlink_to(sqlite)
    with closing(sqlite3.connect(sqlite)) as reader:
        reader.execute("SELECT count(*) FROM django_migrations").fetchone()
        for name in SQLITE_FILES:
            sqlite.with_name(name).chmod(0o644)

        still_open = private_files.restrict_files(wrapper(link))

        found = modes(sqlite.parent)
    assert still_open == []
    assert {name: found[name] for name in SQLITE_FILES} == SQLITE_FILES


def wrapper(path):
    return SQLiteWrapper({**connection.settings_dict, "NAME": str(path)})
