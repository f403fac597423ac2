"""Backs up the whole database to one file, and restores it: SQLite and PostgreSQL."""

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
TIME_FORMAT = "%Y%m%dT%H%M%S%fZ"
NAME_PATTERN = r"drawsite-(\d{8}T\d{12}Z)\.(?:sqlite3|dump)"
# The name of the temporary file (atomic_files.temporary_path), or of SQLite's journal beside it.
TEMPORARY_PATTERN = rf"\.{NAME_PATTERN}\.[0-9a-f]+(?:-journal)?"
OWNER_ONLY = 0o600
# Tables that every release has.
REQUIRED_TABLES = {search.TABLE, "django_migrations"}


class BackupError(Exception):
    """A backup or a restore failed. The message is a sentence for the server's operator."""


class InUseError(BackupError):
    """Other processes have the database open."""


# --- Backup ---------------------------------------------------------------------------------


def back_up(connection: BaseDatabaseWrapper, directory: Path) -> Path:
    """Write a backup to a new file in the directory, and verify it. Returns the file's path.

    Raises BackupError, and then leaves no file behind.
    """
    now = datetime.now(UTC).strftime(TIME_FORMAT)
    target = directory / f"drawsite-{now}.{SUFFIXES[connection.vendor]}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(target, OWNER_ONLY) as temporary:
            if connection.vendor == "sqlite":
                _copy_sqlite(Path(connection.settings_dict["NAME"]).absolute(), temporary)
            else:
                # Drawings are compressed already: compressing again would take four times as long.
                dump = ("pg_dump", "--format=custom", "--compress=0", f"--file={temporary}")
                run_command(build_command(connection, *dump))
                verify_backup(connection, temporary)
    except OSError as error:
        raise BackupError(f"{directory} cannot be written: {error.strerror}.") from error
    except sqlite3.Error as error:
        free = shutil.disk_usage(directory).free
        raise BackupError(
            f"SQLite reports: {error}. {directory} has {free:,} bytes free."
        ) from error
    return target


def _copy_sqlite(source: Path, temporary: Path) -> None:
    """Copy the database page by page, as one transaction sees it, while others go on writing.

    VACUUM INTO would make a smaller file, but does not run in a transaction, so its rows could not
    be counted.
    """
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)) as database,
        closing(sqlite3.connect(temporary)) as copy,
    ):
        database.isolation_level = None
        database.execute("BEGIN")
        counts = _count_rows(database)
        database.backup(copy)
        # Without a write-ahead log the file is complete, and can be read without writing beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        _check_sqlite(copy)
        if _count_rows(copy) != counts:
            raise BackupError("The copy and the database differ in their number of rows.")


def _count_rows(database: sqlite3.Connection) -> dict[str, int]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
    return {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for (name,) in database.execute(tables).fetchall()
    }


def remove_old_backups(directory: Path, days: float, just_made: Path) -> list[Path]:
    """Remove backups older than `days`, except `just_made`, and unfinished files older than a day.

    A killed backup leaves an unfinished file. The age is that in the file's name, because copying
    a file may change its times. Returns the removed paths. Raises BackupError if one cannot be
    removed.
    """
    now = datetime.now(UTC)
    oldest_backup, oldest_temporary = now - timedelta(days=days), now - timedelta(days=1)
    removed = []
    try:
        for path in sorted(directory.iterdir()):
            time = _time_in_name(path)
            oldest = oldest_temporary if path.name.startswith(".") else oldest_backup
            if time and time < oldest and path != just_made:
                path.unlink(missing_ok=True)
                removed.append(path)
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be removed: {error.strerror}.") from error
    return removed


def _time_in_name(path: Path) -> datetime | None:
    """When a backup, or the unfinished file of one, was made; None for any other file."""
    match = re.fullmatch(NAME_PATTERN, path.name) or re.fullmatch(TEMPORARY_PATTERN, path.name)
    try:
        return datetime.strptime(match[1], TIME_FORMAT).replace(tzinfo=UTC) if match else None
    except ValueError:  # no such day
        return None


# --- Verifying ------------------------------------------------------------------------------


def verify_backup(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Raise BackupError unless the file is a complete backup of this kind of database."""
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from error
    vendor = next((SIGNATURES[sign] for sign in SIGNATURES if head.startswith(sign)), None)
    if vendor is None:
        raise BackupError(f"{file} is not a database backup.")
    if vendor != connection.vendor:
        raise BackupError(
            f"{file} is a backup of {vendor}, but DATABASE_URL names another kind of database."
        )
    if vendor == "sqlite":
        _verify_sqlite(file)
    else:
        _verify_dump(connection, file)


def _verify_sqlite(file: Path) -> None:
    try:
        # Immutable: the file may be on a read-only disk.
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as copy:
            _check_sqlite(copy)
    except sqlite3.Error as error:
        raise BackupError(f"{file} is damaged: {error}.") from error


def _check_sqlite(database: sqlite3.Connection) -> None:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    if not tables >= REQUIRED_TABLES:
        raise BackupError("It does not have the tables of this site.")
    if (result := database.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise BackupError(f"It is damaged: {result}.")


def _verify_dump(connection: BaseDatabaseWrapper, file: Path) -> None:
    listed = run_command(build_command(None, "pg_restore", "--list", str(file)))
    if not all(f" TABLE DATA public {table} " in listed for table in REQUIRED_TABLES):
        raise BackupError(f"{file} does not have the tables of this site.")
    # The list is at the beginning. Read the file to its end too, in case it was cut off.
    run_command(build_command(None, "pg_restore", "--file=/dev/null", str(file)))


def check_release(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Raise BackupError if a newer release made this verified backup.

    A restored database can only be migrated forward.
    """
    applied = (
        _read_sqlite_migrations(file)
        if connection.vendor == "sqlite"
        else _read_dump_migrations(file)
    )
    if (migration := newer_migration(applied)) is not None:
        raise BackupError(
            f"{file} was made by a newer release, with the migration {migration}: restore it"
            " with that release or a later one."
        )


def _read_sqlite_migrations(file: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as copy:
        return set(copy.execute("SELECT app, name FROM django_migrations"))


def _read_dump_migrations(file: Path) -> set[tuple[str, str]]:
    table = ("--data-only", "--table=django_migrations", "--file=-")
    rows = run_command(build_command(None, "pg_restore", *table, str(file)))
    return set(re.findall(r"^\d+\t(\w+)\t(\w+)\t", rows, re.MULTILINE))


# --- Restore --------------------------------------------------------------------------------


def restore_sqlite(file: Path, target: Path) -> None:
    """Replace the database with a verified backup, in one step.

    Raises InUseError while other processes have the database open.
    """
    with atomic_file(target, OWNER_ONLY) as temporary:
        shutil.copyfile(file, temporary)
        if os.geteuid() == 0:
            # The server rarely runs as root, and must be able to open the file.
            owner = (target if target.exists() else target.parent).stat()
            os.chown(temporary, owner.st_uid, owner.st_gid)
        try:
            with closing(sqlite3.connect(temporary)) as copy:
                copy.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise BackupError(f"SQLite reports: {error}.") from error
        _remove_log(target)


def _remove_log(target: Path) -> None:
    """Remove the old database's log, which SQLite would apply to the new database.

    First checkpoints it into the old database, unless that is damaged. Raises InUseError while
    other processes have the database open.
    """
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
            os.unlink(f"{target}{suffix}")  # noqa: PTH108 - the suffix is not a path component


def restore_postgresql(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Replace all tables with those of a verified backup, in one transaction.

    Drops tables that the backup does not have as well: a newer release's may refer to the others.
    """
    name = connection.ops.quote_name
    tables = ", ".join(map(name, connection.introspection.table_names()))
    drop = f"SET lock_timeout = '5s'; DROP TABLE IF EXISTS {tables} CASCADE" if tables else "SELECT"
    clean = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
    read = build_command(None, "pg_restore", *clean, "--file=-", str(file))
    strict = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    write = build_command(connection, "psql", *strict, f"--command={drop}", "--file=-")
    pipe_commands(read, write)


# --- PostgreSQL's programs ------------------------------------------------------------------


class Command(NamedTuple):
    arguments: list[str]
    environment: dict[str, str]


def build_command(connection: BaseDatabaseWrapper | None, program: str, *arguments: str) -> Command:
    """Returns the command for a PostgreSQL program, connected to a database if one is given.

    The password is in the environment, because every user of the machine can see arguments.
    """
    environment = dict(os.environ)
    if connection is not None:
        (_, *where), variables = connection.client.settings_to_cmd_args_env(
            connection.settings_dict, []
        )
        arguments = (*where[:-1], f"--dbname={where[-1]}", "--no-password", *arguments)
        environment |= variables or {}
    return Command([program, *arguments], environment)


def start_command(command: Command, **pipes: int) -> "subprocess.Popen[bytes]":
    try:
        # No shell, and no argument from a visitor.
        return subprocess.Popen(command.arguments, env=command.environment, **pipes)  # type: ignore[call-overload,no-any-return]  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(
            f"{command.arguments[0]} is not installed. Install PostgreSQL's client programs, in the"
            " server's version."
        ) from error


def run_command(command: Command) -> str:
    """Run a command. Returns its output. Raises BackupError if it fails."""
    with start_command(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = (stream.decode(errors="replace") for stream in process.communicate())
    if process.returncode:
        raise BackupError(f"{command.arguments[0]} failed: {err.strip() or process.returncode}")
    return out


def pipe_commands(source: Command, target: Command) -> None:
    """Pipe the output of one command into another, which succeeds only if both do.

    Raises BackupError if either fails.
    """
    with (
        start_command(source, stdout=subprocess.PIPE) as reader,
        start_command(
            target, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as writer,
    ):
        assert reader.stdout and writer.stdin and writer.stderr  # noqa: S101, PT018 - pipes
        try:
            with suppress(BrokenPipeError):
                shutil.copyfileobj(reader.stdout, writer.stdin)
                if reader.wait():
                    raise BackupError(f"{source.arguments[0]} failed partway.")
                writer.stdin.close()  # the target commits now
        except BaseException:
            writer.kill()
            raise
        message = writer.stderr.read().decode(errors="replace").strip()
        if writer.wait():
            raise BackupError(f"{target.arguments[0]} failed: {message}")
