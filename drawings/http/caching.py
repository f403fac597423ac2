"""Headers of responses that are files: conditional requests, caches, file names, compression."""

import gzip
import re
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header, urlencode

from drawings.http import access
from drawings.imaging import colormaps

# A drawing that is hidden or deleted is gone from caches after this long.
CACHE_SECONDS = 300

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"

ACCEPTS_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.I)
# For digits and commas, level 1 saves half of what any level saves, in a tenth of the default's
# time.
GZIP_LEVEL = 1


def has_canonical_query(request: HttpRequest, **options: str | int) -> bool:
    """Whether the query string has only these options, each spelled as here, or left out.

    Non-canonical queries are unbounded, so they must not fill shared caches.
    """
    query = request.META["QUERY_STRING"]
    given = {name: value for name, value in options.items() if query and name in request.GET}
    return bool(query == urlencode(given))


def drawing_response(
    request: HttpRequest,
    id: UUID,
    drawing: access.HasStatus,
    is_canonical: bool,
    *,
    content_type: str,
    version: str,
    make: Callable[[], bytes],
) -> HttpResponse:
    """The bytes that `make` makes of a drawing, or 304 if the client has them.

    The pixels of a row never change, so its id and `version` (everything else that the bytes depend
    on) make the ETag: `make` is called only if the client's is stale.
    """
    response = conditional_response(request, f"{id.hex}-{version}", content_type, make)
    if access.is_public(drawing):
        allow_caches(response, is_canonical)
        # Like the API: notebooks in browsers read it from pages of other sites.
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response["Cache-Control"] = "private, no-store"
    return response


def conditional_response(
    request: HttpRequest, name: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """The bytes that `make` makes, or 304 if the client has them.

    `name` and the version of the library that the colours come from make the ETag.
    """
    etag = f'"{name}-{colormaps.LIBRARY_VERSION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        make(), content_type=content_type
    )
    response["ETag"] = etag
    return response


def allow_caches(response: HttpResponse, is_canonical: bool) -> None:
    """Let browsers keep a public response, and shared caches if its query string is canonical."""
    scope = "public" if is_canonical else "private"
    response["Cache-Control"] = f"{scope}, max-age={CACHE_SECONDS}"


def set_filename(response: HttpResponse, name: str, *, download: bool = True) -> HttpResponse:
    """Name the response's file: a download, or content that is shown and can be saved.

    A download is sandboxed, because an SVG that is opened would be a page of this site.
    """
    header = content_disposition_header(as_attachment=download, filename=name)
    response["Content-Disposition"] = header or "attachment"
    if download:
        response["Content-Security-Policy"] = SANDBOX
    return response


def gzip_response(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Compress the response if the client accepts gzip."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if response.content and ACCEPTS_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["ETag"] = f"W/{response['ETag']}"
    return response
