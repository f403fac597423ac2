"""The addresses that each user name has logged in from, stored as keyed hashes."""

import hmac
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from drawings.models import KnownAddress
from drawsite.db.transactions import write_transaction

KNOWN_FOR = timedelta(days=90)


class Login(NamedTuple):
    name: str
    address: str


def is_known(login: Login) -> bool:
    """Whether the user has logged in from the address within KNOWN_FOR."""
    rows = KnownAddress.objects.filter(digest=_hash_login(login), seen_on__gte=oldest_known())
    return rows.exists()


def remember_login(login: Login) -> None:
    """Record that the user has logged in from the address today."""
    digest, today = _hash_login(login), timezone.now().date()
    if not KnownAddress.objects.filter(digest=digest, seen_on=today).exists():
        with write_transaction():
            KnownAddress.objects.update_or_create(digest=digest, defaults={"seen_on": today})


def oldest_known() -> date:
    """Addresses whose last login was before this day (UTC) are no longer known."""
    return timezone.now().date() - KNOWN_FOR


def _hash_login(login: Login) -> bytes:
    secret = f"known address:{login.name}\0{login.address}".encode(errors="surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), secret, "sha256")
