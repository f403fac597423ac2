"""Refuses requests from clients over their rate limits, and submissions from blocked clients."""

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

# The setting of each limit, and the sentence for clients that exceed it.
SETTINGS: dict[Limit, tuple[str, str]] = {
    "submit": ("SUBMIT_RATE", "Lots of drawings are coming from your network."),
    "report": ("REPORT_RATE", "Lots of reports are coming from your network."),
    "figure": ("FIGURE_RATE", "Lots of plots are being drawn for your network."),
    "api": ("API_RATE", "Lots of requests are coming from your network."),
    "token": ("LOGIN_RATE", "Too many invalid API tokens came from your network."),
}


def count_request(request: HttpRequest, limit: Limit) -> None:
    """Count the request against one of its client's limits.

    Raises RefusedError (429) if the client has exceeded the limit.
    """
    setting, sentence = SETTINGS[limit]
    rate = getattr(settings, setting)
    refuse_unless_allowed(limiter.hit(limit, client_address(request), rate), sentence)


def check_limit(request: HttpRequest, limit: Limit) -> None:
    """Like `count_request`, but counts nothing."""
    setting, sentence = SETTINGS[limit]
    rate = getattr(settings, setting)
    refuse_unless_allowed(limiter.test(limit, client_address(request), rate), sentence)


def refuse_unless_allowed(verdict: Verdict, sentence: str) -> None:
    """Raise RefusedError (429) with the sentence and Retry-After, unless allowed."""
    if not verdict.allowed:
        seconds = verdict.retry_after
        raise RefusedError(
            429, f"{sentence} Please wait {seconds} seconds, then try again.", retry_after=seconds
        )


def admit_submission(request: HttpRequest) -> None:
    """Count a new drawing against SUBMIT_RATE. Call this before parsing the body.

    Raises RefusedError: 503 if the disk is full, 429 if the client has exceeded the limit, 403 if
    staff have blocked it.
    """
    _refuse_if_disk_is_full()
    admit_sender(request, "submit")


def admit_sender(request: HttpRequest, limit: Limit) -> None:
    """Count a request that stores something against a limit. Call this before parsing the body.

    Raises RefusedError: 429 if the client has exceeded the limit, 403 if staff have blocked it.
    """
    count_request(request, limit)
    if senders.is_blocked(client_address(request)):
        raise RefusedError(
            403, "You can't post here. If you think this is a mistake, contact the site's owner."
        )


def _refuse_if_disk_is_full() -> None:
    """The last MIN_FREE_BYTES of the disk are for everything but new drawings."""
    with suppress(OSError):  # storing the drawing reports a broken disk
        free = disk_space.measure_free_bytes()
        if free is not None and free < settings.MIN_FREE_BYTES:
            metrics.count_refusal("disk")
            warn_once_about_full_disk()
            raise RefusedError(
                503,
                "There is no room for new drawings at the moment. Please try again later.",
                retry_after=DISK_FULL_SECONDS,
            )


@cache
def warn_once_about_full_disk() -> None:
    logger.warning(
        "New drawings are refused: fewer than MIN_FREE_BYTES (%s) are free on the database's disk.",
        f"{settings.MIN_FREE_BYTES:,}",
    )
