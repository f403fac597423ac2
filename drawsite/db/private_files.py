"""The files that nobody but the site's own user may read, whoever made the directory around them.

Static files are not among them: a proxy that runs as another user may serve them from DATA_DIR,
which therefore keeps its own mode.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

OWNER = 0o700
OTHERS = 0o077


def restrict_files(connection: BaseDatabaseWrapper) -> list[Path]:
    """Remove all permissions of group and others from the site's files.

    Returns the files that others can still use, because this process may not change their mode.
    """
    return [path for path in private_files(connection) if not restrict(path)]


def private_files(connection: BaseDatabaseWrapper) -> Iterator[Path]:
    """The paths of files and directories that may exist."""
    yield settings.DATA_DIR / "secret_key"
    yield settings.DATA_DIR / "prepare.lock"
    backups = settings.DATA_DIR / "backups"
    yield backups
    yield from backups.glob("drawsite-*")
    if connection.vendor == "sqlite":
        # SQLite puts its log beside the file that a link leads to.
        database = Path(connection.settings_dict["NAME"]).resolve()
        for suffix in ("", "-wal", "-shm", "-journal"):
            yield database.with_name(f"{database.name}{suffix}")


def restrict(path: Path) -> bool:
    """Leave a file or a directory to its owner alone.

    Returns False if others keep some rights: only the owner and root may change a mode.
    """
    try:
        if path.stat().st_mode & OTHERS:
            path.chmod(path.stat().st_mode & OWNER)
        return not path.stat().st_mode & OTHERS  # some file systems ignore chmod
    except FileNotFoundError:
        return True
    except OSError:
        return False
