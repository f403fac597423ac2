"""Reads lines of JSON objects: Quick, Draw!'s, and this project's exports in that format."""

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

# A line may have this many times the bytes of an upload: it has the strokes twice, and the image in
# base64.
MAX_LINE_UPLOADS = 4


def read_ndjson(path: Path, options: Options) -> Source:
    with files.open_file(path):
        return Source(_read_tasks(path, options))


def _read_tasks(path: Path, options: Options) -> Tasks:
    limit = MAX_LINE_UPLOADS * options.max_bytes
    modified = path.stat().st_mtime
    title = options.label or ""
    with files.open_file(path) as reader:
        for number, line in files.read_lines(reader, limit):
            where = f"line {number}"
            if line is None:
                yield records.bad_record(where, f"It is longer than {limit:,} bytes.")
                continue
            time = records.file_order_time(modified, number)
            to_columns = partial(
                columns_from_line, size=options.size, title=title, line_number=number, time=time
            )
            yield Task(where, line, to_columns)


def columns_from_line(
    line: bytes, size: tuple[int, int], title: str, line_number: int, time: datetime
) -> Columns:
    """Returns the columns of a line: of an export if it has an image, else of Quick, Draw!."""
    record = parse_object(line)
    if "image" in record:
        return _convert_export(record)
    return quickdraw.columns_from_record(record, size, title, line_number, time)


def parse_object(line: bytes) -> dict[str, Any]:
    """Returns the JSON object in a line. Raises BadRecordError if it is something else."""
    try:
        record = strict_json.loads(line)
    except ValueError as error:
        raise BadRecordError("This is not JSON.") from error
    if not isinstance(record, dict):
        raise BadRecordError("This is not a JSON object.")
    return record


def _convert_export(record: Mapping[str, Any]) -> Columns:
    values = {**record, "id": record.get("key_id"), "label": record.get("word", "")}
    values["created_at"] = record.get("timestamp")
    png = _decode_image(record["image"])
    return records.columns_from_exported_png(png, values, record.get("strokes"))


def _decode_image(image: Any) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadRecordError("image must be a PNG in base64.") from error
