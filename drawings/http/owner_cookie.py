"""Whose browser sent a drawing: a signed cookie, and no account.

A browser that sends a drawing gets a UUID in the cookie, and what it sends is stored with the UUID.
Whoever has the cookie may change the title of these drawings and take them back.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "owner"
SALT = "drawings.http.owner_cookie"
# From when the browser last sent something, or looked at what it had sent.
AGE = timedelta(days=365)


def owner_of(request: HttpRequest) -> UUID | None:
    """The browser's UUID; None for a browser that has none, or none that is signed here."""
    value = request.get_signed_cookie(COOKIE, None, salt=SALT, max_age=AGE)
    return UUID(value) if value else None


def new_owner(submission_key: UUID | None, blob: bytes) -> UUID:
    """A UUID for a browser that has none and sends this drawing.

    The same for the same key and pixels: when an answer is lost on its way, its cookie is lost too,
    and the browser that sends the drawing again still becomes the owner of the stored row. The key
    alone leads to a UUID that owns nothing.
    """
    if submission_key is None:
        return uuid4()
    digest = salted_hmac(SALT, submission_key.bytes + blob, algorithm="sha256").digest()
    return UUID(bytes=digest[:16])


def remember(response: HttpResponseBase, owner: UUID) -> None:
    """Give the browser its UUID, for a year from now on."""
    response.set_signed_cookie(
        COOKIE,
        str(owner),
        salt=SALT,
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
