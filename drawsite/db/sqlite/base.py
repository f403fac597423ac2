"""Django's SQLite backend. It creates the database file with mode 0600, adds a clock with
microseconds, and detects that the file was deleted or replaced."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, OperationalError
from typing import Any, ClassVar

from django.db.backends.sqlite3 import base


def read_file_id(path: str) -> tuple[int, int] | None:
    """Returns the device and inode of the file, or None if there is none (a database in memory)."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def clock_timestamp() -> str:
    """Returns the time in UTC with microseconds, as Django stores it. SQLite's own clock has only
    milliseconds."""
    return str(datetime.now(UTC).replace(tzinfo=None))


def create_private_file(path: str) -> None:
    """Create an empty file with mode 0600. SQLite gives its log the mode of the database."""
    with suppress(OSError, ValueError):  # SQLite then reports the reason itself
        Path(path).touch(mode=0o600)


class DatabaseWrapper(base.DatabaseWrapper):
    # Whether to create a missing database file. The server does not: if the file was moved away
    # without its log, SQLite would discard the log.
    creates_file: ClassVar[bool] = True

    opened_file_id: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        if read_file_id(conn_params["database"]) is None:
            if not self.creates_file:
                raise OperationalError("The database file is missing.")
            if not self.is_in_memory_db():
                create_private_file(conn_params["database"])
        connection: Connection = super().get_new_connection(conn_params)
        connection.create_function("clock_timestamp", 0, clock_timestamp)
        self.opened_file_id = read_file_id(conn_params["database"])
        return connection

    def is_usable(self) -> bool:
        """Returns whether the connection's file is still the one at its path. Called before each
        request: writes to a file that was deleted or replaced are lost without an error.
        """
        return read_file_id(str(self.settings_dict["NAME"])) == self.opened_file_id
