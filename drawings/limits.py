"""How often one client may do something: counted in one atomic step, so that no number of processes
asking at once lets one more through."""

import hashlib
import hmac
import ipaddress
import logging
import random
import time
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest

from drawings import counts, metrics
from drawings.models import RateWindow
from drawsite.environment import Rate

logger = logging.getLogger(__name__)

# One in so many countings also removes the rows of windows that are over.
SWEEP_EVERY = 1000
# So many at most: they are removed within the transaction of a submission.
SWEPT = 2 * SWEEP_EVERY
# How long the database counts when Redis did not answer, before that is asked again: to wait for
# one that hangs would take a second of each submission, and SQLite's write lock meanwhile.
REDIS_PAUSE_SECONDS = 5.0
_redis_pauses_until = 0.0

TABLE = RateWindow._meta.db_table


class Verdict(NamedTuple):
    allowed: bool
    retry_after: int  # seconds until the window ends


class TooOftenError(Exception):
    """A client has used up its rate; it may try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


def client_address(request: HttpRequest) -> str:
    """The address that a client is counted by.

    With TRUSTED_PROXIES = n it is the n-th entry from the right of X-Forwarded-For: each trusted
    proxy appends the address that it saw, and whatever stands further left was only claimed. An
    IPv6 client is its /64, which is what one household gets.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES].strip() or address
    try:
        ip = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)


def _without_port(address: str) -> str:
    """Some proxies append it: `192.0.2.1:5678`, `[2001:db8::1]:443`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def count(scope: str, client: str, rate: Rate | None) -> Verdict:
    """Count one event of a client; `allowed` is whether it is within the rate.

    Windows are fixed: they begin at multiples of the rate's period.
    """
    if rate is None:
        return Verdict(True, 0)
    key, ends, retry_after = _window(scope, client, rate)
    return _verdict(scope, _count(key, ends, rate.seconds) <= rate.limit, retry_after)


def count_here(scope: str, client: str, rate: Rate | None) -> Verdict:
    """As `count`, for who only looks: reading never waits for those who write.

    Without Redis each machine counts what it is asked itself, in its memory.
    """
    if rate is None:
        return Verdict(True, 0)
    key, ends, retry_after = _window(scope, client, rate)
    so_far = _ask(
        lambda: _count_in_redis(key, ends, rate.seconds), lambda: counts.here.add(_short(key), ends)
    )
    return _verdict(scope, so_far <= rate.limit, retry_after)


def look_here(scope: str, client: str, rate: Rate | None) -> Verdict:
    """What `count_here` would say, without counting."""
    if rate is None:
        return Verdict(True, 0)
    key, ends, retry_after = _window(scope, client, rate)
    so_far = _ask(lambda: _so_far_in_redis(key, ends), lambda: counts.here.look(_short(key), ends))
    return _verdict(scope, so_far < rate.limit, retry_after)


def look(scope: str, client: str, rate: Rate | None) -> Verdict:
    """What `count` would say, without counting: nothing is written.

    For refusing early. Of those who look at the same time, each may be told the same.
    """
    if rate is None:
        return Verdict(True, 0)
    key, ends, retry_after = _window(scope, client, rate)
    return _verdict(scope, _so_far(key, ends) < rate.limit, retry_after)


def _verdict(scope: str, allowed: bool, retry_after: int) -> Verdict:
    if not allowed:
        metrics.count_refusal(scope)
    return Verdict(allowed, retry_after)


def _window(scope: str, client: str, rate: Rate) -> tuple[str, int, int]:
    """A client's current window: its key, when it ends, and in how many seconds that is."""
    now = int(time.time())
    ends = (now // rate.seconds + 1) * rate.seconds
    # Keyed, so that the table names nobody.
    secret = f"{scope}:{client}:{rate.seconds}".encode()
    key = hmac.new(settings.SECRET_KEY.encode(), secret, hashlib.sha256).hexdigest()
    return key, ends, ends - now


def _short(key: str) -> bytes:
    return bytes.fromhex(key)[: counts.KEY_BYTES]


def _count(key: str, ends: int, seconds: int) -> int:
    return _ask(lambda: _count_in_redis(key, ends, seconds), lambda: _count_in_database(key, ends))


def _so_far(key: str, ends: int) -> int:
    return _ask(lambda: _so_far_in_redis(key, ends), lambda: _so_far_in_database(key, ends))


def _count_in_redis(key: str, ends: int, seconds: int) -> int:
    name = _name_in_redis(key, ends)
    cache.add(name, 0, timeout=2 * seconds)  # does nothing when it is there
    return cache.incr(name)


def _so_far_in_redis(key: str, ends: int) -> int:
    return int(cache.get(_name_in_redis(key, ends), 0))


def _name_in_redis(key: str, ends: int) -> str:
    return f"rate:{key}:{ends}"


def _ask(redis: Callable[[], int], without: Callable[[], int]) -> int:
    """What Redis says, if it is there."""
    global _redis_pauses_until
    if settings.REDIS_URL and time.time() >= _redis_pauses_until:
        from redis.exceptions import RedisError  # a server without Redis starts without its client

        try:
            return redis()
        except (RedisError, ValueError) as error:  # ValueError: emptied between two questions
            _redis_pauses_until = time.time() + REDIS_PAUSE_SECONDS
            logger.warning("Redis does not answer, counting without it: %s", error)
    return without()


def _count_in_database(key: str, ends: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TABLE} AS counted ("key", "ends", "count") VALUES (%s, %s, 1)
            ON CONFLICT ("key") DO UPDATE SET
                "count" = CASE WHEN counted."ends" = excluded."ends"
                               THEN counted."count" + 1 ELSE 1 END,
                "ends" = excluded."ends"
            RETURNING "count"
            """,  # noqa: S608 - the table's name is Django's
            [key, ends],
        )
        (so_far,) = cursor.fetchone()
    if random.randrange(SWEEP_EVERY) == 0:  # noqa: S311 - chance, not a secret
        _sweep()
    return int(so_far)


def _sweep() -> None:
    over = RateWindow.objects.filter(ends__lt=time.time()).order_by("ends")
    # Who holds one is its client, who counts again, or another sweep: neither is waited for.
    if connection.features.has_select_for_update_skip_locked:
        over = over.select_for_update(skip_locked=True)
    with transaction.atomic():
        keys = list(over.values_list("pk", flat=True)[:SWEPT])
        RateWindow.objects.filter(pk__in=keys).delete()


def _so_far_in_database(key: str, ends: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "count" FROM {TABLE} WHERE "key" = %s AND "ends" = %s',  # noqa: S608
            [key, ends],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
