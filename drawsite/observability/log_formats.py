"""What is logged: one line for each request and each event, and nothing that tells of a person.

No address, no query, no cookie and no text that somebody has sent is in it: of an error in a
request it says which one and where, but not the error's own words, which may quote what was sent.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")


def event(record: logging.LogRecord) -> dict[str, Any]:
    """A record as named values; those of its own come as `extra={"values": {...}}`."""
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


class JsonLines(logging.Formatter):
    """For programs: an object on each line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(event(record), default=str)


class TextLines(logging.Formatter):
    """For people: the same on a line, with a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        values = event(record)
        frames = values.pop("traceback", [])
        head = "{time} {level} {logger}: {message}".format(**values)
        for name in ("time", "level", "logger", "message"):
            del values[name]
        line = " ".join([head, *(f"{name}={value}" for name, value in values.items())])
        # Nothing in a line can begin another one.
        return "\n    ".join([re.sub(r"[\x00-\x1f\x7f]+", " ", line), *frames])


FORMATTERS: dict[str, type[logging.Formatter]] = {"json": JsonLines, "text": TextLines}
