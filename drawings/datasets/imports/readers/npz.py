"""Reads this project's .npz export: parallel arrays, with a row for each drawing."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from drawings.datasets.imports import records
from drawings.datasets.imports.readers import arrays
from drawings.datasets.imports.readers.arrays import Array, Values, python_value
from drawings.datasets.imports.records import (
    BadRecordError,
    BadSourceError,
    Columns,
    Options,
    Source,
    Task,
    Tasks,
)
from drawings.imaging import pixels

# The arrays and the kinds of their dtypes. `statuses` is optional.
DTYPE_KINDS = {
    "images": "u",
    "ids": "U",
    "labels": "U",
    "sizes": "u",
    "artists": "U",
    "colormaps": "U",
    "limits": "u",
    "created_at": "M",
    "statuses": "U",
}


def read_npz(path: Path, options: Options) -> Source:
    found = dict(arrays.read_members(path))
    if missing := DTYPE_KINDS.keys() - found.keys() - {"statuses"}:
        raise BadSourceError(f"It has ids like an export, but no {min(missing)}.")
    columns = {name: found[name] for name in DTYPE_KINDS if name in found}
    number = columns["ids"].shape[:1]
    sides = columns["images"].shape[1:]
    if len(sides) != 2:
        raise BadSourceError("images does not have the shape and dtype of an export.")
    widths: Mapping[str, tuple[int, ...]] = {"images": sides, "sizes": (2,), "limits": (2,)}
    for name, array in columns.items():
        if array.shape != (*number, *widths.get(name, ())) or array.dtype.kind != DTYPE_KINDS[name]:
            raise BadSourceError(f"{name} does not have the shape and dtype of an export.")
        arrays.check_text_length(array)
    if columns["images"].dtype != np.uint8:
        raise BadSourceError("images does not have the shape and dtype of an export.")
    return Source(_read_tasks(columns), *number)


def _read_tasks(columns: Mapping[str, Array]) -> Tasks:
    rows = arrays.rows_in_block(columns.values())
    index = 0
    for blocks in zip(*(array.read_blocks(rows) for array in columns.values()), strict=False):
        for row in zip(*blocks, strict=False):
            where = f"images[{index}]"
            try:
                yield _build_task(where, dict(zip(columns, row, strict=True)))
            except BadRecordError as error:
                yield records.bad_record(where, str(error))
            index += 1


def _build_task(where: str, row: dict[str, Values]) -> Task:
    height, width = row["sizes"].tolist()
    vmin, vmax = row["limits"].tolist()
    values = {
        "id": python_value(row["ids"]),
        "label": python_value(row["labels"]),
        "artist": python_value(row["artists"]),
        "colormap": python_value(row["colormaps"]),
        "created_at": python_value(row["created_at"]),
        "height": height,
        "width": width,
        "vmin": vmin,
        "vmax": vmax,
    }
    if "statuses" in row:
        values["status"] = python_value(row["statuses"])
    # A drawing is at the top left of its row, and padding fills the rest.
    field = row["images"][:height, :width].copy()
    return Task(where, field, partial(_convert_field, values=values))


def _convert_field(field: pixels.Field, values: Mapping[str, Any]) -> Columns:
    return records.columns_from_export(field, values)
