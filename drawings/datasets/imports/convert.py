"""Columns of drawings, made of tasks by as many processes as there are cores."""

import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np

from drawings.datasets.imports.records import BadRecordError, BadSourceError, Columns, Task
from drawings.imaging import rasteriser, strokes, uploads

# What travels to another process at once, and what is kept of a source at a time.
CHUNK = 50
CHUNK_BYTES = 4_000_000
# So many are made here, before it is worth the second that processes take to start.
CHUNKS_HERE = 10
MOST_HELPERS = 8


class Made(NamedTuple):
    where: str
    columns: Columns | None
    reason: str = ""  # why there are none
    broke_off: bool = False  # here the source did, and nothing comes after it


def made(tasks: Iterable[Task], name: str) -> Generator[list[Made], None, None]:
    """What the tasks come to, in their order.

    A source that breaks off becomes one more record, of this name, that says so.
    """
    chunks = _chunks(_whole(tasks, name))
    for chunk in islice(chunks, CHUNKS_HERE):
        yield make_all(chunk)
    if (first := next(chunks, None)) is None:
        return
    number = min(os.cpu_count() or 1, MOST_HELPERS)
    pool = ProcessPoolExecutor(
        number,
        mp_context=get_context("spawn"),
        # Ctrl+C is for who takes what they make.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        waiting: deque[Future[list[Made]]] = deque([pool.submit(make_all, first)])
        for chunk in chunks:
            waiting.append(pool.submit(make_all, chunk))
            if len(waiting) > 2 * number:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def make_all(tasks: list[Task]) -> list[Made]:
    return [_make(task) for task in tasks]


def _make(task: Task) -> Made:
    try:
        return Made(task.where, task.make(task.data))
    except (BadRecordError, uploads.BadImageError, strokes.BadStrokesError) as error:
        return Made(task.where, None, str(error))
    except BadSourceError as error:
        return Made(task.where, None, str(error), broke_off=True)
    except rasteriser.TooMuchWorkError:
        return Made(task.where, None, "It takes too long to draw.")


def _whole(tasks: Iterable[Task], name: str) -> Iterator[Task]:
    try:
        yield from tasks
    except BadSourceError as error:
        yield Task(name, str(error).encode(), _break_off)


def _break_off(reason: bytes) -> Columns:
    raise BadSourceError(reason.decode())


def _chunks(tasks: Iterator[Task]) -> Iterator[list[Task]]:
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += task.data.nbytes if isinstance(task.data, np.ndarray) else len(task.data)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
