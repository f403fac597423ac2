"""Tries to log in, limited by address and by name.

Each try is counted before its password is checked, and given back if it was right: so the limits
hold exactly for tries at the same moment. No answer depends on whether a name exists.
"""

import hmac
import logging
import secrets
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from drawings.http.errors import request_error
from drawings.models import KnownAddress
from drawsite.db.transactions import write_transaction
from drawsite.environment import Rate
from drawsite.ratelimit import limiter

logger = logging.getLogger(__name__)

# Failures for one name from one address.
FROM_ONE_ADDRESS = Rate(5, 15 * 60)
# Failures for one name from all addresses: many that guess together get no further than this. It
# does not bind addresses that the name has logged in from, so nobody can lock its owner out there.
FROM_ALL_ADDRESSES = Rate(50, 60 * 60)
KNOWN_FOR = timedelta(days=90)
# No account has a longer name.
NAME_LENGTH = 150


class LockedOutError(limiter.TooOftenError):
    """Nobody logs in by this name from this address, or by any name, for `retry_after` seconds."""


class LimitedBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The user of this name and password. Raises LockedOutError."""
        # Without a request it is a program of the host's own.
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        address = limiter.client_address(request)
        name = username[:NAME_LENGTH]
        here = f"{name}\0{address}"
        _count("login", address, settings.LOGIN_RATE)
        _count("login_name_here", here, FROM_ONE_ADDRESS)
        everywhere = limiter.hit("login_name", name, FROM_ALL_ADDRESSES)
        if not everywhere.allowed and not _is_known(here):
            # A locked-out try takes as long as any other, but never succeeds: else its answer, or
            # the time that it takes, would tell whether the address is known.
            password = secrets.token_urlsafe()
        user = super().authenticate(request, username, password, **kwargs)
        if user is None and not everywhere.allowed:
            raise LockedOutError(everywhere.retry_after)
        if user is None:
            logger.warning("A login failed.")
            return None
        limiter.hit("login_name_here", here, FROM_ONE_ADDRESS, -FROM_ONE_ADDRESS.limit)
        if everywhere.allowed:
            limiter.hit("login_name", name, FROM_ALL_ADDRESSES, -1)
        _remember(here)
        return user


def _count(scope: str, client: str, rate: Rate | None) -> None:
    verdict = limiter.hit(scope, client, rate)
    if not verdict.allowed:
        raise LockedOutError(verdict.retry_after)


def locked_out(request: HttpRequest, error: LockedOutError) -> HttpResponse:
    """The answer in place of the login form's."""
    return request_error(
        request,
        429,
        f"Too many tries to log in. Wait {error.retry_after} seconds, then try again.",
        retry_after=error.retry_after,
    )


# --- Addresses that a name has logged in from -----------------------------------------------


def _is_known(here: str) -> bool:
    return KnownAddress.objects.filter(digest=_digest(here), seen_on__gte=oldest_known()).exists()


def _remember(here: str) -> None:
    digest, today = _digest(here), timezone.now().date()
    if not KnownAddress.objects.filter(digest=digest, seen_on=today).exists():
        with write_transaction():
            KnownAddress.objects.update_or_create(digest=digest, defaults={"seen_on": today})


def _digest(here: str) -> bytes:
    secret = f"known address:{here}".encode(errors="surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), secret, "sha256")


def oldest_known() -> date:
    """The day of the last login before which an address is not known any more."""
    return timezone.now().date() - KNOWN_FOR
