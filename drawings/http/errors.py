"""Error responses: JSON for programs, a page that says what to do next for people."""

import logging
import sys
from contextlib import suppress
from functools import cache
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import REASON_NO_REFERER
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import requires_csrf_token

from drawsite.lib.headers import HEADER_PARSE_ERRORS
from drawsite.lib.refusals import Errors, RefusedError
from drawsite.observability.log_formats import request_id

JSON = "application/json"

RETRY_AFTER_SECONDS = 5

HEADINGS = {
    400: "We couldn't understand that request",
    403: "That isn't allowed",
    404: "Page not found",
    405: "This page doesn't accept that",
    409: "Somebody else was faster",
    413: "That's too large",
    422: "Something needs to be changed",
    429: "A little slower, please",
    500: "Something went wrong on our side",
    503: "Busy, back in a moment",
}

logger = logging.getLogger(__name__)


def wants_json(request: HttpRequest) -> bool:
    """Whether the client prefers JSON to a page."""
    with suppress(*HEADER_PARSE_ERRORS):
        if request.get_preferred_type(["text/html", JSON]) == JSON:
            return True
    # Only programs use these addresses.
    return request.path == reverse("drawings:postmethod") or request.path.startswith(api_root())


def api_root() -> str:
    """The path that all the API's paths begin with. (Its URL names load only on first use.)"""
    return f"{reverse('drawings:api')}v1/"


def error_response(
    request: HttpRequest, status: int, errors: Errors, retry_after: int | None = None
) -> HttpResponse:
    """Returns JSON or a page. `errors` maps fields to sentences; "request" is the whole request."""
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"errors": errors}, status=status)
    else:
        context = {
            "heading": HEADINGS.get(status, "That didn't work"),
            "sentences": [
                sentence if field == "request" else f"{field}: {sentence}"
                for field, sentences in errors.items()
                for sentence in sentences
            ],
            # With this id from a visitor, the site's owner finds the error in the log.
            "request_id": request_id.get() if status >= 500 else "",
        }
        response = render(request, "error.html", context, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    response["Cache-Control"] = "no-store"
    return response


def request_error(
    request: HttpRequest, status: int, sentence: str, retry_after: int | None = None
) -> HttpResponse:
    """Returns an error response whose sentence is about the request as a whole."""
    return error_response(request, status, {"request": [sentence]}, retry_after)


def refusal_response(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """Returns the response for a RefusedError."""
    response = error_response(request, error.status, error.errors, error.retry_after)
    for name, value in error.headers.items():
        response[name] = value
    return response


def database_error_response(
    request: HttpRequest, error: BaseException | None
) -> HttpResponse | None:
    """Returns 503 if the database is locked, full, read-only or unreachable; otherwise None."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    # Later lines may quote values that a visitor sent.
    logger.error("The database did not answer: %s", str(error).partition("\n")[0])
    return request_error(
        request,
        503,
        "The database isn't answering just now, and nothing was stored."
        f" Please try again in {RETRY_AFTER_SECONDS} seconds.",
        retry_after=RETRY_AFTER_SECONDS,
    )


# Django calls these handlers; the root urls.py names them (handler400 and so on).


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost) and request.META.get("HTTP_HOST"):
        warn_once_about_host()
    return request_error(request, 400, "The server couldn't read this request.")


@cache
def warn_once_about_host() -> None:
    """Warn without naming the host: the client chose it, and scanners try many."""
    logger.warning(
        "A request was refused because its host is not in ALLOWED_HOSTS. If the site has another"
        " name as well, add it there."
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return request_error(request, 403, "You don't have permission to do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    response = request_error(
        request, 404, "Check the address. If it led to a drawing, it may no longer be on the wall."
    )
    # Only existing drawings read the session. Without the header on every 404, it would reveal
    # which drawings exist.
    patch_vary_headers(response, ["Cookie"])
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    # Errors outside views, such as in saving a session, never reach ErrorMiddleware.
    return database_error_response(request, sys.exception()) or request_error(
        request,
        500,
        "Nothing was partly saved. Please go back and try again; the error is in the site's log.",
    )


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    if reason == REASON_NO_REFERER:  # never a browser: those send Origin or Referer
        return request_error(
            request, 403, "Over HTTPS, send an Origin or Referer header that names this site."
        )
    return request_error(
        request,
        403,
        "This form has expired. Open the page again, with cookies allowed, and send it once more.",
    )
