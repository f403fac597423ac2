"""Django's PostgreSQL, which asks a kept connection whether it lives without a round trip."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """A server that ends or restarts says so: then there is something to read.

        Django's own way is a query, in front of every request. It still has to do after an error,
        when nothing is known of the connection.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.pgconn.socket, select.POLLIN)
        if poll.poll(0):
            return False
        return not self.errors_occurred or super().is_usable()
