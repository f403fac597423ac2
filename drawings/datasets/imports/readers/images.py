"""Folders and zips of pictures, as they are or in Hugging Face's ImageFolder form.

https://huggingface.co/docs/datasets/image_dataset: split/label/x.png, and a metadata.jsonl that
says more of the pictures in and below its folder. This project's own export is of that form.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from drawings.datasets.imports import files, records, trees
from drawings.datasets.imports.readers.ndjson import object_of
from drawings.datasets.imports.records import (
    BadRecordError,
    BadSourceError,
    Columns,
    Options,
    Source,
    Task,
    Tasks,
)
from drawings.datasets.imports.trees import Tree
from drawings.imaging import uploads

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
METADATA = "metadata.jsonl"
METADATA_LIMIT = 100_000  # bytes of a line
SPLITS = ("train", "validation", "valid", "val", "test")


def read_folder(path: Path, options: Options) -> Source:
    return _source(trees.Folder(path), options)


def read_zip(path: Path, options: Options) -> Source:
    return _source(trees.Zip(path), options)


def _source(tree: Tree, options: Options) -> Source:
    total = sum(1 for _ in _pictures_in(tree))
    described = [name for name in tree.names() if posixpath.basename(name) == METADATA]
    if not total and not described:
        raise BadSourceError(f"It has no pictures: files that end in {', '.join(SUFFIXES)}.")
    return Source(_tasks(tree, described, options), total)


def _pictures_in(tree: Tree) -> Iterator[str]:
    return (name for name in tree.names() if _is_picture(name))


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _tasks(tree: Tree, described: list[str], options: Options) -> Tasks:
    position = 0
    said: set[str] = set()
    for metadata in described:
        for where, line in _lines(tree, metadata):
            yield _task(where, partial(_described, tree, metadata, line, said, position, options))
            position += 1
    folders = tuple(metadata.removesuffix(METADATA) for metadata in described)
    for name in _pictures_in(tree):
        if name in said:
            continue
        if name.startswith(folders):
            yield records.bad(name, f"{METADATA} does not say what it is.")
        else:
            yield _task(name, partial(_plain, tree, name, position, options))
        position += 1


Work = tuple[bytes, Callable[[bytes], Columns]]  # a picture's bytes, and what makes columns of them


def _task(where: str, find: Callable[[], Work]) -> Task:
    try:
        return Task(where, *find())
    except BadRecordError as error:
        return records.bad(where, str(error))


def _lines(tree: Tree, metadata: str) -> Iterator[tuple[str, bytes | None]]:
    try:
        with tree.opened(metadata) as reader:
            for number, line in files.lines(reader, METADATA_LIMIT):
                yield f"{metadata} line {number}", line
    except (BadRecordError, BadSourceError):
        yield metadata, None


def _described(
    tree: Tree, metadata: str, line: bytes | None, said: set[str], position: int, options: Options
) -> Work:
    """A picture that a line of a metadata.jsonl names."""
    if line is None:
        raise BadRecordError("It is too long, damaged or cut short.")
    values = object_of(line)
    file_name = values.get("file_name")
    if not isinstance(file_name, str):
        raise BadRecordError("file_name must be text.")
    name = trees.joined(posixpath.dirname(metadata), file_name)
    if _is_picture(name):
        said.add(name)
    data = trees.read(tree, name, options.max_bytes)
    if "id" in values and "created_at" in values:
        return data, partial(records.of_own_picture, values=values)
    return data, partial(
        others_picture,
        name=name,
        title=title_in(values, options.label or _label_of(name)),
        artist=records.line_of(values.get("artist")),
        created_at=records.time_in(tree.modified(name), position),
    )


def title_in(values: Mapping[str, Any], default: str) -> str:
    """What a record calls its picture, by the first of the usual names that it has."""
    given = (values[name] for name in ("title", "label", "text") if values.get(name) is not None)
    return records.line_of(next(given, default))


def _plain(tree: Tree, name: str, position: int, options: Options) -> Work:
    """A picture of which no more is known than its name."""
    return trees.read(tree, name, options.max_bytes), partial(
        others_picture,
        name=name,
        title=_label_of(name) if options.label is None else options.label,
        created_at=records.time_in(tree.modified(name), position),
    )


def _label_of(name: str) -> str:
    folder = posixpath.basename(posixpath.dirname(name))
    stem, _ = posixpath.splitext(posixpath.basename(name))
    return records.line_of(folder if folder and folder.lower() not in SPLITS else stem)


def others_picture(
    data: bytes, *, name: str, title: str, created_at: datetime, artist: str = ""
) -> Columns:
    """Of a picture file from elsewhere."""
    field = uploads.field_from_image_file(data)
    key = records.key_of_pixels("picture", field, name, title)
    return records.of_others(field, key=key, title=title, artist=artist, created_at=created_at)
