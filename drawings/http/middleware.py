"""Answers that do not depend on the view that was asked for."""

from collections.abc import Callable

from csp.constants import HEADER as CSP
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.middleware.security import SecurityMiddleware

from drawings.http import logins
from drawings.http.errors import database_error, not_found, request_error
from drawsite.lib.headers import UNREADABLE

GetResponse = Callable[[HttpRequest], HttpResponse]

# The server, or nginx, sends this in place of a body that is too large.
TOO_LARGE = "HTTP_X_BODY_TOO_LARGE"


class Headers(SecurityMiddleware):
    """The policies, and SecurityMiddleware's headers on what that one refuses itself.

    The Content-Security-Policy is the same for every answer: django-csp builds it once here, as its
    own middleware would each time, twice, which takes a sixth of a picture's time.
    """

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        self.policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """Refuses nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        # Django's own pages of errors, for development, run scripts.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault(CSP, self.policy)
        return super().process_response(request, response)


class WholeBodies:
    """413 for a body over MAX_UPLOAD_BYTES, 400 for one that does not come whole, or that Django
    fails on.

    A chunked body reaches Django as an empty one, and one that breaks off as a shorter one: either
    could be taken for something that nobody has sent.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return request_error(
                request, 400, "Send the body in one piece, with its Content-Length."
            )
        length = content_length(request)
        if length > settings.MAX_UPLOAD_BYTES or TOO_LARGE in request.META:
            return request_error(
                request, 413, f"A submission is at most {settings.MAX_UPLOAD_BYTES:,} bytes."
            )
        try:
            is_whole = len(request.body) >= length
        except UnreadablePostError:
            is_whole = False
        if not is_whole:
            return request_error(request, 400, "The body broke off before its end.")
        if not is_readable(request):
            return request_error(request, 400, "A header within the body cannot be read.")
        return self.get_response(request)


def content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # as Django's own handler takes it


def is_readable(request: HttpRequest) -> bool:
    """Whether the headers of a form's parts parse, which is found out when the form is read."""
    if request.content_type == "multipart/form-data":
        try:
            request.POST  # noqa: B018 - reads it
        except UNREADABLE:
            return False
    return True


class Faults:
    """Answers to what is no fault of a view's code.

    The database locked, full, read-only or away: 503 with Retry-After. A method that a view does
    not take: 405, which Django leaves without a word. What can be no id: 404, in the one view of
    the admin's that fails on it. Too many tries to log in: 429 with Retry-After.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = ", ".join(sorted(response["Allow"].split(", ")))
            response = request_error(request, 405, f"This address takes {allowed} only.")
            response["Allow"] = allowed
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if isinstance(error, ValidationError) and match and match.url_name == "view_on_site":
            return not_found(request, error)
        if isinstance(error, logins.LockedOutError):
            return logins.locked_out(request, error)
        return database_error(request, error)
