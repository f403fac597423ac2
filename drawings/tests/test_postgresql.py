import socket
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from drawsite.postgresql.base import DatabaseWrapper


@pytest.fixture
def sockets():
    ours, servers = socket.socketpair()
    with ours, servers:
        yield ours, servers


class Connection:
    """As much of psycopg's as tells whether it lives; its queries are noted, and answered."""

    def __init__(self, fileno):
        self.pgconn = SimpleNamespace(socket=fileno)
        self.closed = False
        self.queries = []

    @contextmanager
    def cursor(self):
        yield SimpleNamespace(execute=self.queries.append)


@pytest.fixture
def connection(sockets):
    wrapper = DatabaseWrapper({"NAME": "", "TIME_ZONE": None, "OPTIONS": {}})
    wrapper.connection = Connection(sockets[0].fileno())
    return wrapper


def test_a_connection_at_rest_is_usable_without_a_query(connection):
    assert connection.is_usable()
    assert connection.connection.queries == []


def test_a_connection_that_the_server_has_ended_is_not_usable(connection, sockets):
    sockets[1].close()

    assert not connection.is_usable()


def test_nor_is_one_that_the_server_has_a_last_word_for(connection, sockets):
    sockets[1].send(b"terminating connection due to administrator command")

    assert not connection.is_usable()


def test_after_an_error_a_query_has_to_show_it(connection):
    connection.errors_occurred = True

    assert connection.is_usable()
    assert connection.connection.queries == ["SELECT 1"]


def test_one_that_was_closed_is_not_usable(connection):
    connection.connection.closed = True

    assert not connection.is_usable()
