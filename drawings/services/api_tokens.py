"""Tokens with which programs of staff ask the API: each has a scope within its user's rights."""

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from drawings.models import TOKEN_SHOWN_LENGTH, ApiToken
from drawsite.db.transactions import nowait_transaction

# What a secret begins with: who finds one in a file knows what it is.
MARK = "drawsite_"
SECRET_BYTES = 32
MOST_CHARACTERS = 100
# That a token is used is written down about so often.
NOTED_EVERY = timedelta(days=1)


# How long before it expires the admin warns of it.
WARNED_BEFORE = timedelta(days=30)
# Which scopes of a token cover a permission.
SCOPES = {
    "view_drawing": ("may_read", "may_curate"),
    "curate_drawing": ("may_curate",),
    "export_drawing": ("may_export",),
}


def covers(token: ApiToken, permission: str) -> bool:
    """Whether the token's scope covers a permission; its user must have it as well."""
    return any(getattr(token, scope) for scope in SCOPES.get(permission, ()))


def working() -> QuerySet[ApiToken]:
    """The tokens that have neither been revoked nor expired."""
    today = timezone.now().date()
    return ApiToken.objects.filter(revoked_at__isnull=True, expires_on__gte=today)


def about_to_expire(user: AbstractUser | AnonymousUser) -> QuerySet[ApiToken]:
    """A user's working tokens that expire soon, the first to expire first."""
    soon = timezone.now().date() + WARNED_BEFORE
    return working().filter(user_id=cast(int, user.pk), expires_on__lte=soon).order_by("expires_on")


def prepare(token: ApiToken) -> str:
    """Give a token that is to be stored its secret, which is returned and can never be again."""
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    token.begins = secret[:TOKEN_SHOWN_LENGTH]
    token.digest = digest_of(secret)
    return secret


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def find(secret: str) -> ApiToken | None:
    """The token with this secret; None if there is none, or it or its user may do nothing more."""
    if len(secret) > MOST_CHARACTERS:
        return None
    tokens: Any = working().select_related("user")
    token: ApiToken | None = tokens.filter(
        digest=digest_of(secret), user__is_active=True, user__is_staff=True
    ).first()
    if token is not None:
        _note_use(token)
    return token


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY:
        return
    with suppress(OperationalError), nowait_transaction():
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
