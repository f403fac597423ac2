"""System checks of an installation, for `manage.py check --database default`."""

import sqlite3
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

Messages = list[checks.CheckMessage]

# Linux's names for file systems whose files are on another machine.
NETWORK_TYPES = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "9p"}
NETWORK_FUSE_PREFIXES = ("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs")
# SQLite releases with a fault in the write-ahead log: https://www.sqlite.org/wal.html
WAL_RESET_FAULT = ((3, 7, 0), (3, 51, 2))
MIN_KEY_LENGTH = 32
FRAME = "!" * 88


# --- The settings ---------------------------------------------------------------------------


@checks.register(checks.Tags.security)
def check_secret_key(**kwargs: Any) -> Messages:
    key = settings.SECRET_KEY
    if len(key) >= MIN_KEY_LENGTH and len(set(key)) >= 5:
        return []
    return [
        checks.Warning(
            "The secret key is weak. Anybody who guesses it can log in as anybody.",
            hint="Leave SECRET_KEY unset: a key is then created and kept in DATA_DIR/secret_key.",
            id="drawings.W003",
        )
    ]


@checks.register(checks.Tags.security)
def check_https_proxy(**kwargs: Any) -> Messages:
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "HTTPS is on, but TRUSTED_PROXIES is 0. The server itself speaks only HTTP, so every"
            " visitor gets an endless redirect.",
            hint="Set TRUSTED_PROXIES to the number of your own proxies in front of the server.",
            id="drawings.W004",
        )
    ]


@checks.register(checks.Tags.database)
def check_debug(databases: Sequence[str] | None = None, **kwargs: Any) -> Messages:
    """Warns only in checks of a database, which `prepare` runs, so that not every command warns."""
    if not settings.DEBUG or not databases:
        return []
    public_settings = list_public_settings()
    return [
        checks.Warning(
            "\n".join(["", FRAME, *describe_debug(public_settings), FRAME]),
            hint="Unset DEBUG, or set DEBUG=off, unless you are developing on this machine.",
            id="drawings.W005",
        )
    ]


def describe_debug(public_settings: list[str]) -> Iterator[str]:
    """Yields lines that say what DEBUG exposes, and whether settings let other machines in."""
    yield "DEBUG IS ON. On any error page, everybody who can reach this site can see:"
    yield "  - tracebacks with source code and the values of variables, including the data and"
    yield "    passwords that others have just sent;"
    yield "  - the settings, including the password in REDIS_URL;"
    yield "  - all URL patterns, on the page of any address that does not exist."
    yield "Programs get these pages instead of JSON errors, without a Content-Security-Policy."
    yield "Static files are looked up in the source on each request. Browsers do not cache them."
    yield "Each process keeps the text of its last 9,000 database queries in memory."
    if public_settings:
        yield ""
        yield f"OTHER MACHINES CAN REACH IT: {', '.join(public_settings)}. TURN DEBUG OFF NOW."


def list_public_settings() -> list[str]:
    """Returns the settings that let other machines reach the site, as "NAME=value"."""
    host = [] if is_local(settings.HOST) else [f"HOST={settings.HOST}"]
    names = [name for name in settings.ALLOWED_HOSTS if not is_local(name)]
    return [*host, *([f"ALLOWED_HOSTS={','.join(names)}"] if names else [])]


def is_local(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.removeprefix(".") == "localhost"


# --- SQLite ---------------------------------------------------------------------------------


@checks.register(checks.Tags.database)
def check_sqlite(databases: Sequence[str] | None = None, **kwargs: Any) -> Messages:
    messages: Messages = []
    for connection in (connections[alias] for alias in databases or []):
        if connection.vendor == "sqlite":
            messages += [
                *check_journal_mode(connection),
                *check_file_system(Path(connection.settings_dict["NAME"])),
                *check_sqlite_version(sqlite3.sqlite_version_info),
            ]
    return messages


def check_journal_mode(connection: BaseDatabaseWrapper) -> Messages:
    # `migrate` switches WAL on, so there is nothing to check before the first migration.
    if not MigrationRecorder(connection).has_table():
        return []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode in ("wal", "memory"):
        return []
    return [
        checks.Warning(
            f"The SQLite database is in journal mode “{mode}”, not “wal”.",
            hint="Run `manage.py migrate`. If that does not help, DATA_DIR is on a"
            " network file system, which does not support WAL: move it.",
            id="drawings.W001",
        )
    ]


def check_file_system(file: Path, mounts: str | None = None) -> Messages:
    """`mounts` has the format of /proc/mounts, which is read if it is None."""
    kind = read_file_system_type(file, mounts)
    if kind not in NETWORK_TYPES and not kind.startswith(NETWORK_FUSE_PREFIXES):
        return []
    return [
        checks.Warning(
            f"The SQLite database is on a network file system ({kind}), whose locks are"
            " not reliable: the database may be damaged.",
            hint="Move DATA_DIR to a local disk, or set DATABASE_URL to a PostgreSQL database.",
            id="drawings.W002",
        )
    ]


def read_file_system_type(file: Path, mounts: str | None = None) -> str:
    """Returns Linux's name for the type, such as "ext4", or "" if it is unknown."""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text()
        except OSError:
            return ""
    kinds = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split()
        kinds[Path(point.replace("\\040", " "))] = kind  # a later mount hides an earlier one
    return next((kinds[each] for each in file.resolve().parents if each in kinds), "")


def check_sqlite_version(version: tuple[int, int, int]) -> Messages:
    """Information, not a warning: nearly every machine's SQLite has this fault, it needs two
    checkpoints and a writer within microseconds, and daily backups are the remedy anyway."""
    first, last = WAL_RESET_FAULT
    if not first <= version <= last:
        return []
    return [
        checks.Info(
            f"SQLite {'.'.join(map(str, version))} has a fault in its write-ahead log that can,"
            " very rarely, damage a database under many writers.",
            hint="Keep backups (`manage.py backup`). SQLite 3.51.3 fixes the fault. PostgreSQL"
            " does not have it.",
            id="drawings.I001",
        )
    ]
