import os
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application
from django.db import Error, connection
from django.utils.http import parse_header_parameters
from gunicorn.errors import AppImportError

from drawsite.db.releases import NewerReleaseError, check_database_release
from drawsite.db.sqlite.base import DatabaseWrapper
from drawsite.lib.headers import HEADER_PARSE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")


def refuse_newer_database() -> None:
    """Stop the server if a newer release has migrated the database.

    A database that does not answer stops nothing: the server waits for it, and /readyz says so.
    """
    try:
        with suppress(Error):
            check_database_release(connection)
    except NewerReleaseError as error:
        # gunicorn prints the sentence without a traceback, and starts no other worker.
        raise AppImportError(str(error)) from error
    finally:
        connection.close()


DatabaseWrapper.creates_file = False
django_application = get_wsgi_application()
refuse_newer_database()


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    """Django, with two headers mended before any of its middleware runs.

    A missing Host: Django would take the server's own address for it. An empty one gets 400, as
    RFC 9112 asks for. HTTP/1.0 has no such header, and some health checks still speak it.

    A Content-Type that Django fails on: without the header a body is nothing that a form could be
    read from, and is refused as that.
    """
    if environ["SERVER_PROTOCOL"] != "HTTP/1.0":
        environ.setdefault("HTTP_HOST", "")
    if not is_readable(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = ""
    response = django_application(environ, start_response)
    if environ["REQUEST_METHOD"] == "HEAD":
        response.close()
        return []  # Django leaves it to the server to hold the body back, and gunicorn complains
    return response


def is_readable(content_type: str) -> bool:
    """Whether the header parses and its text is UTF-8, the one encoding that forms are sent in."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except HEADER_PARSE_ERRORS:
        return False
    return parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8", "us-ascii"}
