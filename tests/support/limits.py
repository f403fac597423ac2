"""Asking the limiter, as its tests do."""

from drawsite.environment import Rate
from drawsite.ratelimit import limiter

# One window holds the whole test, however slow it is.
AGES = 10**9

THREE = Rate(3, AGES)


def allowed(number, client="192.0.2.1", rate=THREE, scope="submit"):
    return [limiter.hit(scope, client, rate).allowed for _ in range(number)]
