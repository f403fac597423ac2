"""Error responses: JSON for programs; for people, a page that says what to do next."""

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
    # Only programs use these.
    return request.path == reverse("drawings:postmethod") or request.path.startswith(api_root())


def api_root() -> str:
    """The path that all of the API's begin with. (Its URL names exist only once it is loaded.)"""
    return f"{reverse('drawings:api')}v1/"


def error_response(
    request: HttpRequest, status: int, errors: Errors, retry_after: int | None = None
) -> HttpResponse:
    """`errors` maps each field to sentences; "request" is the request as a whole."""
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
            # Visitors can give it to the host, who finds it in the log.
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
    """An error of the request as a whole."""
    return error_response(request, status, {"request": [sentence]}, retry_after)


def refusal(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """The response to a request that some code has refused."""
    response = error_response(request, error.status, error.errors, error.retry_after)
    for name, value in error.headers.items():
        response[name] = value
    return response


def database_error(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 if the database is locked, full, read-only or unreachable; None for any other error."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    # The lines after the first may quote values that a visitor sent.
    logger.error("The database did not answer: %s", str(error).partition("\n")[0])
    return request_error(
        request,
        503,
        "The database isn't answering just now, and nothing was stored."
        f" Please try again in {RETRY_AFTER_SECONDS} seconds.",
        retry_after=RETRY_AFTER_SECONDS,
    )


# Django calls these: see handler400 and the others in the root urls.py.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost) and request.META.get("HTTP_HOST"):
        warn_once_of_a_host()
    return request_error(request, 400, "The server couldn't read this request.")


@cache
def warn_once_of_a_host() -> None:
    """Does not log the host: a visitor chose it, and scanners try many."""
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
    # On every 404: only an existing drawing reads the session, and the header must not tell.
    patch_vary_headers(response, ["Cookie"])
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    # Errors outside of views, such as when a session is saved, do not reach the middleware.
    return database_error(request, sys.exception()) or request_error(
        request,
        500,
        "Nothing was half stored. Please go back and try again; the error is in the site's log.",
    )


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    if reason == REASON_NO_REFERER:  # browsers send one or the other
        return request_error(
            request, 403, "Over HTTPS this site needs its own Origin or Referer header."
        )
    return request_error(
        request,
        403,
        "This form has expired. Open the page again, with cookies allowed, and send it once more.",
    )
