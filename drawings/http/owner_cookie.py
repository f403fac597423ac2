"""The browser that sent a drawing, known by a signed cookie instead of an account.

A browser that sends a drawing gets a UUID in the cookie, which is stored with its drawings. The
cookie allows renaming and deleting them.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "owner"
SALT = "drawings.http.owner_cookie"
# Since the browser last sent a drawing, or looked at its own.
AGE = timedelta(days=365)


def owner_of(request: HttpRequest) -> UUID | None:
    """The UUID in the browser's cookie, or None if there is none with a valid signature."""
    value = request.get_signed_cookie(COOKIE, None, salt=SALT, max_age=AGE)
    return UUID(value) if value else None


def new_owner(submission_key: UUID | None, blob: bytes) -> UUID:
    """A UUID for a browser without one that sends this drawing.

    It is the same for the same key and pixels: if a response is lost, its cookie is lost too, and
    the browser that sends the drawing again still owns the stored row. The key alone, which others
    may guess, yields a UUID that owns nothing.
    """
    if submission_key is None:
        return uuid4()
    digest = salted_hmac(SALT, submission_key.bytes + blob, algorithm="sha256").digest()
    return UUID(bytes=digest[:16])


def remember(response: HttpResponseBase, owner: UUID) -> None:
    """Set the cookie, for a year from now."""
    response.set_signed_cookie(
        COOKIE,
        str(owner),
        salt=SALT,
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
