"""gunicorn's own events, as log lines like all the others."""

import logging
import re
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

from drawsite.observability.log_formats import FORMATTERS

# These of gunicorn's go on with the client's address, or with what it asked for.
_TELLING = re.compile(r"(Invalid request|Error handling request)\b.*", re.DOTALL)


def keep_secret(record: logging.LogRecord) -> bool:
    """A filter that lets every record of gunicorn's through, without what tells of a client."""
    message = record.getMessage()
    if (telling := _TELLING.match(message)) is not None:
        record.in_request = True
        message = telling[1]
    record.msg, record.args = message, ()
    return True


class GunicornLogger(Logger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT]())
            handler.addFilter(keep_secret)
