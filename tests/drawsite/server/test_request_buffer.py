"""Requests leave the buffer unchanged, in whatever pieces they arrive."""

import time

import pytest

from drawsite.server.request_buffer import BODY_SECONDS, HEAD_SECONDS, Limits, RequestBuffer

LIMITS = Limits(line=100, head=1_000, body=50)
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
LARGE = b"POST / HTTP/1.1\r\nContent-Length: 60\r\n\r\n" + b"x" * 60


@pytest.fixture
def buffer():
    return RequestBuffer(LIMITS, now=0.0)


def taken(buffer, *pieces):
    """The requests that become complete as the pieces arrive, each as bytes."""
    found = []
    for piece in pieces:
        buffer.add(piece)
        while buffer.is_complete:
            found.append(b"".join(buffer.take().pieces))
            buffer.restart(0.0)
    return found


@pytest.mark.parametrize("end", range(1, len(POST)))
def test_a_request_may_be_split_anywhere(buffer, end):
    assert taken(buffer, POST[:end], POST[end:]) == [POST]


def test_requests_byte_by_byte_are_told_apart(buffer):
    pieces = (bytes([byte]) for byte in GET + POST + b"\r\n" + GET + POST)

    assert taken(buffer, *pieces) == [GET, POST, b"\r\n" + GET, POST]


def test_requests_all_at_once_are_told_apart(buffer):
    assert taken(buffer, GET + POST + GET + POST[:-1]) == [GET, POST, GET]
    assert taken(buffer, POST[-1:]) == [POST]


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_body_that_is_too_large_is_discarded_and_the_next_request_is_not(buffer, size):
    data = LARGE + GET
    marked = LARGE[:-60].replace(b"Content-Length: 60", b"X-Body-Too-Large: 1")

    pieces = [data[begin : begin + size] for begin in range(0, len(data), size)]

    assert taken(buffer, *pieces) == [marked, GET]


def test_a_body_that_breaks_off_is_passed_on_and_ends_the_connection(buffer):
    buffer.add(POST[:-2])

    assert buffer.end()
    assert buffer.is_complete
    arrived = buffer.take()
    assert (b"".join(arrived.pieces), arrived.is_last) == (POST[:-2], True)


def test_a_head_that_breaks_off_is_no_request(buffer):
    buffer.add(GET[:-2])

    assert not buffer.end()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\n",
        b"GET /" + b"x" * 100,
        b"\r\nGET /" + b"x" * 100,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200,
    ],
    ids=["bare newline", "line", "line after an empty one", "head"],
)
def test_a_head_that_will_be_refused_is_passed_on_at_once(buffer, data):
    buffer.add(data)

    assert buffer.is_complete
    arrived = buffer.take()
    assert (b"".join(arrived.pieces), arrived.is_last) == (data, True)


def test_a_head_has_ten_seconds_however_it_dribbles(buffer):
    for _ in range(50):
        buffer.add(b"x")

    assert buffer.deadline == HEAD_SECONDS


def test_a_body_gets_a_second_for_each_kilobyte_and_a_minute_at_most():
    buffer = RequestBuffer(Limits(100, 1_000, 1_000_000), now=5.0)
    buffer.add(b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n".ljust(2_000, b"x"))
    assert buffer.deadline == 5.0 + HEAD_SECONDS + 2

    buffer.add(b"x" * 200_000)
    assert buffer.deadline == 5.0 + BODY_SECONDS


def test_a_deadline_is_brought_forward_once(buffer):
    buffer.limit_deadline(3.0)
    buffer.limit_deadline(4.0)

    assert buffer.deadline == 3.0


@pytest.mark.parametrize(("version", "asks"), [("1.1", True), ("1.0", False)])
def test_a_client_that_waits_to_send_is_told_once(buffer, version, asks):
    head = f"POST / HTTP/{version}\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    buffer.add(head.encode())

    assert [buffer.take_expectation(), buffer.take_expectation()] == [asks, False]


def test_a_client_that_has_sent_its_body_is_not_told_to_send_it(buffer):
    buffer.add(POST.replace(b"\r\nContent", b"\r\nExpect: 100-continue\r\nContent"))

    assert not buffer.take_expectation()
    assert b"".join(buffer.take().pieces) == POST


def test_a_large_head_that_dribbles_is_not_searched_again_for_each_byte():
    buffer = RequestBuffer(Limits(line=4_094, head=900_000, body=50), now=0.0)
    buffer.add(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000)
    begin = time.process_time()

    for _ in range(10_000):
        buffer.add(b"x")

    assert (
        time.process_time() - begin < 2
    )  # searching it all would take a millisecond for each byte
    assert not buffer.is_complete
