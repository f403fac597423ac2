"""gunicorn, where it does not do as is needed here: how a worker ends, and what is logged."""

import ctypes
import logging
import re
import socket
import struct
import sys
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from drawsite.logs import FORMATTERS

# What Linux calls them (asm/socket.h, linux/filter.h); Python has no names for them.
SO_ATTACH_FILTER = 26
KEEP_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)


def let_nobody_else_in(listener: socket.socket) -> None:
    """Have the kernel drop what comes to a listening socket that is about to be closed.

    Who has connected by now can still be taken. Else who connects between the last look and the end
    would be cut off; now they ask once more a second later, and are refused.
    """
    if sys.platform == "linux":
        instruction = ctypes.create_string_buffer(KEEP_NOTHING)
        program = struct.pack("HP", 1, ctypes.addressof(instruction))
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def drain_when_stopped(server: Any) -> None:
    """Have gunicorn's arbiter do so when it stops, unless others go on with its sockets."""
    stop = server.stop

    def drain_and_stop(graceful: bool = True) -> None:
        if server.reexec_pid == server.master_pid == 0 and not server.systemd:
            for listener in server.LISTENERS:
                let_nobody_else_in(listener.sock)
        stop(graceful)

    server.stop = drain_and_stop


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
