"""Restricts the site's private files to its own user, whatever the mode of their directory.

DATA_DIR itself and the static files in it keep their modes, so that a proxy that runs as another
user can serve static files.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

OWNER_BITS = 0o700
OTHERS_BITS = 0o077


def restrict_files(connection: BaseDatabaseWrapper) -> list[Path]:
    """Remove all permissions of group and others from the site's private files.

    Returns the files that others can still use, because this process may not change their mode.
    """
    return [path for path in find_private_paths(connection) if not restrict_to_owner(path)]


def find_private_paths(connection: BaseDatabaseWrapper) -> Iterator[Path]:
    """Yields the paths of private files and directories. Some may not exist."""
    yield settings.DATA_DIR / "secret_key"
    yield settings.DATA_DIR / "prepare.lock"
    backups = settings.DATA_DIR / "backups"
    yield backups
    yield from backups.glob("drawsite-*")
    if connection.vendor == "sqlite":
        # SQLite follows a symbolic link and puts its log beside the target.
        database = Path(connection.settings_dict["NAME"]).resolve()
        for suffix in ("", "-wal", "-shm", "-journal"):
            yield database.with_name(f"{database.name}{suffix}")


def restrict_to_owner(path: Path) -> bool:
    """Remove all permissions of group and others from a file or directory.

    Returns False if some remain: only the owner and root may change a mode.
    """
    try:
        if path.stat().st_mode & OTHERS_BITS:
            path.chmod(path.stat().st_mode & OWNER_BITS)
        return not path.stat().st_mode & OTHERS_BITS  # some file systems ignore chmod
    except FileNotFoundError:
        return True
    except OSError:
        return False
