"""Reads Parquet files with a column of images: this project's exports, and Hugging Face's datasets.

In both, `image` is a struct of `bytes` and `path` (https://huggingface.co/docs/datasets). Needs
pyarrow.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from drawings.datasets import PYARROW_MISSING
from drawings.datasets.imports import records
from drawings.datasets.imports.readers.images import columns_from_image, find_title
from drawings.datasets.imports.records import (
    BadRecordError,
    BadSourceError,
    Columns,
    Options,
    Source,
    Task,
    Tasks,
)
from drawings.imaging import strokes

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

MAGIC = b"PAR1"
BATCH_ROWS = 64  # in memory at once, besides what pyarrow keeps of a row group
# By the file's metadata. Exports have less than a tenth of it in a row group.
MAX_GROUP_BYTES = 1_000_000_000
COLUMNS = (
    "image",
    "id",
    "title",
    "label",
    "text",
    "artist",
    "colormap",
    "width",
    "height",
    "vmin",
    "vmax",
    "created_at",
    "status",
    "strokes",
)


def list_parts(path: Path) -> list[Path]:
    """List the Parquet files in a folder and in its `data`, sorted. A file is its own only part."""
    if path.is_file():
        return [path]
    return sorted(
        file for file in (*path.glob("*.parquet"), *path.glob("data/*.parquet")) if file.is_file()
    )


def read_parquet(path: Path, options: Options) -> Source:
    if not list_parts(path):
        raise BadSourceError("It has no files that end in .parquet.")
    total = 0
    for part in list_parts(path):
        with _convert_errors(), _open_part(part) as file:
            _check_part(part, file)
            total += file.metadata.num_rows
    return Source(_read_tasks(path, options), total)


def _open_part(part: Path) -> "ParquetFile":
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise BadSourceError(PYARROW_MISSING) from error
    return ParquetFile(part)


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Raise BadSourceError instead of pyarrow's errors for bad files."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise BadSourceError("From here on it is damaged, cut short or not Parquet.") from error


def _check_part(part: Path, file: "ParquetFile") -> None:
    if "image" not in file.schema_arrow.names:
        raise BadSourceError(f"{part.name} has no column named image.")
    groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
    if any(group.total_byte_size > MAX_GROUP_BYTES for group in groups):
        raise BadSourceError(f"{part.name} has a row group of more than {MAX_GROUP_BYTES:,} bytes.")


def _read_tasks(path: Path, options: Options) -> Tasks:
    for position, row in enumerate(_read_rows(list_parts(path))):
        where = f"{row.part.name} row {row.number}"
        try:
            time = records.file_order_time(row.modified, position)
            yield Task(where, *_load_image(where, _row_values(row.batch, row.place), time, options))
        except BadRecordError as error:
            yield records.bad_record(where, str(error))


class _Row(NamedTuple):
    part: Path
    modified: float
    number: int
    batch: "RecordBatch"
    place: int  # in the batch

    @property
    def id(self) -> str:
        """The id of an exported drawing, or "" for a foreign row, which keeps its order."""
        if {"id", "created_at"} <= set(self.batch.schema.names):
            with suppress(ValueError):
                return str(self.batch.column("id")[self.place].as_py())
        return ""


def _read_rows(parts: Iterable[Path]) -> Iterator[_Row]:
    """Read the rows of all parts, those of exports merged by id although their parts are by split.

    A drawing then comes after the one that it was drawn on. Of each split, one part is open at a
    time.
    """
    splits = (list(group) for _, group in groupby(parts, key=_split_of))
    return heapq.merge(*map(_read_split, splits), key=lambda row: row.id)


def _split_of(part: Path) -> tuple[Path, str]:
    return part.parent, part.stem.rpartition("-")[0]


def _read_split(parts: Iterable[Path]) -> Iterator[_Row]:
    for part in parts:
        modified = part.stat().st_mtime
        number = 0
        with _convert_errors(), _open_part(part) as file:
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            for batch in file.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
                for index in range(batch.num_rows):
                    yield _Row(part, modified, number, batch, index)
                    number += 1


def _row_values(batch: "RecordBatch", index: int) -> dict[str, Any]:
    try:
        return {
            name: column[index].as_py()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
    except (ValueError, OverflowError) as error:
        raise BadRecordError("It has a text or a time that cannot be decoded.") from error


def _load_image(
    where: str, values: dict[str, Any], time: datetime, options: Options
) -> tuple[bytes, Callable[[bytes], Columns]]:
    image = values.pop("image")
    data = image.get("bytes") if isinstance(image, dict) else None
    if not isinstance(data, bytes):
        raise BadRecordError("image must have the bytes of an image file, and its path.")
    if len(data) > options.max_bytes:
        raise BadRecordError(f"It has more than {options.max_bytes:,} bytes.")
    if "id" in values and "created_at" in values:
        return data, partial(_convert_export, values=values)
    return data, partial(
        columns_from_image,
        name=where,
        title=find_title(values, options.label or ""),
        artist=records.single_line(values.get("artist")),
        created_at=time,
    )


def _convert_export(data: bytes, values: Mapping[str, Any]) -> Columns:
    text = values.get("strokes")
    if not isinstance(text, str | None):
        raise BadRecordError("strokes must be text.")
    document = None if text is None else strokes.parse(text)
    return records.columns_from_exported_png(data, values, document)
