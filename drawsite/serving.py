"""gunicorn, where it does not do as is needed here: how a worker ends, and what is logged."""

import logging
import re
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from drawsite.logs import FORMATTERS


class Worker(ThreadWorker):  # type: ignore[misc]
    def set_accept_enabled(self, enabled: bool) -> None:
        """When the worker ends: take who waits at the door, and close it.

        gunicorn itself would leave it open, without looking at it, until its last request is
        answered: who has come meanwhile is then cut off. Behind a closed one they are told at once,
        and try another server.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self.take_all(listener)
                listener.close()
            self.sockets.clear()

    def take_all(self, listener: object) -> None:
        taken = -1
        while taken < self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)


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
    """gunicorn's own events, as lines like all the others."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT]())
            handler.addFilter(keep_secret)
