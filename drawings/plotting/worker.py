"""The plot worker: a process that runs slow functions, one at a time, for the server process.

In one of the server's threads such work would hold the GIL and delay every other request. Each
server process starts its own worker when it first needs one. A worker takes about 75 MB once it has
drawn a plot, and exits with the server process.
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

# One thread holds the slot and one waits for it. More waiting threads would leave the server none
# for other requests.
MAX_CALLERS = 2
WAIT_SECONDS = 3.0
# Together with the wait, less than the server gives its last requests when it shuts down.
SLOT_SECONDS = 20.0
# Serving images has priority.
NICENESS = 10

logger = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class BusyError(Exception):
    """The queue is full, the wait or the work took too long, or the worker died; try again soon."""


class Run(Protocol):
    """Calls a function in the worker: one from a module that does not import Django.

    Arguments and result are pickled. An exception that the function raises is raised again here.
    """

    def __call__(
        self,
        function: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result: ...


def run_inline(
    function: Callable[Arguments, Result],
    /,
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """A Run that calls the function in this process, for commands that serve no requests."""
    return function(*args, **kwargs)


class WorkerProcess:
    """The worker, and the server's end of the pipe to it. Started by the first `run`."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.pipe: Connection
        self.deadline = 0.0  # time.monotonic() at which the slot ends, for all of its calls

    def run(
        self,
        function: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call a function in the worker (see `Run`).

        Raises BusyError after the deadline, or if the worker dies.
        """
        seconds_left = self.deadline - time.monotonic()
        if seconds_left <= 0:
            raise BusyError
        try:
            if self.process is None or self.process.poll() is not None:
                self.process = self.start()
            # Killing the process unblocks recv().
            alarm = threading.Timer(seconds_left, self.process.kill)
            alarm.start()
            try:
                self.pipe.send((function, args, kwargs))
                result, error = self.pipe.recv()
            finally:
                alarm.cancel()
        except (EOFError, OSError) as fault:
            logger.error("The plot worker did not answer and was stopped: %r", fault)
            self.stop()
            raise BusyError from fault
        except BaseException:
            self.stop()  # otherwise the next call would receive this call's result
            raise
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def start(self) -> "subprocess.Popen[bytes]":
        self.stop()
        self.pipe, worker_end = Pipe()
        try:
            # Not multiprocessing.Process: it would import the server's main program again, and
            # start a resource tracker process, although nothing is shared here.
            return subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__, str(worker_end.fileno())],
                cwd=Path(__file__).parents[2],
                pass_fds=[worker_end.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # so that Ctrl+C in a terminal interrupts only the server
            )
        except OSError:
            self.pipe.close()
            raise
        finally:
            worker_end.close()

    def stop(self) -> None:
        if self.process is not None:
            self.pipe.close()
            self.process.kill()
            self.process.wait()
            self.process = None


worker_process = WorkerProcess()
atexit.register(worker_process.stop)
_callers = threading.BoundedSemaphore(MAX_CALLERS)
_slot = threading.Lock()


@contextmanager
def acquire_slot() -> Iterator[Run]:
    """Wait up to WAIT_SECONDS for the worker's only slot, and hold it for the block.

    Raises BusyError if the queue is full or the wait too long. A call in the block raises BusyError
    if the slot has been held for SLOT_SECONDS, or if the worker dies; the next call starts a new
    one.
    """
    if not _callers.acquire(blocking=False):
        raise BusyError
    try:
        if not _slot.acquire(timeout=WAIT_SECONDS):
            raise BusyError
        try:
            worker_process.deadline = time.monotonic() + SLOT_SECONDS
            yield worker_process.run
        finally:
            _slot.release()
    finally:
        _callers.release()


def serve_calls(pipe: Connection) -> None:
    """The worker's main loop: answer calls until the server closes its end of the pipe or dies."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(_call(*pipe.recv()))


def _call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    """The function's result and None, or None and the exception that it raised."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


if __name__ == "__main__":
    serve_calls(Connection(int(sys.argv[1])))
