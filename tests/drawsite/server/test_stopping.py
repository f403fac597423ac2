"""How a stopping server closes its sockets."""

import socket
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from drawsite.server.stopping import drain_when_stopped


@pytest.fixture
def listener():
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        yield made


def stopped(listener, **values):
    """Stop an arbiter with this listener. Returns the arguments of its own stop()."""
    asked: list[bool] = []
    arbiter = SimpleNamespace(
        **{"reexec_pid": 0, "master_pid": 0, "systemd": False, **values},
        LISTENERS=[SimpleNamespace(sock=listener)],
        stop=asked.append,
    )
    drain_when_stopped(arbiter)
    arbiter.stop(False)
    return asked


def connect(listener):
    return closing(socket.create_connection(listener.getsockname(), timeout=0.5))


if sys.platform == "linux":

    def test_queued_connections_can_be_accepted_and_new_ones_are_dropped(listener):
        with connect(listener) as early:
            assert stopped(listener) == [False]

            with pytest.raises(TimeoutError):
                connect(listener)
            taken, _ = listener.accept()
            with closing(taken):
                early.sendall(b"still here")
                assert taken.recv(20) == b"still here"


@pytest.mark.parametrize("values", [{"systemd": True}, {"reexec_pid": 5}, {"master_pid": 5}])
def test_sockets_that_another_process_uses_stay_open(listener, values):
    stopped(listener, **values)

    with connect(listener):
        taken, _ = listener.accept()
        taken.close()
