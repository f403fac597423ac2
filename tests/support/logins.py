"""Logging in to the admin, with the right password and with wrong ones."""

from drawings.http import logins

LOGIN = "/admin/login/"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"

TRIES = logins.FROM_ONE_ADDRESS.limit


def post(client, name="ada", password="right", address=HERE, **headers):
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address, headers=headers)


def log_in(client, *arguments, **values):
    """The status of the answer: 302 is in, 200 the form again, 429 too often."""
    return post(client, *arguments, **values).status_code


def fail(client, times=TRIES, **values):
    return [log_in(client, password="wrong", **values) for _ in range(times)]
