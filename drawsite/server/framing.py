"""Where the body of a request ends, by its head.

The rules are strict. A head that breaks them is passed on as it is, without a body: gunicorn's
parser or the site refuses it, and the connection ends with that answer. Bytes that follow it are
never taken for another request.
"""

import re
from typing import NamedTuple

# A larger body than the photos that people send by mistake is not even read to its end.
DISCARD_BYTES = 64_000_000

NAMES = (b"content-length", b"transfer-encoding", b"expect")
LINE = re.compile(
    rb"(?<=\r\n)(?P<name>%s)[ \t]*:(?P<value>[^\r\n]*)\r\n" % b"|".join(NAMES), re.IGNORECASE
)
LENGTH = re.compile(rb"[0-9]{1,18}")
# nginx, too, sends this line in place of a body that is too large; see WholeBodies.
TOO_LARGE = b"X-Body-Too-Large: 1\r\n"


class Framing(NamedTuple):
    """A head as the parser is to see it, and what to do with the bytes that follow."""

    head: bytes
    length: int = 0  # of the body, in bytes, as far as it is read
    is_discarded: bool = False  # the body is too large: read it, and let go of it
    is_last: bool = False  # the connection closes after the answer
    expects_continue: bool = False  # the client waits for "100 Continue" before it sends the body


def frame(head: bytes, max_body: int) -> Framing:
    """The framing of a whole head, which ends with an empty line.

    A body above `max_body` bytes is read, so that browsers see the answer, up to DISCARD_BYTES.
    """
    lowered = head.lower()
    if not any([name in lowered for name in NAMES]):  # noqa: C419 - a list is faster
        return Framing(head)
    lines: dict[bytes, re.Match[bytes]] = {}
    for line in LINE.finditer(head):
        name = line["name"].lower()
        if name == b"transfer-encoding" or name in lines:
            return Framing(head, is_last=True)
        lines[name] = line
    length, expect = lines.get(b"content-length"), lines.get(b"expect")
    if expect and value_of(expect).lower() != b"100-continue":
        return Framing(head, is_last=True)
    if length and not LENGTH.fullmatch(value_of(length)):
        return Framing(head, is_last=True)

    size = int(value_of(length)) if length else 0
    is_too_large = size > max_body
    # A client that waits for permission to send too much is refused at once.
    read = min(size, 0 if expect else DISCARD_BYTES) if is_too_large else size
    changes = [(length, TOO_LARGE)] if length and is_too_large else []
    changes += [(expect, b"")] if expect else []
    return Framing(
        _changed(head, changes),
        length=read,
        is_discarded=is_too_large,
        is_last=read < size,
        expects_continue=expect is not None and read > 0 and b" HTTP/1.0\r\n" not in head,
    )


def value_of(line: re.Match[bytes]) -> bytes:
    """A header's value. (Left to the pattern, trimming would take time quadratic in spaces.)"""
    return line["value"].strip(b" \t")


def _changed(head: bytes, changes: list[tuple[re.Match[bytes], bytes]]) -> bytes:
    """The head with other lines in place of some of its own."""
    for line, other in sorted(changes, key=lambda change: -change[0].start()):
        head = head[: line.start()] + other + head[line.end() :]
    return head
