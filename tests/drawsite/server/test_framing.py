"""Where a body ends; what is not understood is never taken for a next request."""

import time

import pytest

from drawsite.server.framing import DISCARD_BYTES, Framing, frame

MOST = 1_000


def head(*lines):
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "line", ["Content-Length: 5", "content-length:5", "CONTENT-LENGTH: \t5 ", "Content-Length: 005"]
)
def test_a_length_is_read(line):
    given = head("Host: localhost", line)

    assert frame(given, MOST) == Framing(given, length=5)


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
def test_other_lines_are_no_length(lines):
    given = head(*lines)

    assert frame(given, MOST) == Framing(given)


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
def test_a_head_that_is_not_understood_is_passed_on_as_the_last(lines):
    given = head(*lines)

    assert frame(given, MOST) == Framing(given, is_last=True)


def test_a_body_that_is_too_large_becomes_a_word_about_it():
    given = head("X: Content-Length: 1001", "Content-Length: 1001", "Host: localhost")

    assert frame(given, MOST) == Framing(
        head("X: Content-Length: 1001", "X-Body-Too-Large: 1", "Host: localhost"),
        length=1001,
        is_discarded=True,
    )


def test_a_body_far_too_large_is_not_read_to_its_end():
    framing = frame(head(f"Content-Length: {DISCARD_BYTES + 1}"), MOST)

    assert (framing.length, framing.is_last) == (DISCARD_BYTES, True)


def test_a_client_that_asks_to_send_too_much_is_refused_without_its_body():
    framing = frame(head("Expect: 100-continue", "Content-Length: 1001"), MOST)

    assert framing == Framing(head("X-Body-Too-Large: 1"), is_discarded=True, is_last=True)


@pytest.mark.parametrize("line", ["Expect: a{}b", "Content-Length: 1{}2", "Expect{}"])
def test_a_head_of_spaces_takes_no_time(line):
    """Quadratic, it would be minutes, in which the worker answers nobody."""
    begin = time.process_time()

    frame(head(line.format(" " * 700_000)), MOST)

    assert time.process_time() - begin < 1
