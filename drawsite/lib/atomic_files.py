"""Files and folders that appear under their name only once they are complete."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(target: Path, mode: int = 0o666) -> Iterator[Path]:
    """Yield the path of a new file beside the target; on success, flush it and rename it to the
    target. On an error, remove it. The umask applies to `mode`."""
    temporary = temporary_path(target)
    temporary.touch(mode=mode, exist_ok=False)
    try:
        yield temporary
        flush_to_disk(temporary)
        temporary.replace(target)
        flush_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Like `atomic_file`, for a folder and everything in it. Replaces an existing folder."""
    temporary = temporary_path(target)
    old = temporary.with_name(f"{temporary.name}.old")
    temporary.mkdir()
    try:
        yield temporary
        for path in (*temporary.rglob("*"), temporary):
            flush_to_disk(path)
        try:
            # A rename cannot replace a folder that is not empty.
            if target.exists():
                target.replace(old)
            temporary.replace(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.replace(target)
            raise
        flush_to_disk(target.parent)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def temporary_path(target: Path) -> Path:
    """Returns an unused path beside the target: `.<name>.<16 hex digits>`."""
    # Not the process id: two containers may have the same one.
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def flush_to_disk(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
