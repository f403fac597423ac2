"""This project's own .npz export: arrays side by side, a row for each drawing."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from drawings.datasets.imports import records
from drawings.datasets.imports.readers import arrays
from drawings.datasets.imports.readers.arrays import Array, Values, text_of
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

# The arrays, and the kinds of their numbers or texts; `statuses` need not be there.
KINDS = {
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


def read(path: Path, options: Options) -> Source:
    there = dict(arrays.members(path))
    if missing := KINDS.keys() - there.keys() - {"statuses"}:
        raise BadSourceError(f"It has ids, as an export has, but no {min(missing)}.")
    columns = {name: there[name] for name in KINDS if name in there}
    number = columns["ids"].shape[:1]
    sides = columns["images"].shape[1:]
    if len(sides) != 2:
        raise BadSourceError("images is not as an export has it.")
    widths: Mapping[str, tuple[int, ...]] = {"images": sides, "sizes": (2,), "limits": (2,)}
    for name, array in columns.items():
        if array.shape != (*number, *widths.get(name, ())) or array.dtype.kind != KINDS[name]:
            raise BadSourceError(f"{name} is not as an export has it.")
        arrays.check_letters(array)
    if columns["images"].dtype != np.uint8:
        raise BadSourceError("images is not as an export has it.")
    return Source(_tasks(columns), *number)


def _tasks(columns: Mapping[str, Array]) -> Tasks:
    rows = arrays.rows_in_block(columns.values())
    index = 0
    for blocks in zip(*(array.blocks(rows) for array in columns.values()), strict=False):
        for row in zip(*blocks, strict=False):
            where = f"images[{index}]"
            try:
                yield _task(where, dict(zip(columns, row, strict=True)))
            except BadRecordError as error:
                yield records.bad(where, str(error))
            index += 1


def _task(where: str, row: dict[str, Values]) -> Task:
    height, width = row["sizes"].tolist()
    vmin, vmax = row["limits"].tolist()
    values = {
        "id": text_of(row["ids"]),
        "label": text_of(row["labels"]),
        "artist": text_of(row["artists"]),
        "colormap": text_of(row["colormaps"]),
        "created_at": text_of(row["created_at"]),
        "height": height,
        "width": width,
        "vmin": vmin,
        "vmax": vmax,
    }
    if "statuses" in row:
        values["status"] = text_of(row["statuses"])
    # Smaller ones lie at the top left.
    return Task(where, row["images"][:height, :width].copy(), partial(_columns, values=values))


def _columns(field: pixels.Field, values: Mapping[str, Any]) -> Columns:
    return records.of_own(field, values)
