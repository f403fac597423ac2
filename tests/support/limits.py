"""Calls of the rate limiter, and logins with right and wrong passwords."""

from drawings.http import logins
from drawsite.environment import Rate
from drawsite.ratelimit import limiter

# One window holds the whole test, however slow it is.
AGES = 10**9
THREE = Rate(3, AGES)
LOGIN = "/admin/login/"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"
TRIES = logins.FROM_ONE_ADDRESS.limit


def allowed(number, client="192.0.2.1", rate=THREE, scope="submit"):
    """Hit the limiter; returns which of the calls were allowed."""
    return [limiter.hit(scope, client, rate).allowed for _ in range(number)]


def post(client, name="ada", password="right", address=HERE, **headers):
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address, headers=headers)


def log_in(client, *arguments, **values):
    """Returns the status: 302 after a login, 200 with the form again, 429 over the limit."""
    return post(client, *arguments, **values).status_code


def fail(client, times=TRIES, **values):
    return [log_in(client, password="wrong", **values) for _ in range(times)]
