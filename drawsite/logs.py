"""What is logged: one line for each request and each event, and nothing that tells of a person.

No address, no query, no cookie and no text that somebody has sent is in it: of an error it says
which one and where, but not the error's own words, which may quote what was sent.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from gunicorn.glogging import Logger

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
        kind, _, where = record.exc_info
        values["error"] = f"{kind.__module__}.{kind.__qualname__}"
        values["traceback"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)
        ]
    return values


class JsonLines(logging.Formatter):
    """For programs: an object on each line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(event(record), ensure_ascii=False, default=str)


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

# These of gunicorn's go on with the client's address, or with what it asked for.
_TELLING = re.compile(r"(Invalid request|Error handling request)\b.*", re.DOTALL)


def keep_secret(record: logging.LogRecord) -> bool:
    """A filter that lets every record of gunicorn's through, without what tells of a client."""
    record.msg, record.args = _TELLING.sub(r"\1", record.getMessage()), ()
    return True


class GunicornLogger(Logger):  # type: ignore[misc]
    """gunicorn's own events, as lines like all the others."""

    def setup(self, cfg: Any) -> None:
        from django.conf import settings

        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT]())
            handler.addFilter(keep_secret)
