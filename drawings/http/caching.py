"""Response headers for files: ETags, cache lifetimes, file names, compression."""

import gzip
import re
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header, urlencode

from drawings.http import access
from drawings.imaging import colormaps

# Caches may keep a hidden or deleted drawing for this long.
CACHE_SECONDS = 300

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"

ACCEPTS_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.I)
# On digits and commas, level 1 saves half as much as the best level, in a tenth of the default
# level's time.
GZIP_LEVEL = 1


def has_canonical_query(request: HttpRequest, **options: str | int) -> bool:
    """Whether the query string has only these options, each with this value and spelling.

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
    """Returns the bytes that `make` builds from a drawing, or 304 if the client has them.

    The ETag consists of the id and `version`: everything but the pixels that the bytes depend on,
    as a row's pixels never change. `make` is called only if the client's ETag is stale.
    """
    response = conditional_response(request, f"{id.hex}-{version}", content_type, make)
    if access.is_public(drawing):
        allow_caches(response, is_canonical)
        # As in the API: notebooks that run in a browser read drawings from other sites.
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response["Cache-Control"] = "private, no-store"
    return response


def conditional_response(
    request: HttpRequest, name: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """Returns the bytes that `make` builds, or 304 if the client has them.

    The ETag consists of `name` and the version of matplotlib, which supplies the colours.
    """
    etag = f'"{name}-{colormaps.LIBRARY_VERSION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        make(), content_type=content_type
    )
    response["ETag"] = etag
    return response


def allow_caches(response: HttpResponse, is_canonical: bool) -> None:
    """Let browsers cache a public response; shared caches, too, if its query is canonical."""
    scope = "public" if is_canonical else "private"
    response["Cache-Control"] = f"{scope}, max-age={CACHE_SECONDS}"


def set_filename(response: HttpResponse, name: str, *, download: bool = True) -> HttpResponse:
    """Set Content-Disposition: attachment for a download, inline otherwise.

    Downloads are sandboxed, because a browser that opens an SVG runs its scripts as this site's.
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
