"""Balances connections between workers.

Each worker publishes its number of connections in shared memory. A worker with more than another
leaves new connections to that one for a moment. A worker with clearly more closes one from time to
time, because its client will then open another.
"""

import mmap
import threading
from collections.abc import Collection

ABSENT = -1
# How long to leave a queued connection to a worker with fewer connections.
DEFER_SECONDS = 0.01
# If no connection was queued for longer than this, a queued one is new.
NEW_AFTER_SECONDS = 0.005
# How often a worker may shed a connection.
SHED_SECONDS = 0.02
ALL = 1_000_000


class Shares:
    """The number of connections of each worker. Created before the workers are forked. Each worker
    writes only to its own slot, so there is no lock."""

    def __init__(self, slots: int) -> None:
        self._table = memoryview(mmap.mmap(-1, 4 * slots)).cast("i")
        for slot in range(slots):
            self._table[slot] = ABSENT

    def claim(self, taken: Collection[int]) -> "Share":
        """Returns the share of a new worker, given the slots of the running ones. If no slot is
        free, workers share the last one, which only makes their numbers less exact."""
        last = len(self._table) - 1
        slot = next((slot for slot in range(last) if slot not in taken), last)
        share = Share(self._table, slot)
        share.leave()
        return share


class Share:
    """One worker's share of the connections. Times are seconds of a monotonic clock."""

    def __init__(self, table: memoryview, slot: int) -> None:
        self.slot = slot
        self._table = table
        self._deferred_since = self._last_seen = self._next_shed = 0.0
        self._lock = threading.Lock()

    def publish(self, connections: int) -> None:
        """Publish the number of this worker's connections."""
        self._table[self.slot] = connections

    def leave(self) -> None:
        """Publish that this worker accepts no connections."""
        self.publish(ABSENT)

    def connections_to_accept(self, now: float) -> int:
        """Returns how many queued connections this worker should accept.

        Normally 1; 0 while another worker has fewer; ALL if no other worker has accepted them
        within DEFER_SECONDS.
        """
        if self._lead() <= 0:
            return 1
        if now - self._last_seen > NEW_AFTER_SECONDS:
            self._deferred_since = now
        self._last_seen = now
        if now - self._deferred_since < DEFER_SECONDS:
            return 0
        self._deferred_since = now
        return ALL

    def should_shed(self, now: float) -> bool:
        """Returns whether to close a connection after its response, so that its client connects
        to another worker. Of threads that call this at the same time, at most one gets True."""
        if now < self._next_shed:
            return False
        with self._lock:
            if now < self._next_shed:
                return False
            self._next_shed = now + SHED_SECONDS
        lead = self._lead()
        fewest = self._table[self.slot] - lead
        return lead >= max(2, fewest // 2)

    def _lead(self) -> int:
        """Returns how many more connections this worker has than the one with the fewest."""
        others = [
            number
            for slot, number in enumerate(self._table)
            if number != ABSENT and slot != self.slot
        ]
        return self._table[self.slot] - min(others) if others else 0
