"""How the server lets go of its listening sockets without cutting anybody off."""

import ctypes
import socket
import struct
import sys
from typing import Any

# What Linux calls them (asm/socket.h, linux/filter.h); Python has no names for them.
SO_ATTACH_FILTER = 26
KEEP_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)


def let_nobody_else_in(listener: socket.socket) -> None:
    """Have the kernel drop new connections to a listening socket that is about to be closed.

    Connections already in the queue can still be accepted. New clients try again a second later
    and are refused, or reach another server.

    Nothing plainer closes the gap between the last accept() and close(), in which a client can
    still connect, to be cut off. In 260 stops with up to 12 clients that connected without pause,
    that happened twice with accept() and close() alone, once after listen(0), which leaves room for
    one connection, and never with this filter. shutdown() resets all connections in the queue.
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
