"""Limits how often, or how much, one client may do something in a window of time.

`hit` counts an event and `test` only checks the limit. Redis holds the counters for all machines;
without Redis each machine holds its own, in memory that its processes share. Check and count are
one atomic step, so limits are exact for concurrent requests.
"""

import hmac
import logging
import math
import time
from typing import NamedTuple

from django.conf import settings

from drawsite.environment import Rate
from drawsite.observability import metrics
from drawsite.ratelimit import shared_counters

logger = logging.getLogger(__name__)

# How long to count without Redis after it failed. Retrying a Redis that hangs would delay every
# request.
REDIS_PAUSE_SECONDS = 5.0
_redis_pauses_until = 0.0


class Verdict(NamedTuple):
    allowed: bool
    retry_after: int  # seconds until the window ends


def hit(scope: str, client: str, rate: Rate | None, amount: int = 1) -> Verdict:
    """Add `amount` to the client's count if the rate allows it; otherwise count nothing.

    A negative amount is subtracted, down to zero. `scope` is one of shared_counters.SCOPES.
    """
    return _check_limit(scope, client, rate, amount, write=True)


def test(scope: str, client: str, rate: Rate | None) -> Verdict:
    """Returns what `hit` would return, without counting."""
    return _check_limit(scope, client, rate, 1, write=False)


def _check_limit(
    scope: str, client: str, rate: Rate | None, amount: int, *, write: bool
) -> Verdict:
    if rate is None:
        return Verdict(True, 0)
    # A keyed hash, so that neither store holds addresses or names.
    identity = f"{scope}:{client}:{rate.seconds}".encode(errors="surrogatepass")
    digest = hmac.digest(settings.SECRET_KEY.encode(), identity, "sha256")
    key = digest[: shared_counters.KEY_BYTES]
    result = _check_limit_in_redis(key, rate, amount, write=write)
    if result is None:
        table = shared_counters.tables[scope]
        result = table.check_limit(key, rate.limit, rate.seconds, amount, write=write)
    allowed, seconds = result
    if not allowed:
        metrics.count_refusal(scope)
    return Verdict(allowed, max(1, math.ceil(seconds)))


def _check_limit_in_redis(
    key: bytes, rate: Rate, amount: int, *, write: bool
) -> tuple[bool, float] | None:
    """Like shared_counters.Counters.check_limit. Returns None without Redis, or if it fails."""
    global _redis_pauses_until
    if not settings.REDIS_URL or time.monotonic() < _redis_pauses_until:
        return None
    # Without Redis, the server does not load its client.
    from drawsite.ratelimit import redis_counters

    try:
        return redis_counters.check_limit(settings.REDIS_URL, key, *rate, amount, write=write)
    except redis_counters.Unavailable as error:
        _redis_pauses_until = time.monotonic() + REDIS_PAUSE_SECONDS
        logger.warning("Redis does not answer, counting without it: %s", error)
        return None
