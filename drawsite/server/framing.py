"""Finds where the body of a request ends, from the headers in its head.

The rules are strict. A head that breaks them is passed on unchanged and without a body: gunicorn's
parser or the site refuses it, and the connection closes after that response. The bytes that follow
are never taken for another request.
"""

import re
from typing import NamedTuple

# More than the photos that people upload by mistake. A larger body is not read to its end.
DISCARD_BYTES = 64_000_000

FRAMING_HEADERS = (b"content-length", b"transfer-encoding", b"expect")
HEADER_LINE = re.compile(
    rb"(?<=\r\n)(?P<name>%s)[ \t]*:(?P<value>[^\r\n]*)\r\n" % b"|".join(FRAMING_HEADERS),
    re.IGNORECASE,
)
LENGTH = re.compile(rb"[0-9]{1,18}")
# nginx also sends this line instead of a body that is too large; see BodyCheckMiddleware.
TOO_LARGE = b"X-Body-Too-Large: 1\r\n"


class Framing(NamedTuple):
    """The head to give to the parser, and how to treat the bytes that follow it."""

    head: bytes
    length: int = 0  # bytes of the body to read
    is_discarded: bool = False  # the body is too large: read it and throw it away
    is_last: bool = False  # the connection closes after the response
    expects_continue: bool = False  # the client waits for "100 Continue"


def parse_framing(head: bytes, max_body: int) -> Framing:
    """Returns the framing of a complete head, which ends with an empty line.

    A body larger than `max_body` bytes is still read, up to DISCARD_BYTES: browsers show the
    response only after they have sent the body.
    """
    lowered = head.lower()
    if not any([name in lowered for name in FRAMING_HEADERS]):  # noqa: C419 - a list is faster
        return Framing(head)
    lines: dict[bytes, re.Match[bytes]] = {}
    for line in HEADER_LINE.finditer(head):
        name = line["name"].lower()
        if name == b"transfer-encoding" or name in lines:
            return Framing(head, is_last=True)
        lines[name] = line
    length, expect = lines.get(b"content-length"), lines.get(b"expect")
    if expect and header_value(expect).lower() != b"100-continue":
        return Framing(head, is_last=True)
    if length and not LENGTH.fullmatch(header_value(length)):
        return Framing(head, is_last=True)

    size = int(header_value(length)) if length else 0
    is_too_large = size > max_body
    # A client that waits for 100 Continue with too large a body is refused at once.
    read = min(size, 0 if expect else DISCARD_BYTES) if is_too_large else size
    changes = [(length, TOO_LARGE)] if length and is_too_large else []
    changes += [(expect, b"")] if expect else []
    return Framing(
        _replace_lines(head, changes),
        length=read,
        is_discarded=is_too_large,
        is_last=read < size,
        expects_continue=expect is not None and read > 0 and b" HTTP/1.0\r\n" not in head,
    )


def header_value(line: re.Match[bytes]) -> bytes:
    """Returns the stripped value. Stripping by HEADER_LINE would take time quadratic in spaces."""
    return line["value"].strip(b" \t")


def _replace_lines(head: bytes, changes: list[tuple[re.Match[bytes], bytes]]) -> bytes:
    for line, replacement in sorted(changes, key=lambda change: -change[0].start()):
        head = head[: line.start()] + replacement + head[line.end() :]
    return head
