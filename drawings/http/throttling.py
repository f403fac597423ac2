"""Answers to a client for whom nothing is done just now, whatever it sends or asks for."""

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawings.http.errors import request_error
from drawings.plotting import worker
from drawings.services import senders
from drawsite.db import disk_space
from drawsite.environment import Rate
from drawsite.observability import metrics
from drawsite.ratelimit import limiter

logger = logging.getLogger(__name__)

BUSY_SECONDS = 5
FULL_SECONDS = 60
DAY_SECONDS = 24 * 60 * 60

Ask = Callable[[str, str, Rate | None], limiter.Verdict]
Thing = Literal["drawings", "reports", "requests", "tokens"]

# Each thing's scope in the counts, and its setting.
RATES = {
    "drawings": ("submit", "SUBMIT_RATE"),
    "reports": ("report", "REPORT_RATE"),
    "requests": ("api", "API_RATE"),
    "tokens": ("token", "LOGIN_RATE"),
}


def of_sending(request: HttpRequest, thing: Thing) -> HttpResponse | None:
    """Count a request that stores something; the refusal for a client that has used up its rate,
    or that is blocked.

    Comes first, so that the body of a refused client costs no work.
    """
    if (refusal := _too_often(request, thing, limiter.hit)) is not None:
        return refusal
    if senders.is_blocked(limiter.client_address(request)):
        return request_error(
            request,
            403,
            "This wall takes nothing from your address. If that is a mistake, tell who runs it.",
        )
    return None


def _too_often(request: HttpRequest, thing: Thing, ask: Ask) -> HttpResponse | None:
    scope, setting = RATES[thing]
    verdict = ask(scope, limiter.client_address(request), getattr(settings, setting))
    if verdict.allowed:
        return None
    return request_error(
        request,
        429,
        f"Too much came from your address. Wait {verdict.retry_after} seconds, then send again.",
        retry_after=verdict.retry_after,
    )


def of_full_disk(request: HttpRequest) -> HttpResponse | None:
    """The refusal while less than MIN_FREE_BYTES are free: what is left is for everything else."""
    with suppress(OSError):  # a disk that does not answer will say so when it is written to
        free = disk_space.free_bytes()
        if free is not None and free < settings.MIN_FREE_BYTES:
            metrics.count_refusal("disk")
            warn_once_of_a_full_disk()
            return request_error(
                request,
                503,
                "This wall has no room for new drawings at the moment. Please try again later.",
                retry_after=FULL_SECONDS,
            )
    return None


@cache
def warn_once_of_a_full_disk() -> None:
    logger.warning(
        "New drawings are refused: fewer than MIN_FREE_BYTES (%s) are free on the database's disk.",
        f"{settings.MIN_FREE_BYTES:,}",
    )


def of_bytes(request: HttpRequest, size: int) -> HttpResponse | None:
    """Count the bytes of a drawing; the refusal for a client that would exceed SUBMIT_BYTES."""
    verdict = _hit_bytes(request, size)
    if verdict.allowed:
        return None
    return request_error(
        request,
        429,
        "Your network has sent as much as this wall takes from one network in a day."
        f" You can send again within {math.ceil(verdict.retry_after / 3600)} hours.",
        retry_after=verdict.retry_after,
    )


def give_back_bytes(request: HttpRequest, size: int) -> None:
    """Undo of_bytes for a drawing that was not stored."""
    _hit_bytes(request, -size)


def _hit_bytes(request: HttpRequest, size: int) -> limiter.Verdict:
    rate = Rate(settings.SUBMIT_BYTES, DAY_SECONDS) if settings.SUBMIT_BYTES else None
    return limiter.hit("submit_bytes", limiter.client_address(request), rate, size)


def of_reading(request: HttpRequest) -> HttpResponse | None:
    """The refusal for a client that asks the API more often than API_RATE."""
    return _too_often(request, "requests", limiter.hit)


def of_guessing(request: HttpRequest, ask: Ask) -> HttpResponse | None:
    """The refusal for a client that has shown as many tokens that are none as it may try to log in.

    `ask` is limiter.test before a token is looked up, and limiter.hit when there is no such token.
    """
    return _too_often(request, "tokens", ask)


def come_back(
    request: HttpRequest, error: limiter.TooOftenError | worker.BusyError
) -> HttpResponse:
    """The refusal for now, and when to ask again."""
    if isinstance(error, limiter.TooOftenError):
        status, seconds = 429, error.retry_after
        reason = "Too many figures were drawn for your address."
    else:
        metrics.count_busy()
        status, seconds = 503, BUSY_SECONDS
        reason = "The server is busy with other drawings."
    return request_error(request, status, f"{reason} Try again in {seconds} seconds.", seconds)
