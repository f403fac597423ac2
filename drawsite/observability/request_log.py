"""Each request gets an id, a line in the log, and a count in the metrics."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawsite.observability import metrics
from drawsite.observability.log_formats import request_id

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
PATH_LENGTH = 200

logger = logging.getLogger("drawsite.request")


class Watch:
    """Outermost, so that it sees every answer, and its time includes everything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.has_warned = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        identifier = id_of(request)
        token = request_id.set(identifier)
        try:
            self.warn_once_of_a_proxy(request)
            response = self.get_response(request)
            if not request.path.startswith(settings.STATIC_URL):  # of those a page loads many
                response[HEADER] = identifier
            note(request, response.status_code, time.perf_counter() - start)
        finally:
            request_id.reset(token)
        return response

    def warn_once_of_a_proxy(self, request: HttpRequest) -> None:
        if settings.TRUSTED_PROXIES or self.has_warned:
            return
        if "HTTP_X_FORWARDED_FOR" in request.META:
            self.has_warned = True
            logger.warning(
                "A request came with X-Forwarded-For, but TRUSTED_PROXIES is 0. If a proxy of yours"
                " has set it, all visitors count as one: set TRUSTED_PROXIES."
            )


def id_of(request: HttpRequest) -> str:
    """The one that a trusted proxy gave it, or a new one."""
    if settings.TRUSTED_PROXIES:
        given = request.headers.get(HEADER, "")
        if WELL_FORMED.fullmatch(given):
            return given
    return secrets.token_urlsafe(9)


def note(request: HttpRequest, status: int, seconds: float) -> None:
    # The name of the route, of which there are few; not the path, of which there is no end.
    match = request.resolver_match
    route = match.view_name if match else "none"
    metrics.count_request(request.method or "", route, status, seconds)
    logger.log(
        logging.WARNING if status >= 500 else logging.INFO,
        "request",
        extra={
            "values": {
                "method": request.method,
                "path": quote(request.path, safe="/@:+,;=~")[:PATH_LENGTH],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
        },
    )
