"""Reads folders and zips of images, with or without the metadata of Hugging Face's ImageFolder.

https://huggingface.co/docs/datasets/image_dataset: split/label/x.png, and a metadata.jsonl that
describes the images in and below its folder. This project exports that format, too.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from drawings.datasets.imports import files, records, trees
from drawings.datasets.imports.readers.ndjson import parse_object
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
METADATA_NAME = "metadata.jsonl"
MAX_METADATA_LINE = 100_000  # bytes of a line
SPLITS = ("train", "validation", "valid", "val", "test")


def read_folder(path: Path, options: Options) -> Source:
    return _build_source(trees.FolderTree(path), options)


def read_zip(path: Path, options: Options) -> Source:
    return _build_source(trees.ZipTree(path), options)


def _build_source(tree: Tree, options: Options) -> Source:
    total = sum(1 for _ in _list_images(tree))
    described = [name for name in tree.list_names() if posixpath.basename(name) == METADATA_NAME]
    if not total and not described:
        raise BadSourceError(f"It has no images: files that end in {', '.join(SUFFIXES)}.")
    return Source(_read_tasks(tree, described, options), total)


def _list_images(tree: Tree) -> Iterator[str]:
    return (name for name in tree.list_names() if _is_image(name))


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _read_tasks(tree: Tree, described: list[str], options: Options) -> Tasks:
    position = 0
    seen: set[str] = set()
    for metadata in described:
        for where, line in _read_lines(tree, metadata):
            load = partial(_load_described, tree, metadata, line, seen, position, options)
            yield _build_task(where, load)
            position += 1
    folders = tuple(metadata.removesuffix(METADATA_NAME) for metadata in described)
    for name in _list_images(tree):
        if name in seen:
            continue
        if name.startswith(folders):
            yield records.bad_record(name, f"{METADATA_NAME} does not describe it.")
        else:
            yield _build_task(name, partial(_load_plain, tree, name, position, options))
        position += 1


# The bytes of an image file, and the function that converts them.
Loaded = tuple[bytes, Callable[[bytes], Columns]]


def _build_task(where: str, load: Callable[[], Loaded]) -> Task:
    try:
        return Task(where, *load())
    except BadRecordError as error:
        return records.bad_record(where, str(error))


def _read_lines(tree: Tree, metadata: str) -> Iterator[tuple[str, bytes | None]]:
    try:
        with tree.open_file(metadata) as reader:
            for number, line in files.read_lines(reader, MAX_METADATA_LINE):
                yield f"{metadata} line {number}", line
    except (BadRecordError, BadSourceError):
        yield metadata, None


def _load_described(
    tree: Tree, metadata: str, line: bytes | None, seen: set[str], position: int, options: Options
) -> Loaded:
    """Load the image that a line of a metadata.jsonl describes, and add its name to `seen`."""
    if line is None:
        raise BadRecordError("It is too long, damaged or cut short.")
    values = parse_object(line)
    file_name = values.get("file_name")
    if not isinstance(file_name, str):
        raise BadRecordError("file_name must be text.")
    name = trees.join_path(posixpath.dirname(metadata), file_name)
    if _is_image(name):
        seen.add(name)
    data = trees.read_file(tree, name, options.max_bytes)
    if "id" in values and "created_at" in values:
        return data, partial(records.columns_from_exported_png, values=values)
    return data, partial(
        columns_from_image,
        name=name,
        title=find_title(values, _default_title(name, options)),
        artist=records.single_line(values.get("artist")),
        created_at=records.file_order_time(tree.modified_at(name), position),
    )


def find_title(values: Mapping[str, Any], default: str) -> str:
    """Returns the title in a record, by the first of the usual names that it has."""
    given = (values[name] for name in ("title", "label", "text") if values.get(name) is not None)
    return records.single_line(next(given, default))


def _load_plain(tree: Tree, name: str, position: int, options: Options) -> Loaded:
    """Load an image that no metadata.jsonl describes."""
    return trees.read_file(tree, name, options.max_bytes), partial(
        columns_from_image,
        name=name,
        title=_default_title(name, options),
        created_at=records.file_order_time(tree.modified_at(name), position),
    )


def _default_title(name: str, options: Options) -> str:
    return _title_from_path(name) if options.label is None else options.label


def _title_from_path(name: str) -> str:
    folder = posixpath.basename(posixpath.dirname(name))
    stem, _ = posixpath.splitext(posixpath.basename(name))
    return records.single_line(folder if folder and folder.lower() not in SPLITS else stem)


def columns_from_image(
    data: bytes, *, name: str, title: str, created_at: datetime, artist: str = ""
) -> Columns:
    """Returns the columns of an image file of another project.

    Raises BadImageError or BadRecordError.
    """
    field = uploads.field_from_image_file(data)
    key = records.key_from_pixels("picture", field, name, title)
    return records.foreign_columns(
        field, key=key, title=title, artist=artist, created_at=created_at
    )
