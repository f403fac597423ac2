"""Files and folders that are there whole, or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_draft(target: Path, mode: int = 0o666) -> Iterator[Path]:
    """A new file beside the target, which becomes the target in one step once its bytes are on the
    disk; if anything fails it is removed. `mode` is who may read it, as far as the umask allows."""
    draft = draft_name(target)
    draft.touch(mode=mode, exist_ok=False)
    try:
        yield draft
        flush(draft)
        draft.replace(target)
        flush(target.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def folder_draft(target: Path) -> Iterator[Path]:
    """The same with a folder and all that is put into it; it replaces a folder that is there."""
    draft = draft_name(target)
    old = draft.with_name(f"{draft.name}.old")
    draft.mkdir()
    try:
        yield draft
        for path in (*draft.rglob("*"), draft):
            flush(path)
        try:
            # No folder takes the place of one that is not empty.
            if target.exists():
                target.replace(old)
            draft.replace(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.replace(target)
            raise
        flush(target.parent)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def draft_name(target: Path) -> Path:
    # Not by the process: in two containers both may have the same number.
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def flush(path: Path) -> None:
    """Have what was written to a file, or into a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
