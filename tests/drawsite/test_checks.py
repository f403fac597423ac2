"""System checks. Those of SQLite use a separate installation, whatever database the tests use."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.test import override_settings

from drawsite import checks
from tests.support.installation import on_sqlite


@pytest.fixture
def data_dir(tmp_path):
    """The data directory of an installation with a migrated database in WAL mode."""
    on_sqlite(tmp_path).migrate()
    return tmp_path


def manage(directory, *arguments):
    """Run manage.py on a separate installation. Returns its stderr."""
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


def test_the_check_warns_of_a_database_that_is_not_in_wal_mode_and_migrate_fixes_it(data_dir):
    assert "drawings.W001" not in manage(data_dir, "check", "--database=default")

    journal_mode(data_dir, "=DELETE")

    warning = manage(data_dir, "check", "--database=default")
    assert "drawings.W001" in warning
    assert "journal mode “delete”" in warning
    assert "Run `manage.py migrate`" in warning

    manage(data_dir, "migrate", "--verbosity=0")
    assert journal_mode(data_dir) == "wal"


# --- Where the file is, and which SQLite ----------------------------------------------------

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /srv nfs4 rw 0 0
/dev/vdb /srv/local xfs rw 0 0
me@host: /mnt/far\\040away fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize("path", ["/srv/data/db.sqlite3", "/mnt/far away/db.sqlite3"])
def test_the_check_warns_of_a_network_file_system(path):
    (message,) = checks.check_file_system(Path(path), MOUNTS)

    assert message.id == "drawings.W002"


@pytest.mark.parametrize("path", ["/data/db.sqlite3", "/srv/local/db.sqlite3", "/srvx/db.sqlite3"])
def test_a_local_disk_is_no_network_file_system(path):
    assert checks.check_file_system(Path(path), MOUNTS) == []


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_a_faulty_sqlite_is_reported_without_failing_the_check(version):
    (message,) = checks.check_sqlite_version(version)

    assert message.id == "drawings.I001"
    assert not message.is_serious(WARNING)


@pytest.mark.parametrize("version", [(3, 6, 23), (3, 51, 3), (3, 53, 0)])
def test_a_sound_sqlite_is_not_reported(version):
    assert checks.check_sqlite_version(version) == []


# --- Settings -------------------------------------------------------------------------------


def ids(**changes):
    with override_settings(**changes):
        return {message.id for message in run_checks(tags=["security"])}


@pytest.mark.parametrize("key", ["short", "aaaabbbb" * 10])
def test_the_check_warns_of_a_secret_key_that_can_be_guessed(key):
    assert "drawings.W003" in ids(SECRET_KEY=key)


def test_the_check_warns_of_https_without_a_proxy():
    assert "drawings.W004" in ids(HTTPS=True, TRUSTED_PROXIES=0)


def test_the_check_accepts_the_settings_of_a_site_behind_a_proxy():
    assert not {name for name in ids(HTTPS=True, TRUSTED_PROXIES=1) if name.startswith("drawings")}


# --- DEBUG ----------------------------------------------------------------------------------


def warning_of_debug(**changes):
    with override_settings(**{"DEBUG": True, "ALLOWED_HOSTS": ["localhost"], **changes}):
        (message,) = checks.check_debug(["default"])
    assert message.id == "drawings.W005"
    return message.msg


def test_the_check_accepts_debug_off():
    assert checks.check_debug(["default"]) == []


def test_the_warning_of_debug_lists_what_it_exposes():
    message = warning_of_debug()

    assert len(message.splitlines()) > 5
    for opened in ("DEBUG IS ON", "tracebacks", "variables", "settings", "REDIS_URL", "URL"):
        assert opened in message
    assert "OTHER MACHINES" not in message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
@pytest.mark.parametrize("name", ["localhost", ".localhost", "127.0.0.1", "[::1]"])
def test_the_warning_of_debug_is_not_louder_for_local_hosts(host, name):
    assert "OTHER MACHINES" not in warning_of_debug(HOST=host, ALLOWED_HOSTS=[name])


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "wall.example"])
def test_the_warning_of_debug_is_louder_if_the_server_listens_to_others(host):
    message = warning_of_debug(HOST=host)

    assert "OTHER MACHINES CAN REACH IT" in message
    assert f"HOST={host}" in message


@pytest.mark.parametrize("name", ["*", "wall.example", ".example", "192.0.2.1"])
def test_the_warning_of_debug_is_louder_if_the_site_has_a_public_name(name):
    message = warning_of_debug(ALLOWED_HOSTS=["localhost", name])

    assert "OTHER MACHINES CAN REACH IT" in message
    assert f"ALLOWED_HOSTS={name}" in message


def test_prepare_warns_of_debug_once_and_other_commands_do_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DEBUG", "on")

    assert manage(tmp_path, "prepare", "--verbosity=0").count("DEBUG IS ON") == 1
    assert "DEBUG IS ON" in manage(tmp_path, "check", "--database=default")
    assert "DEBUG" not in manage(tmp_path, "fill_gallery", "1")
