"""Who asks the API: anybody, or a program of staff with a token."""

from typing import NamedTuple

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from ninja.security.base import AuthBase

from drawings.http import throttling
from drawings.http.errors import request_error
from drawings.models import ApiToken
from drawings.services import api_tokens, submissions
from drawsite.ratelimit import limiter

SCHEME = "bearer"
SAFE = {"GET", "HEAD"}


class RefusedError(Exception):
    """The request is not looked at any further."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


class Client(NamedTuple):
    token: ApiToken | None

    def may(self, *permissions: str) -> bool:
        """Whether both the token's scope and its user's rights allow all of this."""
        return self.token is not None and all(
            api_tokens.covers(self.token, permission)
            and self.token.user.has_perm(f"drawings.{permission}")
            for permission in permissions
        )


class Anybody(AuthBase):
    """Lets everybody in within API_RATE, but for who shows a token that is none."""

    openapi_type = "http"
    openapi_scheme = SCHEME
    openapi_description = "A token that staff make in the admin."

    def __call__(self, request: HttpRequest) -> Client:
        if (refusal := throttling.of_reading(request)) is not None:
            raise RefusedError(refusal)
        if request.method not in SAFE:
            refusal = submissions.refuse_another_site(request)
            if refusal is not None:
                raise RefusedError(refusal)
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:  # a proxy's own way to ask for a password, say
            return self.admit(request, Client(None))
        # Looked at first: else who guesses would still learn of a token that is one.
        if (refusal := throttling.of_guessing(request, limiter.test)) is not None:
            raise RefusedError(refusal)
        if (token := api_tokens.find(secret.strip())) is None:
            if (refusal := throttling.of_guessing(request, limiter.hit)) is not None:
                raise RefusedError(refusal)
            raise RefusedError(
                unauthorised(
                    request,
                    "This token is unknown, revoked or expired, or its user has lost access.",
                )
            )
        return self.admit(request, Client(token))

    def admit(self, request: HttpRequest, client: Client) -> Client:
        return client


class Token(Anybody):
    """Lets in who shows a token."""

    def admit(self, request: HttpRequest, client: Client) -> Client:
        if client.token is None:
            raise RefusedError(unauthorised(request, "This takes a token: see /api/."))
        return client


def unauthorised(request: HttpRequest, sentence: str) -> HttpResponse:
    response = request_error(request, 401, sentence)
    response["WWW-Authenticate"] = "Bearer"
    return response


def demand(request: HttpRequest, client: Client, *permissions: str) -> AbstractUser:
    """The client's user, who has the permissions. Raises RefusedError for any other."""
    if client.token is None:
        raise RefusedError(unauthorised(request, "This takes a token: see /api/."))
    if not client.may(*permissions):
        raise RefusedError(request_error(request, 403, "This token, or its user, may not do this."))
    return client.token.user
