"""Folders and zips as trees of files, whose names cannot lead outside."""

import os
import posixpath
import stat
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from drawings.datasets.imports import files
from drawings.datasets.imports.records import BadRecordError, BadSourceError

# Decompressors for other methods may need any amount of memory.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED_FLAG = 1
# macOS adds this folder to zips.
MAC_METADATA = "__MACOSX"


class Tree(Protocol):
    def list_names(self) -> Iterator[str]:
        """List the paths of all files in order, with / between folders, except hidden files."""

    def modified_at(self, name: str) -> float:
        """Returns when a file was last modified, in seconds since 1970."""

    def open_file(self, name: str) -> AbstractContextManager[files.CheckedReader]:
        """Open a file. Raises BadRecordError if it does not exist or cannot be read."""


def read_file(tree: Tree, name: str, limit: int) -> bytes:
    """Read a whole file. Raises BadRecordError if it cannot be read or exceeds `limit` bytes."""
    try:
        with tree.open_file(name) as reader:
            data = reader.read(limit + 1)
    except BadSourceError as error:
        raise BadRecordError("It is damaged or cut short.") from error
    if len(data) > limit:
        raise BadRecordError(f"It has more than {limit:,} bytes.")
    return data


def join_path(folder: str, name: str) -> str:
    """Returns the path of `name` in a folder. Raises BadRecordError if it leaves the tree."""
    path = posixpath.normpath(posixpath.join(folder, name))
    if path.startswith(("/", "../")) or path == ".." or "\0" in path:
        raise BadRecordError("Its file_name leads out of the source.")
    return path


def is_hidden(name: str) -> bool:
    parts = set(name.split("/")) - {".", ".."}
    return any(part.startswith(".") or part == MAC_METADATA for part in parts)


class FolderTree:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def list_names(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            within = Path(folder).relative_to(self.path)
            yield from ((within / name).as_posix() for name in sorted(names) if not is_hidden(name))

    def modified_at(self, name: str) -> float:
        return (self.path / name).stat().st_mtime

    @contextmanager
    def open_file(self, name: str) -> Iterator[files.CheckedReader]:
        try:
            path = (self.path / name).resolve(strict=True)
            if not path.is_relative_to(self.path):
                raise BadRecordError("This is a link that leads out of the source.")
            # Opening a pipe would block.
            if not stat.S_ISREG(path.stat().st_mode):
                raise BadRecordError("This is not a file.")
            file = path.open("rb")
        except (OSError, RuntimeError, UnicodeError) as error:
            raise BadRecordError("There is no such file, or it cannot be read.") from error
        with file:
            yield files.CheckedReader(file)


class ZipTree:
    """A zip. While it is open it takes about 1 kB of memory for each member."""

    def __init__(self, path: Path) -> None:
        self.mtime = path.stat().st_mtime
        self.archive = files.open_zip(path)

    def list_names(self) -> Iterator[str]:
        for name in sorted(self.archive.NameToInfo):
            if not name.endswith("/") and not is_hidden(name):
                yield name

    def modified_at(self, name: str) -> float:
        return self.mtime

    @contextmanager
    def open_file(self, name: str) -> Iterator[files.CheckedReader]:
        info = self.archive.NameToInfo.get(name)
        if info is None:
            raise BadRecordError("There is no such file in the zip.")
        if info.flag_bits & ENCRYPTED_FLAG or info.compress_type not in COMPRESSIONS:
            raise BadRecordError("It is encrypted, or compressed by a method other than deflate.")
        try:
            file = self.archive.open(info)
        except files.DAMAGED_ZIP as error:
            raise BadRecordError("It is damaged.") from error
        with file:
            yield files.CheckedReader(file)
