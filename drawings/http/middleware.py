"""Middleware: security headers, checks of request bodies, and responses to exceptions."""

from collections.abc import Callable

from csp.constants import HEADER as CSP
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.middleware.security import SecurityMiddleware

from drawings.http.errors import database_error_response, not_found, refusal_response, request_error
from drawsite.lib.headers import HEADER_PARSE_ERRORS
from drawsite.lib.refusals import RefusedError

GetResponse = Callable[[HttpRequest], HttpResponse]

# The server, or nginx, sets this header when it has dropped a body that is too large.
TOO_LARGE = "HTTP_X_BODY_TOO_LARGE"
# The Content-Security-Policy of anything but a page: an image, a script or a file loads nothing.
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeadersMiddleware(SecurityMiddleware):
    """Sets the security headers, also on redirects by Django's SecurityMiddleware.

    The Content-Security-Policy is the same for every page, so it is built once. django-csp's own
    middleware builds it twice per response, which takes a sixth of the time of an image. Files have
    a stricter policy, a quarter as long, and no Permissions-Policy: only a page can ask for a
    sensor.
    """

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        self.page_policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """Do nothing: Django's SecurityMiddleware, further in, redirects to HTTPS."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # A 304 has no Content-Type, and its headers replace those of the page in the cache.
        is_page = response.get("Content-Type", "text/html").startswith("text/html")
        if is_page:
            response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        # Django's debug pages run scripts.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault(CSP, self.page_policy if is_page else FILE_POLICY)
        return super().process_response(request, response)


class BodyCheckMiddleware:
    """Refuses bodies over MAX_UPLOAD_BYTES (413), and incomplete or malformed ones (400).

    Django reads a chunked body as empty and a truncated one as shorter: either could be mistaken
    for a valid submission.
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
                request, 413, f"A submission may have at most {settings.MAX_UPLOAD_BYTES:,} bytes."
            )
        try:
            is_whole = len(request.body) >= length
        except UnreadablePostError:
            is_whole = False
        if not is_whole:
            return request_error(
                request, 400, "The request body is shorter than its Content-Length."
            )
        if not has_valid_part_headers(request):
            return request_error(request, 400, "A header within the body cannot be read.")
        return self.get_response(request)


def content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # like Django's own handler


def has_valid_part_headers(request: HttpRequest) -> bool:
    """Whether the headers of a multipart body's parts are valid, which parsing the body shows."""
    if request.content_type == "multipart/form-data":
        try:
            request.POST  # noqa: B018 - parses the body
        except HEADER_PARSE_ERRORS:
            return False
    return True


class ErrorMiddleware:
    """Turns exceptions, and Django's empty 405 responses, into error responses.

    A RefusedError has its own status. If the database is locked, full, read-only or unreachable,
    the response is 503 with Retry-After. A malformed id makes the admin's view_on_site raise
    ValidationError: 404.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = ", ".join(sorted(response["Allow"].split(", ")))
            response = request_error(request, 405, f"This address accepts only {allowed}.")
            response["Allow"] = allowed
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if isinstance(error, ValidationError) and match and match.url_name == "view_on_site":
            return not_found(request, error)
        if isinstance(error, RefusedError):
            return refusal_response(request, error)
        return database_error_response(request, error)
