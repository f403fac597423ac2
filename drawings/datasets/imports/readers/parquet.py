"""Parquet with a column of pictures, as this project exports it and as Hugging Face has it.

Of https://huggingface.co/docs/datasets: `image` is a struct of `bytes` and `path`. Needs pyarrow.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from drawings.datasets.imports import records
from drawings.datasets.imports.readers.images import others_picture, title_in
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
MISSING = (
    "Parquet needs pyarrow. Install it with"
    " .venv/bin/python -m pip install -r requirements-parquet.txt"
)
ROWS = 64  # in memory at once, besides what pyarrow keeps of a group of rows
# What a group of rows says that it comes to. (Exports have less than a tenth in one.)
MOST_GROUP_BYTES = 1_000_000_000
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


def parts(path: Path) -> list[Path]:
    """The Parquet files in a folder, or in its `data`, in their order; a file is its own part."""
    if path.is_file():
        return [path]
    return sorted(
        file for file in (*path.glob("*.parquet"), *path.glob("data/*.parquet")) if file.is_file()
    )


def read(path: Path, options: Options) -> Source:
    if not parts(path):
        raise BadSourceError("It has no files that end in .parquet.")
    total = 0
    for part in parts(path):
        with _reading(), _opened(part) as file:
            _check(part, file)
            total += file.metadata.num_rows
    return Source(_tasks(path, options), total)


def _opened(part: Path) -> "ParquetFile":
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise BadSourceError(MISSING) from error
    return ParquetFile(part)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:  # among them, all of pyarrow's own for bad files
        raise BadSourceError("From here on it is damaged, cut short or no Parquet.") from error


def _check(part: Path, file: "ParquetFile") -> None:
    if "image" not in file.schema_arrow.names:
        raise BadSourceError(f"{part.name} has no column named image.")
    groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
    if any(group.total_byte_size > MOST_GROUP_BYTES for group in groups):
        raise BadSourceError(
            f"{part.name} has a group of rows of more than {MOST_GROUP_BYTES:,} bytes."
        )


def _tasks(path: Path, options: Options) -> Tasks:
    for position, row in enumerate(_rows(parts(path))):
        where = f"{row.part.name} row {row.number}"
        try:
            time = records.time_in(row.modified, position)
            yield Task(where, *_work(where, _values(row.batch, row.place), time, options))
        except BadRecordError as error:
            yield records.bad(where, str(error))


class _Row(NamedTuple):
    part: Path
    modified: float
    number: int
    batch: "RecordBatch"
    place: int  # in the batch

    @property
    def id(self) -> str:
        """Of a drawing of an export; others stay in the order of their files."""
        if {"id", "created_at"} <= set(self.batch.schema.names):
            with suppress(ValueError):
                return str(self.batch.column("id")[self.place].as_py())
        return ""


def _rows(parts: Iterable[Path]) -> Iterator[_Row]:
    """The rows of all parts; of exports, which are by split, in the order of the ids.

    What was drawn on another drawing then comes after it. Of each split one part is open at a time.
    """
    splits = (list(group) for _, group in groupby(parts, key=_split_in))
    return heapq.merge(*map(_rows_in_turn, splits), key=lambda row: row.id)


def _split_in(part: Path) -> tuple[Path, str]:
    return part.parent, part.stem.rpartition("-")[0]


def _rows_in_turn(parts: Iterable[Path]) -> Iterator[_Row]:
    for part in parts:
        modified = part.stat().st_mtime
        number = 0
        with _reading(), _opened(part) as file:
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            for batch in file.iter_batches(ROWS, columns=names, use_threads=False):
                for index in range(batch.num_rows):
                    yield _Row(part, modified, number, batch, index)
                    number += 1


def _values(batch: "RecordBatch", index: int) -> dict[str, Any]:
    try:
        return {
            name: column[index].as_py()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
    except (ValueError, OverflowError) as error:
        raise BadRecordError("It has a text or a time that is none.") from error


def _work(
    where: str, values: dict[str, Any], time: datetime, options: Options
) -> tuple[bytes, Callable[[bytes], Columns]]:
    image = values.pop("image")
    data = image.get("bytes") if isinstance(image, dict) else None
    if not isinstance(data, bytes):
        raise BadRecordError("image must be a picture's bytes, and its path.")
    if len(data) > options.max_bytes:
        raise BadRecordError(f"It has more than {options.max_bytes:,} bytes.")
    if "id" in values and "created_at" in values:
        return data, partial(_own, values=values)
    return data, partial(
        others_picture,
        name=where,
        title=title_in(values, options.label or ""),
        artist=records.line_of(values.get("artist")),
        created_at=time,
    )


def _own(data: bytes, values: Mapping[str, Any]) -> Columns:
    text = values.get("strokes")
    if not isinstance(text, str | None):
        raise BadRecordError("strokes must be text.")
    document = None if text is None else strokes.parse(text)
    return records.of_own_picture(data, values, document)
