"""The SQLite file that a new installation makes; on any database that the tests run on."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.conf import settings


@pytest.fixture
def data_dir(tmp_path):
    """The data directory of an installation that is migrated."""
    manage(tmp_path, "migrate", "--verbosity=0")
    return tmp_path


def manage(directory, *arguments):
    """What manage.py says on an installation of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATA_DIR": str(directory), "DATABASE_URL": database_url(directory)},
        capture_output=True,
        text=True,
        check=True,
    ).stderr


def database_url(directory):
    return f"sqlite:///{directory / 'db.sqlite3'}"


def journal_mode(directory, change=""):
    with closing(sqlite3.connect(directory / "db.sqlite3")) as connection:
        return connection.execute(f"PRAGMA journal_mode{change}").fetchone()[0]


def test_the_check_says_nothing_before_the_first_migration(tmp_path):
    assert "drawings.W001" not in manage(tmp_path, "check", "--database=default")


def test_the_check_warns_of_a_database_that_is_not_in_wal_mode_and_migrate_mends_it(data_dir):
    assert journal_mode(data_dir) == "wal"
    assert "drawings.W001" not in manage(data_dir, "check", "--database=default")

    journal_mode(data_dir, "=DELETE")

    warning = manage(data_dir, "check", "--database=default")
    assert "drawings.W001" in warning
    assert "journal mode “delete”" in warning
    assert "Run `manage.py migrate`" in warning

    manage(data_dir, "migrate", "--verbosity=0")
    assert journal_mode(data_dir) == "wal"
