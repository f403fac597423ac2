"""Free space on the disk that SQLite writes to."""

import shutil
from pathlib import Path

from django.db import connection


def measure_free_bytes() -> int | None:
    """Returns the free bytes, or None for PostgreSQL, whose disk may be on another machine. Raises
    OSError."""
    if connection.vendor != "sqlite":
        return None
    return shutil.disk_usage(Path(connection.settings_dict["NAME"]).resolve().parent).free
