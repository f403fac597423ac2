"""From which address a drawing or a report came, without the address: docs/moderation.md.

A sender is the first 16 bytes of a keyed hash of the client's address. The key changes every PERIOD
and is deleted LIFE after it began; what was hashed with it then belongs to no address any more.
"""

import hmac
import secrets
import time
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from drawings.models import SENDER_BYTES, BlockedSender, SenderKey
from drawsite.db.transactions import write_transaction

PERIOD = timedelta(days=30)
LIFE = 3 * PERIOD
KEY_BYTES = 32
# How long a process relies on the keys that it has read.
FRESH_SECONDS = 600


class Keys(NamedTuple):
    """The keys that there are, the newest first."""

    begins: date
    keys: list[bytes]
    read_at: float


_cached: Keys | None = None


def sender_of(address: str) -> bytes:
    """The sender at an address, as limits.client_address has it: 16 bytes."""
    return _hash(_keys()[0], address)


def is_blocked(address: str) -> bool:
    """Whether the sender at an address is blocked, under whichever key it was."""
    senders = [_hash(key, address) for key in _keys()]
    return BlockedSender.objects.filter(sender__in=senders).exists()


def block(sender: bytes, note: str = "") -> None:
    """Refuse what this sender sends from now on, until the key of its hash is deleted."""
    BlockedSender.objects.get_or_create(sender=sender, defaults={"note": note})


def oldest_kept() -> date:
    """The beginning of the oldest period whose key is still kept."""
    return _period() - LIFE + PERIOD


def _period() -> date:
    """When the current period began."""
    today = datetime.now(UTC).date()
    return date.fromordinal(today.toordinal() // PERIOD.days * PERIOD.days)


def _hash(key: bytes, address: str) -> bytes:
    secret = key + settings.SECRET_KEY.encode()
    return hmac.digest(secret, address.encode(), "sha256")[:SENDER_BYTES]


def _keys() -> list[bytes]:
    global _cached
    begins = _period()
    cached = _cached
    if (
        cached is None
        or cached.begins != begins
        or time.monotonic() - cached.read_at > FRESH_SECONDS
    ):
        cached = _cached = Keys(begins, _read(begins) or _make(begins), time.monotonic())
    return cached.keys


def _read(begins: date) -> list[bytes]:
    """The keys of the period and of those before it; empty if the period has none yet."""
    rows = list(SenderKey.objects.filter(begins__lte=begins).order_by("-begins"))
    return [bytes(row.key) for row in rows] if rows and rows[0].begins == begins else []


def _make(begins: date) -> list[bytes]:
    """Make the period's key, unless another process is quicker, and forget what is too old.

    (Where nobody sends anything in a period, `sweeping` does the latter.)
    """
    key = SenderKey(begins=begins, key=secrets.token_bytes(KEY_BYTES))
    with write_transaction():
        SenderKey.objects.bulk_create([key], ignore_conflicts=True)
        SenderKey.objects.filter(begins__lt=oldest_kept()).delete()
        BlockedSender.objects.filter(created_at__date__lt=oldest_kept()).delete()
    return _read(begins)
