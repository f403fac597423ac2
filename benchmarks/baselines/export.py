"""The baseline of an export, without this project's code.

The database driver alone reads the rows, and the format's library alone writes the bytes. Each
function returns the seconds of that work, without the time that it takes to prepare the data.
"""

import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from django.conf import settings

from drawsite.lib.atomic_files import flush_to_disk

ROWS = (
    "SELECT id, title, artist, colormap, width, height, vmin, vmax, created_at, status,"
    " strokes_agree, blob, strokes FROM drawings_drawing WHERE status = 'published' ORDER BY id"
)
FETCH_SIZE = 500


class Clock:
    """Adds up the seconds spent in its `with` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.seconds += time.perf_counter() - self._begin


def read_rows() -> float:
    """Read every row that an export reads."""
    clock = Clock()
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "drawsite.db.sqlite":
        uri = f"file:{database['NAME']}?mode=ro"
        with clock, closing(sqlite3.connect(uri, uri=True)) as file:
            _fetch_all(file.execute(ROWS))
    else:
        server = {name.lower(): database[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
        with (
            clock,
            psycopg.connect(dbname=database["NAME"], **server) as connection,
            connection.cursor("rows") as cursor,
        ):
            cursor.itersize = FETCH_SIZE
            _fetch_all(cursor.execute(ROWS))
    return clock.seconds


def _fetch_all(cursor: Any) -> None:
    while cursor.fetchmany(FETCH_SIZE):
        pass


def write_rows(file_format: str, source: str, target: str) -> float:
    """Write the contents of an export once more, from plain Python objects."""
    return WRITERS[file_format](Path(source), Path(target))


def _write_parquet(source: Path, target: Path) -> float:
    import pyarrow as pa
    from pyarrow import parquet

    clock = Clock()
    target.mkdir()
    for path in sorted((source / "data").iterdir()):
        file = parquet.ParquetFile(path)
        group = file.metadata.row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        with clock:
            writer = parquet.ParquetWriter(
                target / path.name,
                file.schema_arrow,
                compression={
                    each.path_in_schema: each.compression
                    for each in columns
                    if each.compression != "UNCOMPRESSED"
                },
                use_dictionary=[
                    each.path_in_schema for each in columns if each.has_dictionary_page
                ],
                write_statistics=[each.path_in_schema for each in columns if each.is_stats_set],
            )
        for number in range(file.num_row_groups):
            table = file.read_row_group(number)
            rows = {each: table[each].to_pylist() for each in table.column_names}
            with clock:
                writer.write_table(pa.table(rows, file.schema_arrow))
        with clock:
            writer.close()
            flush_to_disk(target / path.name)
    return clock.seconds


def _write_zip(source: Path, target: Path) -> float:
    clock = Clock()
    with zipfile.ZipFile(source) as old:
        new = zipfile.ZipFile(target, "w")
        for entry in old.infolist():
            data = old.read(entry)
            with clock:
                new.writestr(entry.filename, data, entry.compress_type, compresslevel=1)
        with clock:
            new.close()
            flush_to_disk(target)
    return clock.seconds


def _write_npz(source: Path, target: Path) -> float:
    with np.load(source, allow_pickle=False) as old:
        arrays = dict(old)
    clock = Clock()
    with clock:
        np.savez_compressed(target, **arrays)
        flush_to_disk(target)
    return clock.seconds


WRITERS = {"parquet": _write_parquet, "zip": _write_zip, "npz": _write_npz}
