"""Django's SQLite, with a file that only its owner may read and a clock as fine as PostgreSQL's. It
notices that the file was deleted or replaced by another."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, OperationalError
from typing import Any, ClassVar

from django.db.backends.sqlite3 import base


def file_id(path: str) -> tuple[int, int] | None:
    """The device and inode of the file at the path; None for none, and for a database in memory."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def clock_timestamp() -> str:
    """The time, in UTC and to the microsecond, as Django stores it. (SQLite's own clock has
    milliseconds.)"""
    return str(datetime.now(UTC).replace(tzinfo=None))


def create_private_file(path: str) -> None:
    """Create an empty file with mode 0600. SQLite gives its log the mode of the database."""
    with suppress(OSError, ValueError):  # SQLite says why there can be none
        Path(path).touch(mode=0o600)


class DatabaseWrapper(base.DatabaseWrapper):
    # Whether a file that is not there is made. A server makes none: the log of a file that was
    # moved away would be lost with it.
    creates: ClassVar[bool] = True

    opened: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        if file_id(conn_params["database"]) is None:
            if not self.creates:
                raise OperationalError("The database file is not there.")
            if not self.is_in_memory_db():
                create_private_file(conn_params["database"])
        connection: Connection = super().get_new_connection(conn_params)
        connection.create_function("clock_timestamp", 0, clock_timestamp)
        self.opened = file_id(conn_params["database"])
        return connection

    def is_usable(self) -> bool:
        """Whether the connection still has the file that is there: asked before each request.

        What is written to a file that was deleted or replaced is lost, and no error says so.
        """
        return file_id(str(self.settings_dict["NAME"])) == self.opened
