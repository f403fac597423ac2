"""Login attempts, limited by address and by name.

Each attempt is counted before its password is checked, and given back if the password was right, so
the limits are exact for concurrent attempts. No response depends on whether a name exists.
"""

import logging
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from drawings.http.client_address import client_address
from drawings.http.throttling import refuse_unless_allowed
from drawings.services import known_addresses
from drawsite.environment import Rate
from drawsite.ratelimit import limiter

logger = logging.getLogger(__name__)

# Failures for one name from one address.
FROM_ONE_ADDRESS = Rate(5, 15 * 60)
# Failures for one name from all addresses: many that guess together get no further than this. It
# does not bind addresses that the name has logged in from, so nobody can lock its owner out there.
FROM_ALL_ADDRESSES = Rate(50, 60 * 60)
# No account has a longer name.
NAME_LENGTH = 150

TOO_MANY = "Too many login attempts."


class LimitedBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The user with this name and password. Raises RefusedError (429) after many failures."""
        # Without a request it is one of the host's own programs.
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        address = client_address(request)
        name = username[:NAME_LENGTH]
        login = known_addresses.Login(name, address)
        name_and_address = f"{name}\0{address}"
        refuse_unless_allowed(limiter.hit("login", address, settings.LOGIN_RATE), TOO_MANY)
        here = limiter.hit("login_name_here", name_and_address, FROM_ONE_ADDRESS)
        refuse_unless_allowed(here, TOO_MANY)
        everywhere = limiter.hit("login_name", name, FROM_ALL_ADDRESSES)
        if not everywhere.allowed and not known_addresses.is_known(login):
            # An attempt that is locked out takes as long as any other, but never succeeds.
            # Otherwise its response, or its time, would tell whether the address is known.
            password = secrets.token_urlsafe()
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            refuse_unless_allowed(everywhere, TOO_MANY)
            logger.warning("A login failed.")
            return None
        limiter.hit("login_name_here", name_and_address, FROM_ONE_ADDRESS, -FROM_ONE_ADDRESS.limit)
        if everywhere.allowed:
            limiter.hit("login_name", name, FROM_ALL_ADDRESSES, -1)
        known_addresses.remember(login)
        return user
