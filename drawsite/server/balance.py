"""How workers come to have equally many connections.

Each tells the others how many it has, in memory that they share. A worker with more than another
leaves new connections to that one for a moment; one with clearly more closes a connection now and
then, as its client opens another.
"""

import mmap
import threading
from collections.abc import Collection

ABSENT = -1
# While another worker has fewer connections, new ones are left to it, for this long in all.
PATIENCE_SECONDS = 0.01
# After a longer time without any, a connection that waits is a new one.
PAUSE_SECONDS = 0.005
# How often a worker considers shedding a connection.
SHED_SECONDS = 0.02
ALL = 1_000_000


class Shares:
    """The number of connections of each worker. Made before the workers are forked; each writes
    only to its own place, so there is no lock."""

    def __init__(self, places: int) -> None:
        self._table = memoryview(mmap.mmap(-1, 4 * places)).cast("i")
        for place in range(places):
            self._table[place] = ABSENT

    def claim(self, taken: Collection[int]) -> "Share":
        """The share of a new worker, given the places of the living. Workers beyond the number of
        places share the last one, which makes their numbers less exact and nothing worse."""
        last = len(self._table) - 1
        place = next((place for place in range(last) if place not in taken), last)
        share = Share(self._table, place)
        share.leave()
        return share


class Share:
    """One worker's view. Times are those of a monotonic clock, in seconds."""

    def __init__(self, table: memoryview, place: int) -> None:
        self.place = place
        self._table = table
        self._waiting_since = self._looked = self._next_shed = 0.0
        self._lock = threading.Lock()

    def publish(self, connections: int) -> None:
        """Tell the others how many connections this worker has."""
        self._table[self.place] = connections

    def leave(self) -> None:
        """Tell the others that this worker takes no connections."""
        self.publish(ABSENT)

    def welcome(self, now: float) -> int:
        """How many of the connections that wait this worker is to accept.

        One normally; none while another worker has fewer; ALL when no other worker came for them
        within PATIENCE_SECONDS.
        """
        if self._lead() <= 0:
            return 1
        if now - self._looked > PAUSE_SECONDS:
            self._waiting_since = now
        self._looked = now
        if now - self._waiting_since < PATIENCE_SECONDS:
            return 0
        self._waiting_since = now
        return ALL

    def sheds(self, now: float) -> bool:
        """Whether to close a connection after its answer, for it to come back to another worker.
        Threads may call this at the same time: one of them gets a yes."""
        if now < self._next_shed:
            return False
        with self._lock:
            if now < self._next_shed:
                return False
            self._next_shed = now + SHED_SECONDS
        lead = self._lead()
        fewest = self._table[self.place] - lead
        return lead >= max(2, fewest // 2)

    def _lead(self) -> int:
        """How many connections more than the worker with the fewest this one has."""
        others = [
            number
            for place, number in enumerate(self._table)
            if number != ABSENT and place != self.place
        ]
        return self._table[self.place] - min(others) if others else 0
