"""Limits on failed logins."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import SESSION_KEY, get_user_model, hashers
from django.db import connection
from django.test import Client
from django.utils import timezone

from drawings.http import logins
from drawings.models import KnownAddress
from drawsite.environment import Rate
from drawsite.ratelimit import shared_counters
from tests.support.limits import fail, log_in, post

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"

TRIES = logins.FROM_ONE_ADDRESS.limit


# Windows this long outlast the slowest test.
AGES = 10**9


@pytest.fixture
def wait(settings, monkeypatch):
    """Advances the clock of the login counters, which is possible without Redis only."""
    settings.REDIS_URL = ""
    passed = timedelta()

    def wait(time_span):
        nonlocal passed
        passed += time_span

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed.total_seconds())
    monkeypatch.setattr(shared_counters, "time", clock)
    return wait


def fail_from_everywhere(client, name="ada", times=logins.FROM_ALL_ADDRESSES.limit):
    return [log_in(client, name, "wrong", f"203.0.113.{number}") for number in range(times)]


# --- One name from one address ------------------------------------------------------------


def test_five_failed_logins_lock_the_name_out_from_this_address(client, curators):
    assert fail(client, 6) == [200] * 5 + [429]
    assert log_in(client) == 429
    assert SESSION_KEY not in client.session


def test_concurrent_failed_logins_are_limited_to_five_as_well(
    transactional_db, settings, monkeypatch
):
    get_user_model().objects.create_superuser("ada", password="right")
    encode = hashers.MD5PasswordHasher.encode

    def slowly(*arguments):
        time.sleep(0.3)  # the other attempts start meanwhile
        return encode(*arguments)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", slowly)

    def try_once(_):
        try:
            return log_in(Client(), password="wrong")
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(try_once, range(24)))

    assert sorted(answers) == [200] * 5 + [429] * 19


def test_a_locked_out_user_is_told_how_long_to_wait(client, curators, wait):
    fail(client)
    wait(timedelta(minutes=5))

    as_page, as_json = post(client), post(client, Accept="application/json")

    assert (as_page.status_code, as_json.status_code) == (429, 429)
    assert 0 <= 600 - int(as_page["Retry-After"]) < 60
    assert "A little slower, please" in as_page.content.decode()
    assert list(as_json.json()["errors"]) == ["request"]


def test_a_locked_out_user_can_still_log_in_from_another_address(client, curators):
    fail(client, 6)

    assert log_in(client, address=ELSEWHERE) == 302


def test_other_users_can_still_log_in_from_the_address(client, curators):
    fail(client, 6)

    assert log_in(client, name="bob") == 302


def test_the_lock_expires_by_itself(client, curators, wait):
    fail(client)

    wait(timedelta(minutes=14, seconds=30))
    assert log_in(client) == 429

    wait(timedelta(minutes=1))
    assert log_in(client) == 302


def test_further_attempts_do_not_extend_the_lock(client, curators, wait):
    fail(client)
    wait(timedelta(minutes=14))
    fail(client)

    wait(timedelta(minutes=2))

    assert log_in(client) == 302


def test_a_successful_login_resets_the_count(client, curators):
    assert fail(client, 4) == [200] * 4
    assert log_in(client) == 302

    assert fail(client, 5) == [200] * 5


def test_an_unknown_name_is_locked_out_like_any_other(client, curators):
    assert fail(client, 6, name="nobody") == [200] * 5 + [429]


def test_an_overlong_name_is_locked_out_like_any_other(client, curators):
    assert fail(client, 6, name="x" * 100_000) == [200] * 5 + [429]


def test_other_spellings_of_a_name_count_as_the_same_name(client, curators):
    spellings = ["ada", " ada", "ada ", "\uff41da", "a\uff44a"]  # full-width letters
    assert [log_in(client, name, "wrong") for name in spellings] == [200] * 5

    assert log_in(client, "\uff41\uff44\uff41") == 429


# --- One name from all addresses ----------------------------------------------------------


def test_all_addresses_together_get_fifty_attempts_an_hour_per_name(client, curators, wait):
    assert fail_from_everywhere(client) == [200] * 50

    answer = post(client, address=ELSEWHERE)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert log_in(client, name="bob", address=ELSEWHERE) == 302
    wait(timedelta(hours=1, seconds=1))
    assert log_in(client, address=ELSEWHERE) == 302


def test_a_user_locked_out_everywhere_can_log_in_from_a_known_address(client, curators):
    assert log_in(client) == 302

    fail_from_everywhere(client)

    assert log_in(client, address=ELSEWHERE) == 429
    assert log_in(client) == 302
    assert log_in(client, address=ELSEWHERE) == 429


def test_an_address_is_known_for_ninety_days_and_for_one_name_only(client, curators):
    log_in(client, "bob")
    log_in(client)
    for name in ("ada", "bob"):
        fail_from_everywhere(client, name)
    today = timezone.now().date()

    KnownAddress.objects.update(seen_on=today - timedelta(days=90))
    assert log_in(client) == 302
    KnownAddress.objects.update(seen_on=today - timedelta(days=91))
    assert log_in(client) == 429
    log_in(client, "bob", address=ELSEWHERE)
    assert log_in(client, address=ELSEWHERE) == 429


def test_a_locked_out_attempt_reveals_neither_known_names_nor_addresses(
    client, curators, monkeypatch
):
    """Known and unknown addresses and names get the same response after the same work."""
    log_in(client)
    for name in ("ada", "nobody"):
        fail_from_everywhere(client, name)
    hashed = []
    hasher = hashers.MD5PasswordHasher
    encode = hasher.encode

    def spy(self, *arguments):
        hashed.append(1)
        return encode(self, *arguments)

    monkeypatch.setattr(hasher, "encode", spy)

    seen = set()
    for name, password, address in [
        ("ada", "wrong", HERE),
        ("ada", "wrong", ELSEWHERE),
        ("ada", "right", "198.51.100.10"),
        ("nobody", "wrong", ELSEWHERE),
    ]:
        hashed.clear()
        answer = post(client, name, password, address, Accept="application/json")
        seconds = int(answer["Retry-After"])
        said = answer.content.replace(answer["Retry-After"].encode(), b"")
        seen.add((answer.status_code, seconds > 3000, said, len(hashed)))

    assert len(seen) == 1
    assert seen.pop()[0] == 429


def test_attempts_from_a_known_address_count_towards_the_shared_limit(client, curators):
    """Otherwise the number of attempts left would reveal that the address is known."""
    log_in(client)
    fail(client, 5)

    assert fail_from_everywhere(client) == [200] * 45 + [429] * 5


def test_a_known_address_gets_no_more_attempts_than_others(client, curators):
    log_in(client)
    fail_from_everywhere(client)

    assert fail(client, 6) == [429] * 6
    assert log_in(client) == 429


# --- Client addresses ---------------------------------------------------------------------


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_claimed_address_gains_nothing(client, curators, settings, proxies):
    settings.TRUSTED_PROXIES = proxies
    seen = f", {HERE}" if proxies else ""  # as a proxy appends it

    answers = [
        log_in(client, password="wrong", **{"X-Forwarded-For": f"203.0.113.{number}{seen}"})
        for number in range(6)
    ]

    assert answers == [200] * 5 + [429]


def test_a_changed_user_agent_gains_nothing(client, curators):
    answers = [
        log_in(client, password="wrong", **{"User-Agent": f"browser {number}"})
        for number in range(6)
    ]

    assert answers == [200] * 5 + [429]


def test_an_ipv6_household_counts_as_one_address(client, curators):
    for number in range(1, 6):
        log_in(client, password="wrong", address=f"2001:db8:1:2::{number}")

    assert log_in(client, address="2001:db8:1:2:ffff::") == 429
    assert log_in(client, address="2001:db8:1:3::1") == 302


def test_clients_without_an_address_are_counted_together(client, curators):
    assert fail(client, address="") == [200] * 5
    assert log_in(client, address="unix:") == 429


# --- One address with any name ------------------------------------------------------------


def test_an_address_cannot_try_many_names(client, curators, settings):
    settings.LOGIN_RATE = Rate(6, AGES)
    answers = [log_in(client, name=f"name{number}", password="wrong") for number in range(8)]

    assert answers == [200] * 6 + [429] * 2
    assert log_in(client) == 429
    assert log_in(client, address=ELSEWHERE) == 302


def test_an_address_over_the_limit_is_told_how_long_to_wait(client, settings):
    settings.LOGIN_RATE = Rate(1, AGES)
    log_in(client)

    answer = client.post(LOGIN, {"username": "ada", "password": "right"}, REMOTE_ADDR=HERE)

    assert 0 < int(answer["Retry-After"]) <= AGES
    assert f"wait {answer['Retry-After']} seconds" in answer.content.decode()


def test_viewing_the_login_form_is_not_limited(client, settings):
    settings.LOGIN_RATE = Rate(1, AGES)

    assert [client.get(LOGIN).status_code for _ in range(3)] == [200] * 3


def test_logins_without_a_request_are_not_limited(client, curators, settings):
    settings.LOGIN_RATE = Rate(1, AGES)

    assert [client.login(username="ada", password="right") for _ in range(3)] == [True] * 3
    assert not client.login(username="ada", password="wrong")


# --- Sessions -----------------------------------------------------------------------------


def test_a_login_renews_the_session_key_and_the_csrf_token(client, curators):
    client.get(LOGIN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key, client.cookies["csrftoken"].value

    assert log_in(client) == 302

    after = client.session.session_key, client.cookies["csrftoken"].value
    assert after[0] != before[0]
    assert after[1] != before[1]
    assert not client.session.exists(before[0])


@pytest.mark.parametrize("key", [r'"aaaaaaaa\000"', "a" * 41, "A" * 32, "a", r'"aaaaaaaa\351"'])
def test_a_malformed_session_key_is_ignored(client, curators, key):
    client.cookies["sessionid"] = ""
    client.cookies["sessionid"].set("sessionid", key, key)

    assert client.get("/admin/").status_code == 302
    assert log_in(client) == 302
    assert client.get("/admin/").status_code == 200
