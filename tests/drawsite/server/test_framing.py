"""Where a body ends. Bytes after a malformed head are never taken for another request."""

import time

import pytest

from drawsite.server.framing import DISCARD_BYTES, Framing, parse_framing

MOST = 1_000


def head(*lines):
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "line", ["Content-Length: 5", "content-length:5", "CONTENT-LENGTH: \t5 ", "Content-Length: 005"]
)
def test_a_length_is_read(line):
    given = head("Host: localhost", line)

    assert parse_framing(given, MOST) == Framing(given, length=5)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["X-Content-Length: 5"],
        ["Content-Length-Of: 5"],
        ["X: Content-Length: 5"],
        [" Content-Length: 5"],
        ["Content_Length: 5"],
    ],
    ids=str,
)
def test_other_lines_are_ignored(lines):
    given = head(*lines)

    assert parse_framing(given, MOST) == Framing(given)


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "content-length: 5"],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked"],
        ["Transfer-Encoding : chunked"],
        ["Content-Length: -1"],
        ["Content-Length: +5"],
        ["Content-Length: 5, 5"],
        ["Content-Length: 0x5"],
        ["Content-Length: \u0665"],
        ["Content-Length:"],
        ["Content-Length: " + "9" * 5_000],
        ["Expect: a miracle", "Content-Length: 5"],
        ["Expect: 100-continue", "Expect: 100-continue", "Content-Length: 5"],
    ],
    ids=lambda lines: str(lines)[:60],
)
def test_a_malformed_head_is_passed_on_and_ends_the_connection(lines):
    given = head(*lines)

    assert parse_framing(given, MOST) == Framing(given, is_last=True)


def test_a_body_that_is_too_large_is_replaced_by_a_header():
    given = head("X: Content-Length: 1001", "Content-Length: 1001", "Host: localhost")

    assert parse_framing(given, MOST) == Framing(
        head("X: Content-Length: 1001", "X-Body-Too-Large: 1", "Host: localhost"),
        length=1001,
        is_discarded=True,
    )


def test_a_body_far_too_large_is_not_read_to_its_end():
    framing = parse_framing(head(f"Content-Length: {DISCARD_BYTES + 1}"), MOST)

    assert (framing.length, framing.is_last) == (DISCARD_BYTES, True)


def test_a_client_that_waits_with_too_large_a_body_is_refused_at_once():
    framing = parse_framing(head("Expect: 100-continue", "Content-Length: 1001"), MOST)

    assert framing == Framing(head("X-Body-Too-Large: 1"), is_discarded=True, is_last=True)


@pytest.mark.parametrize("line", ["Expect: a{}b", "Content-Length: 1{}2", "Expect{}"])
def test_a_head_of_spaces_takes_no_time(line):
    """In quadratic time it would block the worker for minutes."""
    begin = time.process_time()

    parse_framing(head(line.format(" " * 700_000)), MOST)

    assert time.process_time() - begin < 1
