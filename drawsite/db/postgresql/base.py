"""Django's PostgreSQL backend, with a health check of kept connections that needs no round trip."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Returns whether the connection is alive. If the server has ended it, its socket is
        readable: a last message, or the end of the stream.

        Django itself runs a query before each request. Here that happens only after an error, which
        leaves the state of the connection unknown.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.pgconn.socket, select.POLLIN)
        if poll.poll(0):
            return False
        return not self.errors_occurred or super().is_usable()
