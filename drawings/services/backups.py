"""Copies of the whole database in one file each, and the way back: SQLite's and PostgreSQL's."""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

from drawings.queries import search
from drawsite.db.releases import newer_migration
from drawsite.lib.atomic_files import atomic_file

SUFFIXES = {"sqlite": "sqlite3", "postgresql": "dump"}
SIGNATURES = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}
TIME = "%Y%m%dT%H%M%S%fZ"
NAME = r"drawsite-(\d{8}T\d{12}Z)\.(?:sqlite3|dump)"
# As atomic_files.temporary_path names it, and what SQLite may have had beside it.
DRAFT = rf"\.{NAME}\.[0-9a-f]+(?:-journal)?"
OWNER_ONLY = 0o600
# What every backup has, whatever the version that made it.
NEEDED = {search.TABLE, "django_migrations"}


class BackupError(Exception):
    """What went wrong, in a sentence for the one who runs the server."""


class InUseError(BackupError):
    """Other processes have the database open."""


# --- Backup ---------------------------------------------------------------------------------


def back_up(connection: BaseDatabaseWrapper, directory: Path) -> Path:
    """A new file in the directory: complete and verified, or not there at all."""
    now = datetime.now(UTC).strftime(TIME)
    target = directory / f"drawsite-{now}.{SUFFIXES[connection.vendor]}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(target, OWNER_ONLY) as draft:
            if connection.vendor == "sqlite":
                _copy_sqlite(Path(connection.settings_dict["NAME"]).absolute(), draft)
            else:
                # Not compressed: drawings are already, and it would take four times as long.
                dump = ("pg_dump", "--format=custom", "--compress=0", f"--file={draft}")
                run(command(connection, *dump))
                verify(connection, draft)
    except OSError as error:
        raise BackupError(f"{directory} cannot be written: {error.strerror}.") from error
    except sqlite3.Error as error:
        free = shutil.disk_usage(directory).free
        raise BackupError(f"SQLite says: {error}. {directory} has {free:,} bytes free.") from error
    return target


def _copy_sqlite(source: Path, draft: Path) -> None:
    """Page by page, as one transaction sees the database, while others go on writing.

    (VACUUM INTO would make a smaller file, but no transaction can tell how many rows it saw.)
    """
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)) as database,
        closing(sqlite3.connect(draft)) as copy,
    ):
        database.isolation_level = None
        database.execute("BEGIN")
        counts = _count_rows(database)
        database.backup(copy)
        # A file that is complete by itself, also for who may only read it.
        copy.execute("PRAGMA journal_mode = DELETE")
        _check_sqlite(copy)
        if _count_rows(copy) != counts:
            raise BackupError("The copy has not as many rows as the database.")


def _count_rows(database: sqlite3.Connection) -> dict[str, int]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
    return {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for (name,) in database.execute(tables).fetchall()
    }


def prune(directory: Path, days: float, just_made: Path) -> list[Path]:
    """Remove the backups that are older, but never the one just made; and drafts that a killed
    backup has left, after a day. Which they were; BackupError if one cannot be removed.

    Their age is in their name: copying a file may make it look new.
    """
    now = datetime.now(UTC)
    backup, draft = now - timedelta(days=days), now - timedelta(days=1)
    removed = []
    try:
        for path in sorted(directory.iterdir()):
            time = _time_of(path)
            oldest = draft if path.name.startswith(".") else backup
            if time and time < oldest and path != just_made:
                path.unlink(missing_ok=True)
                removed.append(path)
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be removed: {error.strerror}.") from error
    return removed


def _time_of(path: Path) -> datetime | None:
    """When a backup or a draft of one was made; None if it is neither."""
    match = re.fullmatch(NAME, path.name) or re.fullmatch(DRAFT, path.name)
    try:
        return datetime.strptime(match[1], TIME).replace(tzinfo=UTC) if match else None
    except ValueError:  # there is no such day
        return None


# --- Verifying ------------------------------------------------------------------------------


def verify(connection: BaseDatabaseWrapper, file: Path) -> None:
    """BackupError unless the file is a whole backup for this kind of database."""
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from error
    vendor = next((SIGNATURES[sign] for sign in SIGNATURES if start.startswith(sign)), None)
    if vendor is None:
        raise BackupError(f"{file} is no backup of a database.")
    if vendor != connection.vendor:
        raise BackupError(f"{file} is a backup of {vendor}; DATABASE_URL names another database.")
    if vendor == "sqlite":
        _verify_sqlite(file)
    else:
        _verify_dump(connection, file)


def _verify_sqlite(file: Path) -> None:
    try:
        # Immutable: it is read where it lies, be it on a disk that cannot be written.
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as copy:
            _check_sqlite(copy)
    except sqlite3.Error as error:
        raise BackupError(f"{file} is damaged: {error}.") from error


def _check_sqlite(database: sqlite3.Connection) -> None:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    if not tables >= NEEDED:
        raise BackupError("There are no drawings' tables in it.")
    if (said := database.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise BackupError(f"It is damaged: {said}.")


def _verify_dump(connection: BaseDatabaseWrapper, file: Path) -> None:
    listed = run(command(None, "pg_restore", "--list", str(file)))
    if not all(f" TABLE DATA public {table} " in listed for table in NEEDED):
        raise BackupError(f"There are no drawings' tables in {file}.")
    # The list is at the beginning; a file that breaks off later shows when it is read to its end.
    run(command(None, "pg_restore", "--file=/dev/null", str(file)))


def check_release(connection: BaseDatabaseWrapper, file: Path) -> None:
    """BackupError if a newer release made a verified backup: migrations do not go backwards."""
    applied = (
        _migrations_of_sqlite(file) if connection.vendor == "sqlite" else _migrations_of_dump(file)
    )
    if (migration := newer_migration(applied)) is not None:
        raise BackupError(
            f"{file} was made by a newer release, with the migration {migration}: restore it"
            " with that release or a later one."
        )


def _migrations_of_sqlite(file: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as copy:
        return set(copy.execute("SELECT app, name FROM django_migrations"))


def _migrations_of_dump(file: Path) -> set[tuple[str, str]]:
    table = ("--data-only", "--table=django_migrations", "--file=-")
    rows = run(command(None, "pg_restore", *table, str(file)))
    return set(re.findall(r"^\d+\t(\w+)\t(\w+)\t", rows, re.MULTILINE))


# --- Restore --------------------------------------------------------------------------------


def restore_sqlite(file: Path, target: Path) -> None:
    """Put a verified backup in the place of the database, in one step.

    Raises InUseError while other processes have the database open.
    """
    with atomic_file(target, OWNER_ONLY) as draft:
        shutil.copyfile(file, draft)
        if os.geteuid() == 0:
            # The server, which is hardly root's, must be able to open it.
            owner = (target if target.exists() else target.parent).stat()
            os.chown(draft, owner.st_uid, owner.st_gid)
        try:
            with closing(sqlite3.connect(draft)) as copy:
                copy.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise BackupError(f"SQLite says: {error}.") from error
        _remove_log(target)


def _remove_log(target: Path) -> None:
    """The old database's log must not be taken for the new one's: what it has goes into its file,
    which a damaged one does not do any more."""
    if target.exists():
        try:
            with closing(sqlite3.connect(target, timeout=1)) as old:
                old.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise InUseError("The database is in use: stop the server first.") from error
        except sqlite3.DatabaseError:
            pass
    for suffix in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            os.unlink(f"{target}{suffix}")  # noqa: PTH108 - of a path that is one with its suffix


def restore_postgresql(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Put a verified backup in the place of all tables that are there, in one transaction.

    Those that the backup knows nothing of go, too: a newer release's may refer to the others.
    """
    name = connection.ops.quote_name
    tables = ", ".join(map(name, connection.introspection.table_names()))
    drop = f"SET lock_timeout = '5s'; DROP TABLE IF EXISTS {tables} CASCADE" if tables else "SELECT"
    read = command(None, "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges",
                   "--file=-", str(file))  # fmt: skip
    write = command(connection, "psql", "--no-psqlrc", "--quiet", "--single-transaction",
                    "--set=ON_ERROR_STOP=1", f"--command={drop}", "--file=-")  # fmt: skip
    pipe(read, write)


# --- PostgreSQL's programs ------------------------------------------------------------------


class Command(NamedTuple):
    arguments: list[str]
    environment: dict[str, str]


def command(connection: BaseDatabaseWrapper | None, program: str, *arguments: str) -> Command:
    """One of PostgreSQL's programs on the connection's database.

    The password goes through the environment: arguments are for all to see.
    """
    environment = dict(os.environ)
    if connection is not None:
        (_, *where), variables = connection.client.settings_to_cmd_args_env(
            connection.settings_dict, []
        )
        arguments = (*where[:-1], f"--dbname={where[-1]}", "--no-password", *arguments)
        environment |= variables or {}
    return Command([program, *arguments], environment)


def start(command: Command, **pipes: int) -> "subprocess.Popen[bytes]":
    try:
        # No shell, and no argument that a visitor sends.
        return subprocess.Popen(command.arguments, env=command.environment, **pipes)  # type: ignore[call-overload,no-any-return]  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(
            f"{command.arguments[0]} is not installed: it comes with PostgreSQL's client programs,"
            " of the server's version."
        ) from error


def run(command: Command) -> str:
    """What it says."""
    with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = (said.decode(errors="replace") for said in process.communicate())
    if process.returncode:
        raise BackupError(f"{command.arguments[0]} failed: {err.strip() or process.returncode}")
    return out


def pipe(source: Command, target: Command) -> None:
    """What one says, the other reads, which ends well only if both do."""
    with (
        start(source, stdout=subprocess.PIPE) as reader,
        start(
            target, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as writer,
    ):
        assert reader.stdout and writer.stdin and writer.stderr  # noqa: S101, PT018 - pipes
        try:
            with suppress(BrokenPipeError):
                shutil.copyfileobj(reader.stdout, writer.stdin)
                if reader.wait():
                    raise BackupError(f"{source.arguments[0]} failed on the way.")
                writer.stdin.close()  # which commits
        except BaseException:
            writer.kill()
            raise
        said = writer.stderr.read().decode(errors="replace").strip()
        if writer.wait():
            raise BackupError(f"{target.arguments[0]} failed: {said}")
