"""Clients of the API: anybody, or a program of staff with a token."""

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
    token: ApiToken | None

    def may(self, *permissions: str) -> bool:
        """Whether both the token's scope and its user's permissions include all of these."""
        return self.token is not None and all(
            api_tokens.covers(self.token, permission)
            and self.token.user.has_perm(f"drawings.{permission}")
            for permission in permissions
        )


class Anybody(AuthBase):
    """Lets every client in within API_RATE, unless it sends an invalid token."""

    openapi_type = "http"
    openapi_scheme = SCHEME
    openapi_description = "A token that staff make in the admin."

    def __call__(self, request: HttpRequest) -> Client:
        throttling.count_request(request, "api")
        if request.method not in SAFE:
            access.refuse_other_sites(request)
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:  # a proxy's own password prompt, for one
            return self.admit(Client(None))
        # Checked first: otherwise a client that guesses would still learn that a token is valid.
        throttling.check_limit(request, "token")
        if (token := api_tokens.find(secret.strip())) is None:
            throttling.count_request(request, "token")
            raise unauthorised("This token is invalid or revoked, or its user has lost access.")
        return self.admit(Client(token))

    def admit(self, client: Client) -> Client:
        return client


class Token(Anybody):
    """Lets in only clients with a token."""

    def admit(self, client: Client) -> Client:
        if client.token is None:
            raise unauthorised(TOKEN_NEEDED)
        return client


def unauthorised(sentence: str) -> RefusedError:
    return RefusedError(401, sentence, headers={"WWW-Authenticate": "Bearer"})


def require(client: Client, *permissions: str) -> AbstractUser:
    """Returns the client's user. Raises RefusedError unless token and user have the permissions."""
    if client.token is None:
        raise unauthorised(TOKEN_NEEDED)
    if not client.may(*permissions):
        raise RefusedError(403, "This token, or its user, does not have permission for this.")
    return client.token.user
