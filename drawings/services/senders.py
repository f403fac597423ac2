"""Senders: which drawings and reports came from the same address, without storing the address.

A sender is the first 16 bytes of a keyed hash of the client's address. The key changes every PERIOD
and is deleted LIFE after its period began. From then on its senders cannot be traced to an address.
See docs/moderation.md.
"""

import hmac
import secrets
import time
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from drawings.models import SENDER_BYTES, BlockedSender, SenderKey
from drawsite.db.transactions import write_transaction

PERIOD = timedelta(days=30)
LIFE = 3 * PERIOD
KEY_BYTES = 32
# How long a process caches the keys.
CACHE_SECONDS = 600


class CachedKeys(NamedTuple):
    begins: date  # when the current period began
    keys: list[bytes]  # the newest first
    read_at: float  # time.monotonic()


_cached: CachedKeys | None = None


def sender_of(address: str) -> bytes:
    """The sender (16 bytes) at an address, which is what http/client_address.py returns."""
    return _hash_address(_current_keys()[0], address)


def is_blocked(address: str) -> bool:
    """Whether the sender at an address is blocked, under any of the keys that are kept."""
    senders = [_hash_address(key, address) for key in _current_keys()]
    return BlockedSender.objects.filter(sender__in=senders).exists()


def block_sender(sender: bytes, note: str = "") -> None:
    """Refuse drawings and reports from this sender until the key of its hash is deleted."""
    BlockedSender.objects.get_or_create(sender=sender, defaults={"note": note})


def expired_rows() -> tuple[QuerySet[SenderKey], QuerySet[BlockedSender]]:
    """Returns the keys that are no longer kept, and the blocks of senders from their periods."""
    oldest_kept = _current_period() - LIFE + PERIOD
    return (
        SenderKey.objects.filter(begins__lt=oldest_kept),
        BlockedSender.objects.filter(created_at__date__lt=oldest_kept),
    )


def _current_period() -> date:
    """The first day (UTC) of the current period."""
    today = datetime.now(UTC).date()
    return date.fromordinal(today.toordinal() // PERIOD.days * PERIOD.days)


def _hash_address(key: bytes, address: str) -> bytes:
    secret = key + settings.SECRET_KEY.encode()
    return hmac.digest(secret, address.encode(), "sha256")[:SENDER_BYTES]


def _current_keys() -> list[bytes]:
    global _cached
    begins = _current_period()
    cached = _cached
    if (
        cached is None
        or cached.begins != begins
        or time.monotonic() - cached.read_at > CACHE_SECONDS
    ):
        cached = _cached = CachedKeys(
            begins, _read_keys(begins) or _make_key(begins), time.monotonic()
        )
    return cached.keys


def _read_keys(begins: date) -> list[bytes]:
    """The keys up to this period, the newest first. Empty if the period has no key yet."""
    rows = list(SenderKey.objects.filter(begins__lte=begins).order_by("-begins"))
    return [bytes(row.key) for row in rows] if rows and rows[0].begins == begins else []


def _make_key(begins: date) -> list[bytes]:
    """Store a key for the period, unless another process has, and delete expired keys and blocks.

    `sweeping` deletes them too, for periods in which nobody sends anything. Returns the keys as
    `_read_keys` does.
    """
    key = SenderKey(begins=begins, key=secrets.token_bytes(KEY_BYTES))
    with write_transaction():
        SenderKey.objects.bulk_create([key], ignore_conflicts=True)
        for rows in expired_rows():
            rows.delete()
    return _read_keys(begins)
