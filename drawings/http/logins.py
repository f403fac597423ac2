"""Limits login attempts by address and by user name.

Each attempt is counted before its password is checked, and uncounted if the password was right, so
the limits are exact for concurrent attempts. No response reveals whether a name exists.
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
# Failures for one name from all addresses, which limits distributed guessing. Addresses that the
# name has logged in from are exempt, so nobody can lock the account's owner out there.
FROM_ALL_ADDRESSES = Rate(50, 60 * 60)
# The longest name that Django's User allows.
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
        """Returns the user with this name and password, or None.

        Raises RefusedError (429) after too many failures.
        """
        # Without a request, the caller is a program on the server.
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
            # Check a password that can't match: a locked-out attempt must take as long as any
            # other, or its timing would reveal whether the address is known.
            password = secrets.token_urlsafe()
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            refuse_unless_allowed(everywhere, TOO_MANY)
            logger.warning("A login failed.")
            return None
        limiter.hit("login_name_here", name_and_address, FROM_ONE_ADDRESS, -FROM_ONE_ADDRESS.limit)
        if everywhere.allowed:
            limiter.hit("login_name", name, FROM_ALL_ADDRESSES, -1)
        known_addresses.remember_login(login)
        return user
