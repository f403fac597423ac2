"""Connections are balanced between workers."""

import http.client
import os
import re
import signal
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from drawsite.server.balance import ALL, DEFER_SECONDS, SHED_SECONDS, Shares
from tests.support.server import Server

pytestmark = pytest.mark.server_alone


@pytest.fixture
def two():
    shares = Shares(4)
    return [shares.claim(taken) for taken in ([], [0])]


# --- One worker's view ----------------------------------------------------------------------


def test_a_worker_with_fewer_or_equally_many_connections_takes_one(two):
    mine, other = two
    mine.publish(3)
    for number in (3, 4):
        other.publish(number)
        assert mine.connections_to_accept(1.0) == 1


def test_a_worker_with_more_leaves_connections_to_others_but_not_for_long(two):
    mine, other = two
    mine.publish(1)
    other.publish(0)

    times = [1.0 + step * DEFER_SECONDS / 4 for step in range(6)]

    assert [mine.connections_to_accept(now) for now in times] == [0, 0, 0, 0, ALL, 0]
    assert mine.connections_to_accept(2.0) == 0


def test_a_worker_alone_takes_all_and_sheds_none(two):
    mine, other = two
    mine.publish(100)
    other.leave()

    assert mine.connections_to_accept(1.0) == 1
    assert not mine.should_shed(1.0)


@pytest.mark.parametrize(
    ("number", "others", "sheds"),
    [(1, 0, False), (2, 0, True), (4, 3, False), (5, 3, True), (40, 32, False), (48, 32, True)],
)
def test_a_worker_with_clearly_more_sheds_connections(two, number, others, sheds):
    mine, other = two
    mine.publish(number)
    other.publish(others)

    assert mine.should_shed(1.0) == sheds


def test_connections_are_shed_one_at_a_time(two):
    mine, other = two
    mine.publish(8)
    other.publish(0)

    assert [mine.should_shed(1.0 + step * SHED_SECONDS / 2) for step in range(4)] == [
        True, False, True, False,
    ]  # fmt: skip


def test_slots_are_reused_and_the_last_is_shared_when_no_other_is_free():
    shares = Shares(3)

    assert [shares.claim(taken).slot for taken in ([], [0], [0, 1], [0, 1, 2], [1, 2])] == [
        0, 1, 2, 2, 0,
    ]  # fmt: skip


# --- The real server ------------------------------------------------------------------------


def kept_by(server):
    """The number of open connections of each worker, according to the kernel."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    port, is_established = f":{server.port:04X}", "01"
    open_ones = {row[9] for row in rows if row[1].endswith(port) and row[3] == is_established}
    return {pid: len(open_ones & sockets(pid)) for pid in server.workers()}


def sockets(pid):
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            link = str(entry.readlink())
        except FileNotFoundError:
            continue
        found.update(re.findall(r"^socket:\[(\d+)\]$", link))
    return found


def ask(connections):
    """On a slow machine the server may have closed a connection that was silent for long. As
    browsers do, the client then connects again."""
    for connection in connections:
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
        except ConnectionError:
            connection.close()
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
        assert answer.read()


def connected(stack, server, count):
    connections = [
        stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", server.port)))
        for _ in range(count)
    ]
    for connection in connections:
        connection.connect()
    return connections


@pytest.fixture(scope="module", params=[2, 4])
def server_of_several(request, static_files, django_db_setup):
    """A server and the number of its workers."""
    with Server(WEB_WORKERS=str(request.param)) as server:
        yield server, request.param


@pytest.fixture
def several(server_of_several):
    """The same, with all its workers running."""
    server, workers = server_of_several
    wait_until(lambda: len(server.workers()) == workers)
    return server, workers


@pytest.mark.parametrize("each", [1, 4])
def test_connections_at_once_are_spread_evenly(several, each):
    server, workers = several
    with ExitStack() as stack:
        assert_even(server, connected(stack, server, each * workers), {each: workers})


def test_connections_even_out_after_a_worker_was_killed(several):
    server, workers = several
    with ExitStack() as stack:
        os.kill(server.workers()[0], signal.SIGKILL)
        assert_even(server, connected(stack, server, 4 * workers), {4: workers})


def assert_even(server, connections, expected):
    """Until the numbers of connections are the expected numbers of workers."""

    def are_even():
        ask(connections)
        return Counter(kept_by(server).values()) == expected

    wait_until(are_even)


def test_a_worker_that_hangs_does_not_keep_connections_from_the_others(several):
    server, _ = several
    with ExitStack() as stack:
        ask(connected(stack, server, 4))
        hung = server.workers()[0]
        os.kill(hung, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            for _ in range(20):
                ask(connected(stack, server, 1))
            assert time.monotonic() - begin < 2
        finally:
            os.kill(hung, signal.SIGCONT)


def wait_until(is_so):
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
