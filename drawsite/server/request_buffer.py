"""Buffers the bytes of a request until it is complete.

Independent of sockets and threads.
"""

import math
import re
from typing import NamedTuple

from drawsite.server.framing import Framing, parse_framing

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
MIN_BYTES_PER_SECOND = 1_000

END_OF_HEAD = b"\r\n\r\n"
BARE_NEWLINE = re.compile(rb"(?<!\r)\n")
NO_FRAMING = Framing(b"")


class Limits(NamedTuple):
    """Maximum sizes in bytes. gunicorn's parser refuses a longer first line or head."""

    line: int
    head: int
    body: int


class BufferedRequest(NamedTuple):
    """A request for the parser: its bytes in pieces, and whether its connection closes after it."""

    pieces: list[bytes]
    is_last: bool


class RequestBuffer:
    def __init__(self, limits: Limits, now: float) -> None:
        """`now` is the time of a monotonic clock, in seconds."""
        self._limits = limits
        self._data = bytearray()  # without the head, once that is complete
        self.restart(now)

    def __len__(self) -> int:
        return len(self._data)

    def restart(self, now: float) -> None:
        """Begin the next request, with any bytes that followed the last one."""
        self.began = now
        self._latest_deadline = math.inf
        self._received = len(self._data)
        self._searched = 0
        self._pieces: list[bytes] = []  # of the head, once that is complete
        self._framing = NO_FRAMING
        self._body_left = 0  # bytes of the body, from the start of `_data`
        self._expects_continue = False
        if self._data:
            self._find_head()

    @property
    def is_silent(self) -> bool:
        """Whether no byte has arrived."""
        return self._received == 0

    @property
    def is_complete(self) -> bool:
        return bool(self._pieces) and len(self._data) >= self._body_left

    def take_expectation(self) -> bool:
        """Returns whether to send "100 Continue" now. True once at most."""
        expects, self._expects_continue = self._expects_continue, False
        return expects and not self.is_complete

    @property
    def deadline(self) -> float:
        """The time by which the request must be complete: HEAD_SECONDS for the head, plus the time
        that all bytes so far take at MIN_BYTES_PER_SECOND once the body arrives, and at most
        BODY_SECONDS."""
        seconds = HEAD_SECONDS
        if self._pieces:
            seconds = min(seconds + self._received / MIN_BYTES_PER_SECOND, BODY_SECONDS)
        return min(self.began + seconds, self._latest_deadline)

    def limit_deadline(self, latest: float) -> None:
        """Bring the deadline forward. Later calls cannot move it back."""
        self._latest_deadline = min(self._latest_deadline, latest)

    def add(self, data: bytes) -> None:
        self._data += data
        self._received += len(data)
        if self._pieces:
            self._discard()
        else:
            self._find_head()

    def end(self) -> bool:
        """Handle the end of the client's stream. Returns whether there is a request to answer, even
        if its body is incomplete."""
        if not self._pieces:
            return False
        self._body_left = min(self._body_left, len(self._data))
        self._framing = self._framing._replace(is_last=True)
        return True

    def take(self) -> BufferedRequest:
        """Remove the complete request and return it. Bytes of the next one stay for `restart`."""
        body = bytes(self._data[: self._body_left])
        del self._data[: self._body_left]
        if self._framing.is_last:
            self._data.clear()
        return BufferedRequest([*self._pieces, body], self._framing.is_last)

    def _find_head(self) -> None:
        # A head may arrive byte by byte: do not search the same bytes again.
        begin = max(0, self._searched - len(END_OF_HEAD) + 1)
        end = self._data.find(END_OF_HEAD, begin)
        self._searched = len(self._data)
        if end >= 0:
            head = bytes(self._data[: end + len(END_OF_HEAD)])
            del self._data[: len(head)]
            self._framing = parse_framing(head, self._limits.body)
            self._pieces = [self._framing.head]
            self._body_left = self._framing.length
            self._expects_continue = self._framing.expects_continue
            self._discard()
        elif self._will_be_refused(begin):
            # In two pieces: the parser checks the size of the head only after a second read.
            self._pieces = [bytes(self._data[:-1]), bytes(self._data[-1:])]
            self._data.clear()
            self._framing = NO_FRAMING._replace(is_last=True)

    def _will_be_refused(self, begin: int) -> bool:
        """Whether the parser will refuse the head, whatever follows. Searches from `begin`."""
        data = self._data
        has_bare_newline = BARE_NEWLINE.search(data, begin) is not None
        # The parser allows one empty line before the first.
        longest = self._limits.line + 4
        has_long_line = len(data) > longest and data.find(b"\r\n", 2, longest) < 0
        is_long = len(data) > self._limits.line + 4 + self._limits.head
        return has_bare_newline or has_long_line or is_long

    def _discard(self) -> None:
        if self._framing.is_discarded:
            count = min(self._body_left, len(self._data))
            del self._data[:count]
            self._body_left -= count
