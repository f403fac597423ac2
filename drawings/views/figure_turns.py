"""Turns in the helper process for those who ask for figures, and the answer when there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawings import limits, refusals, turns

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


@contextmanager
def figure_turn(request: HttpRequest) -> Iterator[turns.Run]:
    """A turn for a client that has not used up FIGURE_RATE. What is in a cache needs none.

    Raises limits.TooOftenError, or turns.BusyError.
    """
    verdict = limits.count("figure", limits.client_address(request), settings.FIGURE_RATE)
    if not verdict.allowed:
        raise limits.TooOftenError(verdict.retry_after)
    with turns.one_at_a_time() as run:
        yield run


def takes_turns(view: View[Arguments]) -> View[Arguments]:
    """Who gets no turn in the view is told when to come back."""

    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (limits.TooOftenError, turns.BusyError) as error:
            return refusals.come_back(request, error)

    return wrapped
