"""Answers to a client for whom nothing is done just now, whatever it sends or asks for."""

from collections.abc import Callable
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawings import limits, metrics, senders, turns
from drawings.errors import request_error
from drawsite.environment import Rate

BUSY_SECONDS = 5

Thing = Literal["drawings", "reports", "requests", "tokens"]

# Each thing's scope in the counts, and its setting.
RATES = {
    "drawings": ("submit", "SUBMIT_RATE"),
    "reports": ("report", "REPORT_RATE"),
    "requests": ("api", "API_RATE"),
    "tokens": ("token", "LOGIN_RATE"),
}


def early(request: HttpRequest, thing: Thing) -> HttpResponse | None:
    """The refusal for a blocked sender, or one that has used up its rate; nothing is written.

    For asking first: a refused client's body costs no work then.
    """
    if (refusal := _too_often(request, thing, limits.look)) is not None:
        return refusal
    if senders.is_blocked(limits.client_address(request)):
        return request_error(
            request,
            403,
            "This wall takes nothing from your address. If that is a mistake, tell who runs it.",
        )
    return None


def exact(request: HttpRequest, thing: Thing) -> HttpResponse | None:
    """Count once more; the refusal for a client that has used up its rate.

    For asking in one transaction with what is stored then: each one that writes waits for the disk.
    """
    return _too_often(request, thing, limits.count)


def _too_often(
    request: HttpRequest, thing: Thing, ask: Callable[[str, str, Rate | None], limits.Verdict]
) -> HttpResponse | None:
    scope, setting = RATES[thing]
    verdict = ask(scope, limits.client_address(request), getattr(settings, setting))
    if verdict.allowed:
        return None
    return request_error(
        request,
        429,
        f"Too much came from your address. Wait {verdict.retry_after} seconds, then send again.",
        retry_after=verdict.retry_after,
    )


def of_reading(request: HttpRequest) -> HttpResponse | None:
    """The refusal for a client that asks the API more than API_RATE; nothing is written."""
    return _too_often(request, "requests", limits.count_here)


def of_guessing(
    request: HttpRequest, ask: Callable[[str, str, Rate | None], limits.Verdict]
) -> HttpResponse | None:
    """The refusal for a client that has shown as many tokens that are none as it may try to log in.

    `ask` is limits.look before a token is looked up, and limits.count when it is none.
    """
    return _too_often(request, "tokens", ask)


def come_back(request: HttpRequest, error: limits.TooOftenError | turns.BusyError) -> HttpResponse:
    """The refusal for now, and when to ask again."""
    if isinstance(error, limits.TooOftenError):
        status, seconds = 429, error.retry_after
        reason = "Too many figures were drawn for your address."
    else:
        metrics.count_busy()
        status, seconds = 503, BUSY_SECONDS
        reason = "The server is busy with other drawings."
    return request_error(request, status, f"{reason} Try again in {seconds} seconds.", seconds)
