"""Gives each request an id, a line in the log and a count in the metrics."""

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

ID_HEADER = "X-Request-ID"
VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
MAX_PATH_LENGTH = 200

logger = logging.getLogger("drawsite.request")


class RequestLogMiddleware:
    """The outermost middleware, so that it sees every response and measures the whole time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.has_warned = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        identifier = choose_request_id(request)
        token = request_id.set(identifier)
        try:
            self.warn_of_unknown_proxy(request)
            response = self.get_response(request)
            if not request.path.startswith(settings.STATIC_URL):  # a page loads many of them
                response[ID_HEADER] = identifier
            log_request(request, response.status_code, time.perf_counter() - start)
        finally:
            request_id.reset(token)
        return response

    def warn_of_unknown_proxy(self, request: HttpRequest) -> None:
        """Log a warning, once per process."""
        if settings.TRUSTED_PROXIES or self.has_warned:
            return
        if "HTTP_X_FORWARDED_FOR" in request.META:
            self.has_warned = True
            logger.warning(
                "A request has X-Forwarded-For, but TRUSTED_PROXIES is 0. If your proxy sets it,"
                " all visitors count as one client: set TRUSTED_PROXIES."
            )


def choose_request_id(request: HttpRequest) -> str:
    """Returns the id that a trusted proxy sent, or a new one."""
    if settings.TRUSTED_PROXIES:
        given = request.headers.get(ID_HEADER, "")
        if VALID_ID.fullmatch(given):
            return given
    return secrets.token_urlsafe(9)


def log_request(request: HttpRequest, status: int, seconds: float) -> None:
    # Metrics are labelled with the route, because the number of paths is unbounded.
    match = request.resolver_match
    route = match.view_name if match else "none"
    metrics.count_request(request.method or "", route, status, seconds)
    logger.log(
        logging.WARNING if status >= 500 else logging.INFO,
        "request",
        extra={
            "values": {
                "method": request.method,
                "path": quote(request.path, safe="/@:+,;=~")[:MAX_PATH_LENGTH],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
        },
    )
