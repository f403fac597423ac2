"""Refuses requests that a page of another site makes its visitors' browsers send."""

from django.http import HttpRequest

from drawsite.lib.refusals import RefusedError


def refuse_other_sites(request: HttpRequest) -> None:
    """For addresses that take no CSRF token. Programs send no Origin header, so they pass.

    Otherwise any page could have its visitors fill the wall, each within the limits of an address.
    Raises RefusedError (403).
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.get_host():
        raise RefusedError(403, "Pages of other sites can't send drawings to this one.")
