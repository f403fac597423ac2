"""Folders and zips of files: by their names inside, which never lead outside."""

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

# Of zips: with others, a file may ask for as much memory as it likes.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1
# What a Mac puts beside the files.
IGNORED = "__MACOSX"


class Tree(Protocol):
    def names(self) -> Iterator[str]:
        """Of all files in order, with / between folders; hidden ones are left out."""

    def modified(self, name: str) -> float:
        """When a file was changed, in seconds since 1970."""

    def opened(self, name: str) -> AbstractContextManager[files.Reader]:
        """A file of the tree. BadRecordError if there is none of this name that can be read."""


def read(tree: Tree, name: str, limit: int) -> bytes:
    """All of a file, so many bytes at most. BadRecordError if that cannot be."""
    try:
        with tree.opened(name) as reader:
            data = reader.read(limit + 1)
    except BadSourceError as error:
        raise BadRecordError("It is damaged or cut short.") from error
    if len(data) > limit:
        raise BadRecordError(f"It has more than {limit:,} bytes.")
    return data


def joined(folder: str, name: str) -> str:
    """The file that is called `name` in a folder. BadRecordError if that is not in the tree."""
    path = posixpath.normpath(posixpath.join(folder, name))
    if path.startswith(("/", "../")) or path == ".." or "\0" in path:
        raise BadRecordError("Its file_name leads out of the source.")
    return path


def is_hidden(name: str) -> bool:
    parts = set(name.split("/")) - {".", ".."}
    return any(part.startswith(".") or part == IGNORED for part in parts)


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def names(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            within = Path(folder).relative_to(self.path)
            yield from ((within / name).as_posix() for name in sorted(names) if not is_hidden(name))

    def modified(self, name: str) -> float:
        return (self.path / name).stat().st_mtime

    @contextmanager
    def opened(self, name: str) -> Iterator[files.Reader]:
        try:
            path = (self.path / name).resolve(strict=True)
            if not path.is_relative_to(self.path):
                raise BadRecordError("This is a link that leads out of the source.")
            # (A pipe would keep who opens it waiting.)
            if not stat.S_ISREG(path.stat().st_mode):
                raise BadRecordError("This is not a file.")
            file = path.open("rb")
        except (OSError, RuntimeError, UnicodeError) as error:
            raise BadRecordError("There is no such file, or it cannot be read.") from error
        with file:
            yield files.Reader(file)


class Zip:
    """A zip: each open one keeps about 1 kB of each of its files in memory."""

    def __init__(self, path: Path) -> None:
        self.time = path.stat().st_mtime
        self.archive = files.open_zip(path)

    def names(self) -> Iterator[str]:
        for name in sorted(self.archive.NameToInfo):
            if not name.endswith("/") and not is_hidden(name):
                yield name

    def modified(self, name: str) -> float:
        return self.time

    @contextmanager
    def opened(self, name: str) -> Iterator[files.Reader]:
        info = self.archive.NameToInfo.get(name)
        if info is None:
            raise BadRecordError("There is no such file in the zip.")
        if info.flag_bits & ENCRYPTED or info.compress_type not in COMPRESSIONS:
            raise BadRecordError("It is encrypted, or packed in a way that is not read.")
        try:
            file = self.archive.open(info)
        except files.DAMAGED_ZIP as error:
            raise BadRecordError("It is damaged.") from error
        with file:
            yield files.Reader(file)
