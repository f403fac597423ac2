"""Converts tasks to columns, in at most one worker process for each core."""

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

# Tasks are sent to the workers in chunks. A chunk ends at whichever limit it reaches first.
CHUNK_TASKS = 50
CHUNK_BYTES = 4_000_000
# Converted in this process: shorter imports are not worth the second that workers take to start.
LOCAL_CHUNKS = 10
MAX_WORKERS = 8


class Conversion(NamedTuple):
    where: str
    columns: Columns | None  # None if the record or the source is bad
    reason: str = ""  # a sentence that says why columns is None
    ends_source: bool = False  # the source cannot be read any further


def convert_tasks(tasks: Iterable[Task], name: str) -> Generator[list[Conversion], None, None]:
    """Convert the tasks, in their order, and yield the results in chunks.

    If the source fails, the last result has `ends_source`, and `name` as its `where`.
    """
    chunks = _chunk_tasks(_end_with_error(tasks, name))
    for chunk in islice(chunks, LOCAL_CHUNKS):
        yield convert_chunk(chunk)
    if (first := next(chunks, None)) is None:
        return
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    pool = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        # Only this process handles Ctrl+C.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        waiting: deque[Future[list[Conversion]]] = deque([pool.submit(convert_chunk, first)])
        for chunk in chunks:
            waiting.append(pool.submit(convert_chunk, chunk))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def convert_chunk(tasks: list[Task]) -> list[Conversion]:
    return [_convert_task(task) for task in tasks]


def _convert_task(task: Task) -> Conversion:
    try:
        return Conversion(task.where, task.to_columns(task.data))
    except (BadRecordError, uploads.BadImageError, strokes.BadStrokesError) as error:
        return Conversion(task.where, None, str(error))
    except BadSourceError as error:
        return Conversion(task.where, None, str(error), ends_source=True)
    except rasteriser.TooMuchWorkError:
        return Conversion(task.where, None, "It takes too long to draw.")


def _end_with_error(tasks: Iterable[Task], name: str) -> Iterator[Task]:
    try:
        yield from tasks
    except BadSourceError as error:
        yield Task(name, str(error).encode(), _raise_source_error)


def _raise_source_error(reason: bytes) -> Columns:
    raise BadSourceError(reason.decode())


def _chunk_tasks(tasks: Iterator[Task]) -> Iterator[list[Task]]:
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += task.data.nbytes if isinstance(task.data, np.ndarray) else len(task.data)
        if len(chunk) == CHUNK_TASKS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
