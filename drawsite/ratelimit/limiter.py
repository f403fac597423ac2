"""How often, or how much, one client may do something in a window of time.

`hit` counts and `test` only looks. Redis counts for all machines together; without it each machine
counts in memory that its processes share. Either way one atomic step decides, so that no number of
processes asking at once lets one more through.
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

# How long to count without Redis after it did not answer: waiting for one that hangs would delay
# every request.
REDIS_PAUSE_SECONDS = 5.0
_redis_pauses_until = 0.0


class Verdict(NamedTuple):
    allowed: bool
    retry_after: int  # seconds until the window ends


def hit(scope: str, client: str, rate: Rate | None, amount: int = 1) -> Verdict:
    """Count `amount` more of a client, if that is within the rate.

    A refused amount is not counted. A negative one gives back what was counted, down to zero.
    `scope` is one of shared_counters.SCOPES.
    """
    return _ask(scope, client, rate, amount, write=True)


def test(scope: str, client: str, rate: Rate | None) -> Verdict:
    """What `hit` would answer, without counting."""
    return _ask(scope, client, rate, 1, write=False)


def _ask(scope: str, client: str, rate: Rate | None, amount: int, *, write: bool) -> Verdict:
    if rate is None:
        return Verdict(True, 0)
    # Keyed, so that neither store names anybody.
    secret = f"{scope}:{client}:{rate.seconds}".encode(errors="surrogatepass")
    digest = hmac.digest(settings.SECRET_KEY.encode(), secret, "sha256")
    key = digest[: shared_counters.KEY_BYTES]
    answer = _ask_redis(key, rate, amount, write=write)
    if answer is None:
        table = shared_counters.tables[scope]
        answer = table.ask(key, rate.limit, rate.seconds, amount, write=write)
    allowed, seconds = answer
    if not allowed:
        metrics.count_refusal(scope)
    return Verdict(allowed, max(1, math.ceil(seconds)))


def _ask_redis(key: bytes, rate: Rate, amount: int, *, write: bool) -> tuple[bool, float] | None:
    """What Redis answers; None if there is none, or if it is away."""
    global _redis_pauses_until
    if not settings.REDIS_URL or time.monotonic() < _redis_pauses_until:
        return None
    from drawsite.ratelimit import (
        redis_counters,  # a server without Redis starts without its client
    )

    try:
        return redis_counters.ask(settings.REDIS_URL, key, *rate, amount, write=write)
    except redis_counters.Unavailable as error:
        _redis_pauses_until = time.monotonic() + REDIS_PAUSE_SECONDS
        logger.warning("Redis does not answer, counting without it: %s", error)
        return None
