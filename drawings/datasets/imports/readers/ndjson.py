"""Lines of JSON objects: Quick, Draw!'s, and this project's own export in their form."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from drawings.datasets.imports import files, records
from drawings.datasets.imports.readers import quickdraw
from drawings.datasets.imports.records import BadRecordError, Columns, Options, Source, Task, Tasks
from drawsite.lib import strict_json

# An export has the strokes twice, and the picture in base64.
LINE_LIMIT = 4


def read(path: Path, options: Options) -> Source:
    with files.opened(path):
        return Source(_tasks(path, options))


def _tasks(path: Path, options: Options) -> Tasks:
    limit = LINE_LIMIT * options.max_bytes
    modified = path.stat().st_mtime
    title = options.label or ""
    with files.opened(path) as reader:
        for number, line in files.lines(reader, limit):
            where = f"line {number}"
            if line is None:
                yield records.bad(where, f"It is longer than {limit:,} bytes.")
                continue
            time = records.time_in(modified, number)
            make = partial(columns, size=options.size, title=title, line_number=number, time=time)
            yield Task(where, line, make)


def columns(
    line: bytes, size: tuple[int, int], title: str, line_number: int, time: datetime
) -> Columns:
    record = object_of(line)
    if "image" in record:
        return _own(record)
    return quickdraw.columns(record, size, title, line_number, time)


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object in a line."""
    try:
        record = strict_json.loads(line)
    except ValueError as error:
        raise BadRecordError("This is not JSON.") from error
    if not isinstance(record, dict):
        raise BadRecordError("This is not a JSON object.")
    return record


def _own(record: Mapping[str, Any]) -> Columns:
    values = {**record, "id": record.get("key_id"), "label": record.get("word", "")}
    values["created_at"] = record.get("timestamp")
    return records.of_own_picture(_picture(record["image"]), values, record.get("strokes"))


def _picture(image: Any) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadRecordError("image must be a picture in base64.") from error
