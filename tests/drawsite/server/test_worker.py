"""Races in the worker's event loop that the real server shows only by chance."""

from collections import deque
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from drawsite.server.worker import Worker


def test_an_event_of_a_connection_that_was_just_closed_does_not_end_the_worker():
    """One event closes a connection for which the poller has already reported another."""
    received: list[Any] = []
    closed: Any = Mock(is_polled=False, is_handled=False)
    worker: Any = SimpleNamespace(
        receiving={closed}, keepalived_conns=deque([closed]), receive=received.append
    )

    Worker.on_readable(worker, closed, None)

    assert received == []
