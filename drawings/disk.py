"""Room on the disk that the database is on, where that disk is ours to see."""

import shutil
from pathlib import Path

from django.db import connection


def free_bytes() -> int | None:
    """The free bytes where SQLite writes; None for PostgreSQL. Raises OSError."""
    if connection.vendor != "sqlite":
        return None
    return shutil.disk_usage(Path(connection.settings_dict["NAME"]).parent).free
