"""Turns in the helper process for those who ask for figures, and the answer when there is none."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawings.http import throttling
from drawings.plotting import aggregates, drawing_plots, gallery_plots, style, worker
from drawsite.ratelimit import limiter

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def _version(*modules: ModuleType) -> str:
    sources = [Path(module.__file__ or "").read_bytes() for module in modules]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


# In the name of every figure: who has one that we would draw differently today gets it anew.
DRAWN_BY = _version(style, drawing_plots, gallery_plots, aggregates)


@contextmanager
def figure_turn(request: HttpRequest) -> Iterator[worker.Run]:
    """A turn for a client that has not used up FIGURE_RATE. What is in a cache needs none.

    Raises limiter.TooOftenError, or worker.BusyError.
    """
    verdict = limiter.hit("figure", limiter.client_address(request), settings.FIGURE_RATE)
    if not verdict.allowed:
        raise limiter.TooOftenError(verdict.retry_after)
    with worker.one_at_a_time() as run:
        yield run


def refuse_early(request: HttpRequest) -> None:
    """Raise limiter.TooOftenError for who has used up FIGURE_RATE, without counting: before what is
    not free."""
    verdict = limiter.test("figure", limiter.client_address(request), settings.FIGURE_RATE)
    if not verdict.allowed:
        raise limiter.TooOftenError(verdict.retry_after)


def takes_turns(view: View[Arguments]) -> View[Arguments]:
    """Who gets no turn in the view is told when to come back."""

    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (limiter.TooOftenError, worker.BusyError) as error:
            return throttling.come_back(request, error)

    return wrapped
