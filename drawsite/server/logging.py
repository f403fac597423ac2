"""gunicorn's own events in the same log formats as all others."""

import logging
import re
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

from drawsite.observability.log_formats import FORMATTERS

# gunicorn appends the client's address or its request to these messages.
_WITH_CLIENT_DATA = re.compile(r"(Invalid request|Error handling request)\b.*", re.DOTALL)


def remove_client_data(record: logging.LogRecord) -> bool:
    """A logging filter that keeps every record and removes client data from its message."""
    message = record.getMessage()
    if (match := _WITH_CLIENT_DATA.match(message)) is not None:
        record.in_request = True
        message = match[1]
    record.msg, record.args = message, ()
    return True


class GunicornLogger(Logger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT]())
            handler.addFilter(remove_client_data)
