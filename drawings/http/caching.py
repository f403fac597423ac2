"""What answers that are files share: how long they are kept, and what they are called."""

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
# Digits and commas: half of what any level saves, in a tenth of the usual level's time.
GZIP_LEVEL = 1


def has_canonical_query(request: HttpRequest, **options: str | int) -> bool:
    """Whether the query string has these options alone, each in its one spelling, or left out.

    There is no end of others: what they bring must not crowd out what a cache has use for.
    """
    query = request.META["QUERY_STRING"]
    asked = {name: value for name, value in options.items() if query and name in request.GET}
    return bool(query == urlencode(asked))


def cacheable(
    request: HttpRequest,
    id: UUID,
    drawing: access.HasStatus,
    is_canonical: bool,
    *,
    content_type: str,
    version: str,
    make: Callable[[], bytes],
) -> HttpResponse:
    """What `make` makes of a drawing, or 304 if the client has it.

    The pixels of a row never change, so its id and the version (whatever else the bytes depend on)
    name the bytes: nothing is made just to be compared.
    """
    response = conditional(request, f"{id.hex}-{version}", content_type, make)
    if access.is_public(drawing):
        allow_caches(response, is_canonical)
        # As in the API: notebooks that run in a browser read it from pages of their own.
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response["Cache-Control"] = "private, no-store"
    return response


def conditional(
    request: HttpRequest, name: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """What `make` makes, or 304 if the client has it: the name, and the library that chose the
    colours, name the bytes."""
    etag = f'"{name}-{colormaps.LIBRARY_VERSION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        make(), content_type=content_type
    )
    response["ETag"] = etag
    return response


def allow_caches(response: HttpResponse, is_canonical: bool) -> None:
    """Shared caches may keep what is public if its query string is canonical."""
    scope = "public" if is_canonical else "private"
    response["Cache-Control"] = f"{scope}, max-age={CACHE_SECONDS}"


def call(response: HttpResponse, name: str, *, download: bool = True) -> HttpResponse:
    """The response, as a file of this name: a download, or else what is shown and may be saved.

    A download can do nothing where it is opened: an SVG would be a page of this site.
    """
    header = content_disposition_header(as_attachment=download, filename=name)
    response["Content-Disposition"] = header or "attachment"
    if download:
        response["Content-Security-Policy"] = SANDBOX
    return response


def pack(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, compressed for a client that takes gzip."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if response.content and ACCEPTS_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["ETag"] = f"W/{response['ETag']}"
    return response
