"""Slots of the plot worker for requests: rate limit, and 503 when it is busy."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from django.http import HttpRequest

from drawings.http import throttling
from drawings.plotting import aggregates, drawing_plots, gallery_plots, style, worker
from drawsite.lib.refusals import RefusedError
from drawsite.observability import metrics

BUSY_SECONDS = 5


def _hash_sources(*modules: ModuleType) -> str:
    sources = [Path(module.__file__ or "").read_bytes() for module in modules]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


# Part of every plot's ETag: once the plotting code changes, cached plots are stale.
PLOTTING_VERSION = _hash_sources(style, drawing_plots, gallery_plots, aggregates)


@contextmanager
def plot_slot(request: HttpRequest) -> Iterator[worker.Run]:
    """A slot of the plot worker, counted towards FIGURE_RATE. A 304 needs no slot.

    Raises RefusedError: 429 if the client has used up FIGURE_RATE, 503 if the worker is busy.
    """
    throttling.count_request(request, "figure")
    with uncounted_plot_slot() as run:
        yield run


@contextmanager
def uncounted_plot_slot() -> Iterator[worker.Run]:
    """A slot for staff, without a rate limit. Raises RefusedError (503) if the worker is busy."""
    try:
        with worker.acquire_slot() as run:
            yield run
    except worker.BusyError as error:
        metrics.count_busy()
        raise RefusedError(
            503,
            f"The server is busy with other drawings. Please try again in {BUSY_SECONDS} seconds.",
            retry_after=BUSY_SECONDS,
        ) from error
