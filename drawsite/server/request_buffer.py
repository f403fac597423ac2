"""The bytes of a request while it arrives, until a thread can take it whole.

Knows nothing of sockets or threads.
"""

import math
import re
from typing import NamedTuple

from drawsite.server.framing import Framing, frame

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
LEAST_RATE = 1_000  # bytes a second

END_OF_HEAD = b"\r\n\r\n"
BARE_NEWLINE = re.compile(rb"(?<!\r)\n")
NO_FRAMING = Framing(b"")


class Limits(NamedTuple):
    """Sizes in bytes. gunicorn's parser refuses a longer first line, and a longer head."""

    line: int
    head: int
    body: int


class Arrived(NamedTuple):
    """A request for the parser: its bytes in pieces, and whether its connection must then close."""

    pieces: list[bytes]
    is_last: bool


class RequestBuffer:
    def __init__(self, limits: Limits, now: float) -> None:
        """`now` is the time by a monotonic clock, in seconds, when the wait begins."""
        self._limits = limits
        self._data = bytearray()  # without the head, once that is whole
        self.restart(now)

    def __len__(self) -> int:
        return len(self._data)

    def restart(self, now: float) -> None:
        """Begin the next request, perhaps with bytes that came behind the last one."""
        self.began = now
        self._latest = math.inf
        self._received = len(self._data)
        self._searched = 0
        self._pieces: list[bytes] = []  # of the head, once that is whole
        self._framing = NO_FRAMING
        self._left = 0  # of the body, from the start of `_data`
        self._expects = False
        if self._data:
            self._look_for_head()

    @property
    def is_silent(self) -> bool:
        """Whether nothing has arrived at all."""
        return self._received == 0

    @property
    def is_whole(self) -> bool:
        return bool(self._pieces) and len(self._data) >= self._left

    def accept_body(self) -> bool:
        """Whether the client now waits for "100 Continue": true once."""
        expects, self._expects = self._expects, False
        return expects and not self.is_whole

    @property
    def deadline(self) -> float:
        """When the request must be whole: HEAD_SECONDS for the head; for the body as much time more
        as its bytes take at LEAST_RATE, and BODY_SECONDS for everything at most."""
        seconds = HEAD_SECONDS
        if self._pieces:
            seconds = min(seconds + self._received / LEAST_RATE, BODY_SECONDS)
        return min(self.began + seconds, self._latest)

    def hurry(self, latest: float) -> None:
        """Bring the deadline forward, once."""
        self._latest = min(self._latest, latest)

    def add(self, data: bytes) -> None:
        self._data += data
        self._received += len(data)
        if self._pieces:
            self._discard()
        else:
            self._look_for_head()

    def end(self) -> bool:
        """The client sends no more. Returns whether there is a request to answer, be it one whose
        body broke off."""
        if not self._pieces:
            return False
        self._left = min(self._left, len(self._data))
        self._framing = self._framing._replace(is_last=True)
        return True

    def take(self) -> Arrived:
        """The request. Bytes of the next one stay, for `restart`."""
        body = bytes(self._data[: self._left])
        del self._data[: self._left]
        if self._framing.is_last:
            self._data.clear()
        return Arrived([*self._pieces, body], self._framing.is_last)

    def _look_for_head(self) -> None:
        # What was searched before is not searched again: a head may arrive byte by byte.
        begin = max(0, self._searched - len(END_OF_HEAD) + 1)
        end = self._data.find(END_OF_HEAD, begin)
        self._searched = len(self._data)
        if end >= 0:
            head = bytes(self._data[: end + len(END_OF_HEAD)])
            del self._data[: len(head)]
            self._framing = frame(head, self._limits.body)
            self._pieces = [self._framing.head]
            self._left = self._framing.length
            self._expects = self._framing.expects_continue
            self._discard()
        elif self._is_hopeless(begin):
            # In two pieces: the parser checks the size of the head only after a second read.
            self._pieces = [bytes(self._data[:-1]), bytes(self._data[-1:])]
            self._data.clear()
            self._framing = NO_FRAMING._replace(is_last=True)

    def _is_hopeless(self, begin: int) -> bool:
        """Whether the parser refuses the head, however it goes on from its byte `begin`."""
        data = self._data
        has_bare_newline = BARE_NEWLINE.search(data, begin) is not None
        # One empty line may come before the first.
        longest = self._limits.line + 4
        has_long_line = len(data) > longest and data.find(b"\r\n", 2, longest) < 0
        is_long = len(data) > self._limits.line + 4 + self._limits.head
        return has_bare_newline or has_long_line or is_long

    def _discard(self) -> None:
        if self._framing.is_discarded:
            count = min(self._left, len(self._data))
            del self._data[:count]
            self._left -= count
