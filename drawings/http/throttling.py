"""Refuses requests from clients that ask or send too much, or that staff have blocked."""

import logging
from contextlib import suppress
from functools import cache
from typing import Literal

from django.conf import settings
from django.http import HttpRequest

from drawings.http.client_address import client_address
from drawings.services import senders
from drawsite.db import disk_space
from drawsite.lib.refusals import RefusedError
from drawsite.observability import metrics
from drawsite.ratelimit import limiter
from drawsite.ratelimit.limiter import Verdict

logger = logging.getLogger(__name__)

DISK_FULL_SECONDS = 60

Limit = Literal["submit", "report", "figure", "api", "token"]

# The setting of each limit, and the sentence for a client that has used it up.
SETTINGS: dict[Limit, tuple[str, str]] = {
    "submit": ("SUBMIT_RATE", "Lots of drawings are coming from your network."),
    "report": ("REPORT_RATE", "Lots of reports are coming from your network."),
    "figure": ("FIGURE_RATE", "Lots of plots are being drawn for your network."),
    "api": ("API_RATE", "Lots of requests are coming from your network."),
    "token": ("LOGIN_RATE", "Too many invalid API tokens came from your network."),
}


def count(request: HttpRequest, limit: Limit) -> None:
    """Count the request on one of its client's limits.

    Raises RefusedError (429) if the client has used it up.
    """
    setting, sentence = SETTINGS[limit]
    rate = getattr(settings, setting)
    refuse_unless_allowed(limiter.hit(limit, client_address(request), rate), sentence)


def check(request: HttpRequest, limit: Limit) -> None:
    """Like `count`, but counts nothing."""
    setting, sentence = SETTINGS[limit]
    rate = getattr(settings, setting)
    refuse_unless_allowed(limiter.test(limit, client_address(request), rate), sentence)


def refuse_unless_allowed(verdict: Verdict, sentence: str) -> None:
    """Raise RefusedError (429) with the sentence and when to try again, unless allowed."""
    if not verdict.allowed:
        seconds = verdict.retry_after
        raise RefusedError(
            429, f"{sentence} Please wait {seconds} seconds, then try again.", retry_after=seconds
        )


def admit_submission(request: HttpRequest) -> None:
    """Count a drawing that a client is about to send. Called before its body is parsed.

    Raises RefusedError: 503 if the disk is full, 429 if the client has used up SUBMIT_RATE, 403 if
    it is blocked.
    """
    _refuse_if_disk_is_full()
    admit_sender(request, "submit")


def admit_sender(request: HttpRequest, limit: Limit) -> None:
    """Count a request that stores something. Called before its body is parsed.

    Raises RefusedError: 429 if the client has used up the limit, 403 if it is blocked.
    """
    count(request, limit)
    if senders.is_blocked(client_address(request)):
        raise RefusedError(
            403, "You can't post here. If you think this is a mistake, contact the site's owner."
        )


def _refuse_if_disk_is_full() -> None:
    """Below MIN_FREE_BYTES the rest of the disk is kept for everything but new drawings."""
    with suppress(OSError):  # a broken disk shows itself when the drawing is written
        free = disk_space.measure_free_bytes()
        if free is not None and free < settings.MIN_FREE_BYTES:
            metrics.count_refusal("disk")
            warn_once_of_full_disk()
            raise RefusedError(
                503,
                "There is no room for new drawings at the moment. Please try again later.",
                retry_after=DISK_FULL_SECONDS,
            )


@cache
def warn_once_of_full_disk() -> None:
    logger.warning(
        "New drawings are refused: fewer than MIN_FREE_BYTES (%s) are free on the database's disk.",
        f"{settings.MIN_FREE_BYTES:,}",
    )
