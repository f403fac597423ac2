"""gunicorn's threaded worker, which ends without leaving anybody who has connected."""

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    def set_accept_enabled(self, enabled: bool) -> None:
        """When the worker ends: take who waits at the door, and close it.

        gunicorn itself would leave it open, without looking at it, until its last request is
        answered: who has come meanwhile is then cut off. Behind a closed one they are told at once,
        and try another server.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self.take_all(listener)
                listener.close()
            self.sockets.clear()

    def take_all(self, listener: object) -> None:
        taken = -1
        while taken < self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)
