"""How often one client may do something: counted in one atomic statement, so that no number of
processes asking at once lets one more through."""

import hashlib
import hmac
import ipaddress
import logging
import random
import time
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest

from drawings.models import RateWindow
from drawsite.environment import Rate

logger = logging.getLogger(__name__)

# One in so many countings also removes the rows of windows that are over.
SWEEP_EVERY = 1000


class Verdict(NamedTuple):
    allowed: bool
    retry_after: int  # seconds until the window ends


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
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)


def count(scope: str, client: str, rate: Rate | None) -> Verdict:
    """Count one event of a client; `allowed` is whether it is within the rate.

    Windows are fixed: they begin at multiples of the rate's period.
    """
    if rate is None:
        return Verdict(True, 0)
    now = int(time.time())
    ends = (now // rate.seconds + 1) * rate.seconds
    # Keyed, so that the table names nobody.
    secret = f"{scope}:{client}:{rate.seconds}".encode()
    key = hmac.new(settings.SECRET_KEY.encode(), secret, hashlib.sha256).hexdigest()
    return Verdict(
        allowed=_count(key, ends, rate.seconds) <= rate.limit,
        retry_after=ends - now,
    )


def _count(key: str, ends: int, seconds: int) -> int:
    if settings.REDIS_URL:
        from redis.exceptions import RedisError  # a server without Redis starts without its client

        try:
            return _count_in_redis(f"rate:{key}:{ends}", seconds)
        except RedisError as error:
            logger.warning("Redis does not answer, counting in the database: %s", error)
    return _count_in_database(key, ends)


def _count_in_redis(key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=2 * seconds)  # does nothing when the key is there
    return cache.incr(key)


def _count_in_database(key: str, ends: int) -> int:
    table = RateWindow._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table} AS counted ("key", "ends", "count") VALUES (%s, %s, 1)
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
        RateWindow.objects.filter(ends__lt=time.time()).delete()
    return int(so_far)
