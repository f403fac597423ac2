"""Counters in Redis, which several machines share. Imported only if REDIS_URL is set."""

from functools import lru_cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

PREFIX = "drawsite:rate:"
# Short, because a visitor is waiting and shared memory can count instead.
TIMEOUT_SECONDS = 0.5

# Redis runs a script atomically, in one round trip. A window begins with the key's first event, and
# the key expires with it.
SCRIPT = """
local count = tonumber(redis.call("GET", KEYS[1]) or "0")
local limit, milliseconds, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local fits = count + amount <= limit
local more = math.max(amount, -count)
if ARGV[4] == "1" and fits and more ~= 0 then
  redis.call("INCRBY", KEYS[1], more)
end
local left = redis.call("PTTL", KEYS[1])
if left == -1 then
  redis.call("PEXPIRE", KEYS[1], milliseconds)
end
return {fits and 1 or 0, left < 0 and milliseconds or left}
"""

Unavailable = RedisError


@lru_cache(maxsize=1)
def _script(url: str) -> Script:
    client: Redis = Redis.from_url(
        url,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),  # a retry could count twice
    )
    return client.register_script(SCRIPT)


def check_limit(
    url: str, key: bytes, limit: int, seconds: int, amount: int, *, write: bool
) -> tuple[bool, float]:
    """Like shared_counters.Counters.check_limit. Raises Unavailable."""
    arguments = [limit, seconds * 1000, amount, int(write)]
    fits, milliseconds = _script(url)(keys=[PREFIX + key.hex()], args=arguments)
    return bool(fits), milliseconds / 1000
