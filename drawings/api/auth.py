"""Authentication for the API. Tokens are optional, and only staff can make one."""

from typing import NamedTuple

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from ninja.security.base import AuthBase

from drawings.http import access, throttling
from drawings.models import ApiToken
from drawings.services import api_tokens
from drawsite.lib.refusals import RefusedError

SCHEME = "bearer"
TOKEN_NEEDED = "This needs an API token: see /api/."  # noqa: S105

SAFE = {"GET", "HEAD"}


class Client(NamedTuple):
    """The client of a request, with its token if it sent one."""

    token: ApiToken | None

    def may(self, *permissions: str) -> bool:
        """Whether the token's scope and its user's permissions both include all of these."""
        return self.token is not None and all(
            api_tokens.covers(self.token, permission)
            and self.token.user.has_perm(f"drawings.{permission}")
            for permission in permissions
        )


class Anybody(AuthBase):
    """Admits every client within API_RATE, except those with an invalid token."""

    openapi_type = "http"
    openapi_scheme = SCHEME
    openapi_description = "A token that staff make in the admin."

    def __call__(self, request: HttpRequest) -> Client:
        throttling.count_request(request, "api")
        if request.method not in SAFE:
            access.refuse_other_sites(request)
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:  # such as Basic, for a proxy's password
            return self.admit(Client(None))
        # Check the limit first, or a client that guesses tokens could still find a valid one.
        throttling.check_limit(request, "token")
        if (token := api_tokens.find_token(secret.strip())) is None:
            throttling.count_request(request, "token")
            raise unauthorised_error(
                "This token is invalid or revoked, or its user has lost access."
            )
        return self.admit(Client(token))

    def admit(self, client: Client) -> Client:
        return client


class Token(Anybody):
    """Admits only clients with a valid token."""

    def admit(self, client: Client) -> Client:
        if client.token is None:
            raise unauthorised_error(TOKEN_NEEDED)
        return client


def unauthorised_error(sentence: str) -> RefusedError:
    return RefusedError(401, sentence, headers={"WWW-Authenticate": "Bearer"})


def require_permissions(client: Client, *permissions: str) -> AbstractUser:
    """Returns the client's user.

    Raises RefusedError: 401 without a token, 403 if the token or its user lacks a permission.
    """
    if client.token is None:
        raise unauthorised_error(TOKEN_NEEDED)
    if not client.may(*permissions):
        raise RefusedError(403, "This token or its user doesn't have permission for this.")
    return client.token.user
