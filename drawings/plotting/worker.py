"""Long work, one piece at a time, in a helper process: the site keeps its speed meanwhile.

In a thread such work would hold the interpreter's lock. Each server process has a helper of its
own, from the first time that it needs one. It takes about 75 MB once it has drawn a figure, and
ends with the process that it helps.
"""

import atexit
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

# One works and one waits: more would keep all of the server's threads from answering others.
PLACES = 2
WAIT_SECONDS = 3.0
# With the waiting before it, within the time that a server that ends gives its last requests.
LIMIT_SECONDS = 20.0
# Pictures go first.
NICENESS = 10

logger = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class BusyError(Exception):
    """Others are at such work, or it took too long, or its process died; try again shortly."""


class Run(Protocol):
    """Calls a function in the helper: one of a module that knows nothing of Django.

    Its arguments and its result travel as pickles. What it raises is raised here.
    """

    def __call__(
        self,
        function: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result: ...


def here(
    function: Callable[Arguments, Result],
    /,
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """The Run of a process that has nothing else to do."""
    return function(*args, **kwargs)


class Helper:
    """The process and our end of the pipe to it, while it runs."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.pipe: Connection
        self.deadline = 0.0  # of the turn, however many calls it makes: as time.monotonic()

    def run(
        self,
        function: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise BusyError
        try:
            if self.process is None or self.process.poll() is not None:
                self.process = self.start()
            # Whatever it hangs in, our end of the pipe hears of its death.
            alarm = threading.Timer(left, self.process.kill)
            alarm.start()
            try:
                self.pipe.send((function, args, kwargs))
                result, error = self.pipe.recv()
            finally:
                alarm.cancel()
        except (EOFError, OSError) as fault:
            logger.error("The helper did not answer, and is ended: %r", fault)
            self.stop()
            raise BusyError from fault
        except BaseException:
            self.stop()  # else its answer would be taken for the next one's
            raise
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def start(self) -> "subprocess.Popen[bytes]":
        self.stop()
        self.pipe, theirs = Pipe()
        try:
            # Not multiprocessing's own: that would load the server's program a second time, and
            # start one more process to look after what is shared, which is nothing here.
            return subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=Path(__file__).parents[2],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl+C in a terminal goes to the server alone
            )
        except OSError:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    def stop(self) -> None:
        if self.process is not None:
            self.pipe.close()
            self.process.kill()
            self.process.wait()
            self.process = None


helper = Helper()
atexit.register(helper.stop)
_places = threading.BoundedSemaphore(PLACES)
_turn = threading.Lock()


@contextmanager
def one_at_a_time() -> Iterator[Run]:
    """Wait a little for the turn, and have it: what is given calls functions in the helper.

    Raises BusyError when too many wait already, or waiting takes too long. So does a call when
    the turn takes longer than LIMIT_SECONDS, and one whose process dies; the next starts another.
    """
    if not _places.acquire(blocking=False):
        raise BusyError
    try:
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise BusyError
        try:
            helper.deadline = time.monotonic() + LIMIT_SECONDS
            yield helper.run
        finally:
            _turn.release()
    finally:
        _places.release()


def serve(pipe: Connection) -> None:
    """What the helper does until the process that it helps is gone."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(_answer(*pipe.recv()))


def _answer(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    """What the function gives, or what it raises."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
