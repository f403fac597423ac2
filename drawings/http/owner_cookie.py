"""The owner cookie, which identifies the browser that sent a drawing. There are no accounts.

A browser that sends a drawing gets a UUID in a signed cookie, and the drawing is stored with it.
With the cookie, the browser may rename and delete its drawings.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "owner"
SALT = "drawings.http.owner_cookie"
# From the last time that the browser sent a drawing or opened "My drawings".
AGE = timedelta(days=365)


def owner_of(request: HttpRequest) -> UUID | None:
    """Returns the UUID in the browser's cookie, or None without a validly signed cookie."""
    value = request.get_signed_cookie(COOKIE, None, salt=SALT, max_age=AGE)
    return UUID(value) if value else None


def new_owner(submission_key: UUID | None, blob: bytes) -> UUID:
    """Returns an owner's UUID for a browser without a cookie that sends this drawing.

    The same key and pixels give the same UUID: if the response with the cookie is lost, the browser
    sends the drawing again and still owns the stored row. The key alone, which others may guess,
    gives a UUID that owns nothing.
    """
    if submission_key is None:
        return uuid4()
    digest = salted_hmac(SALT, submission_key.bytes + blob, algorithm="sha256").digest()
    return UUID(bytes=digest[:16])


def set_cookie(response: HttpResponseBase, owner: UUID) -> None:
    """Set the cookie, or renew it for another year."""
    response.set_signed_cookie(
        COOKIE,
        str(owner),
        salt=SALT,
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
