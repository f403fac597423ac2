"""API tokens for staff's programs. Each has a scope, limited by its user's permissions."""

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
from drawsite.lib.staff import may_enter_admin

# The prefix lets people and secret scanners recognise a token.
PREFIX = "drawsite_"
SECRET_BYTES = 32
MAX_SECRET_LENGTH = 100
# `last_used_at` is written at most this often.
USE_RECORDED_EVERY = timedelta(days=1)
# The admin warns this long before a token expires.
WARN_BEFORE = timedelta(days=30)
# The scopes that cover each permission.
SCOPES = {
    "view_drawing": ("may_read", "may_curate"),
    "curate_drawing": ("may_curate",),
    "export_drawing": ("may_export",),
}


def covers(token: ApiToken, permission: str) -> bool:
    """Whether the token's scope covers a permission. The caller must check the user's as well."""
    return any(getattr(token, scope) for scope in SCOPES.get(permission, ()))


def working_tokens() -> QuerySet[ApiToken]:
    """The tokens that are neither revoked nor expired."""
    today = timezone.now().date()
    return ApiToken.objects.filter(revoked_at__isnull=True, expires_on__gte=today)


def expiring_tokens(user: AbstractUser | AnonymousUser) -> QuerySet[ApiToken]:
    """A user's working tokens that expire within WARN_BEFORE, the soonest first."""
    soon = timezone.now().date() + WARN_BEFORE
    return (
        working_tokens()
        .filter(user_id=cast(int, user.pk), expires_on__lte=soon)
        .order_by("expires_on")
    )


def set_secret(token: ApiToken) -> str:
    """Set a new secret on an unsaved token. Returns the secret, which cannot be recovered later."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token.begins = secret[:TOKEN_SHOWN_LENGTH]
    token.digest = digest_of(secret)
    return secret


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def find_token(secret: str) -> ApiToken | None:
    """The working token with this secret, or None. Its user must still be staff."""
    if len(secret) > MAX_SECRET_LENGTH:
        return None
    tokens: Any = working_tokens().select_related("user")
    token: ApiToken | None = tokens.filter(digest=digest_of(secret)).first()
    if token is None or not may_enter_admin(token.user):
        return None
    _record_use(token)
    return token


def _record_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < USE_RECORDED_EVERY:
        return
    with suppress(OperationalError), nowait_transaction():
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
