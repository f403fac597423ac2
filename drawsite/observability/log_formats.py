"""Log formats: one line for each request and each event, without personal data.

Lines have no address, query, cookie or other text that a client sent. An error during a request is
logged with its type and traceback but without its message, which may quote the request.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")


def extract_values(record: logging.LogRecord) -> dict[str, Any]:
    """Returns the values of a record by name, including those of `extra={"values": {...}}`."""
    values: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
        **getattr(record, "values", {}),
    }
    if identifier := request_id.get():
        values["request_id"] = identifier
    if record.exc_info and record.exc_info[0] is not None:
        kind, error, where = record.exc_info
        values["error"] = f"{kind.__module__}.{kind.__qualname__}"
        if not identifier and not hasattr(record, "in_request"):
            values["says"] = str(error)
        values["traceback"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)
        ]
    return values


class JsonFormatter(logging.Formatter):
    """For programs: each line is an object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(extract_values(record), default=str)


class TextFormatter(logging.Formatter):
    """For people: the same values in a line of text, with any traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        values = extract_values(record)
        frames = values.pop("traceback", [])
        head = "{time} {level} {logger}: {message}".format(**values)
        for name in ("time", "level", "logger", "message"):
            del values[name]
        line = " ".join([head, *(f"{name}={value}" for name, value in values.items())])
        # No value can begin a new line.
        return "\n    ".join([re.sub(r"[\x00-\x1f\x7f]+", " ", line), *frames])


FORMATTERS: dict[str, type[logging.Formatter]] = {"json": JsonFormatter, "text": TextFormatter}
