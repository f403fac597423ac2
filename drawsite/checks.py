"""What can be wrong with an installation, as messages of `manage.py check --database default`."""

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

# Of the file systems that Linux has, those whose files are on another machine.
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "9p"}
NETWORK_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs")
# SQLite's releases with the fault in its write-ahead log: https://www.sqlite.org/wal.html
WAL_RESET_FAULT = ((3, 7, 0), (3, 51, 2))
MIN_KEY_LENGTH = 32
FRAME = "!" * 88


# --- The settings ---------------------------------------------------------------------------


@checks.register(checks.Tags.security)
def secret_key_is_secret(**kwargs: Any) -> Messages:
    key = settings.SECRET_KEY
    if len(key) >= MIN_KEY_LENGTH and len(set(key)) >= 5:
        return []
    return [
        checks.Warning(
            "The secret key is so short that it can be guessed; who does can log in as anybody.",
            hint="Leave SECRET_KEY unset: one is made, and kept in DATA_DIR/secret_key.",
            id="drawings.W003",
        )
    ]


@checks.register(checks.Tags.security)
def https_has_a_proxy(**kwargs: Any) -> Messages:
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "HTTPS is on, but TRUSTED_PROXIES is 0: the server, which itself speaks HTTP only,"
            " sends every visitor round in circles.",
            hint="Set TRUSTED_PROXIES to the number of proxies of yours that stand in front.",
            id="drawings.W004",
        )
    ]


@checks.register(checks.Tags.database)
def debug_is_off(databases: Sequence[str] | None = None, **kwargs: Any) -> Messages:
    """Told only where a check names databases, as `prepare` does: not by every command."""
    if not settings.DEBUG or not databases:
        return []
    reached_by = ways_for_others()
    return [
        checks.Warning(
            "\n".join(["", FRAME, *debug_opens(reached_by), FRAME]),
            hint="Unset DEBUG, or set DEBUG=off, unless you are developing on this machine.",
            id="drawings.W005",
        )
    ]


def debug_opens(reached_by: list[str]) -> Iterator[str]:
    """What DEBUG shows, in lines; louder if others can reach the site, by these settings."""
    yield "DEBUG IS ON. Everybody who can reach this site can see, on the page of any error:"
    yield "  - tracebacks with the source code and the values of variables, among them what"
    yield "    others have just sent, passwords included;"
    yield "  - the settings, among them the password in REDIS_URL;"
    yield "  - every URL pattern, with the page of any address that does not exist."
    yield "Programs get these pages in place of errors in JSON, without a Content-Security-Policy."
    yield "Static files are looked up in the source for each request, and no browser keeps them."
    yield "Each process keeps the text of its last 9,000 database queries in memory."
    if reached_by:
        yield ""
        yield f"OTHER MACHINES CAN REACH IT: {', '.join(reached_by)}. TURN DEBUG OFF NOW."


def ways_for_others() -> list[str]:
    """The settings by which other machines reach the site, as "NAME=value"."""
    ways = [] if is_of_this_machine(settings.HOST) else [f"HOST={settings.HOST}"]
    names = [name for name in settings.ALLOWED_HOSTS if not is_of_this_machine(name)]
    return [*ways, *([f"ALLOWED_HOSTS={','.join(names)}"] if names else [])]


def is_of_this_machine(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.removeprefix(".") == "localhost"


# --- SQLite ---------------------------------------------------------------------------------


@checks.register(checks.Tags.database)
def sqlite_can_be_trusted(databases: Sequence[str] | None = None, **kwargs: Any) -> Messages:
    messages: Messages = []
    for connection in (connections[alias] for alias in databases or []):
        if connection.vendor == "sqlite":
            messages += [
                *journal_mode(connection),
                *file_system(Path(connection.settings_dict["NAME"])),
                *release(sqlite3.sqlite_version_info),
            ]
    return messages


def journal_mode(connection: BaseDatabaseWrapper) -> Messages:
    # Before the first migration there is nothing to say: that step switches it on.
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
            " network file system, which cannot do WAL: move it.",
            id="drawings.W001",
        )
    ]


def file_system(file: Path, mounts: str | None = None) -> Messages:
    """`mounts` is in the format of /proc/mounts, which is read where it is not given."""
    kind = kind_of_file_system(file, mounts)
    if kind not in NETWORK and not kind.startswith(NETWORK_FUSE):
        return []
    return [
        checks.Warning(
            f"The SQLite database is on a network file system ({kind}), whose locks cannot be"
            " relied upon: it may be damaged.",
            hint="Move DATA_DIR to a disk of this machine, or use PostgreSQL through DATABASE_URL.",
            id="drawings.W002",
        )
    ]


def kind_of_file_system(file: Path, mounts: str | None = None) -> str:
    """As Linux calls it, such as “ext4”; "" where that is not known."""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text()
        except OSError:
            return ""
    kinds = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split()
        kinds[Path(point.replace("\\040", " "))] = kind  # a later one hides an earlier one
    return next((kinds[each] for each in file.resolve().parents if each in kinds), "")


def release(version: tuple[int, int, int]) -> Messages:
    """Information, not a warning: nearly every machine's SQLite has this fault, it takes two
    checkpoints and a writer within microseconds, and a backup a day is what helps in any case."""
    first, last = WAL_RESET_FAULT
    if not first <= version <= last:
        return []
    return [
        checks.Info(
            f"SQLite {'.'.join(map(str, version))} has a fault in its write-ahead log that can,"
            " very rarely, damage a database under many writers.",
            hint="Keep backups (`manage.py backup`). SQLite 3.51.3 or newer has it mended, and"
            " PostgreSQL knows nothing of it.",
            id="drawings.I001",
        )
    ]
