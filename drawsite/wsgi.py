"""The WSGI application that gunicorn serves."""

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

    If the database does not answer, the server starts anyway, and /readyz reports the fault.
    """
    try:
        with suppress(Error):
            check_database_release(connection)
    except NewerReleaseError as error:
        # gunicorn prints the message without a traceback and starts no other worker.
        raise AppImportError(str(error)) from error
    finally:
        connection.close()


DatabaseWrapper.creates_file = False
django_application = get_wsgi_application()
refuse_newer_database()


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    """Correct two headers, then call Django.

    Django would use the server's own address if Host is missing. An empty Host instead gets a 400,
    as RFC 9112 requires. HTTP/1.0 has no Host header, and some health checks still use it.

    Django fails on some Content-Type headers. Without the header, it finds no form in the body,
    which is then refused as invalid.
    """
    if environ["SERVER_PROTOCOL"] != "HTTP/1.0":
        environ.setdefault("HTTP_HOST", "")
    if not is_valid_content_type(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = ""
    response = django_application(environ, start_response)
    if environ["REQUEST_METHOD"] == "HEAD":
        response.close()
        return []  # Django leaves dropping the body to the server, and gunicorn logs an error
    return response


def is_valid_content_type(content_type: str) -> bool:
    """Returns whether the header can be parsed and its charset is UTF-8, as in all forms."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except HEADER_PARSE_ERRORS:
        return False
    return parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8", "us-ascii"}
