from datetime import timedelta
from uuid import uuid4

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings as project
from django.contrib.auth import SESSION_KEY

from drawsite.environment import Rate

LOGIN = "/admin/login/"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"
# One window holds the whole test, however slow it is.
AGES = 10**9

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords_and_fresh_counts(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECRET_KEY = uuid4().hex


@pytest.fixture
def curators(django_user_model):
    for name in ("ada", "bob"):
        django_user_model.objects.create_superuser(name, password="right")


def log_in(client, name="ada", password="right", address=HERE, **headers):
    """The status of the answer: 302 is in, 200 the form again, 429 too often."""
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address, headers=headers).status_code


def fail(client, times=project.AXES_FAILURE_LIMIT, **values):
    return [log_in(client, password="wrong", **values) for _ in range(times)]


def wait(time):
    """Let time pass for the tries that are kept."""
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= time
        attempt.save()


# --- A name from an address -----------------------------------------------------------------


def test_five_tries_that_fail_lock_the_name_out_from_this_address(client, curators):
    assert fail(client) == [200, 200, 200, 200, 429]
    assert log_in(client) == 429
    assert SESSION_KEY not in client.session


def test_who_is_locked_out_is_told_until_when(client, curators):
    fail(client)
    wait(timedelta(minutes=5))

    as_page = client.post(LOGIN, {"username": "ada", "password": "right"}, REMOTE_ADDR=HERE)
    as_json = client.post(
        LOGIN,
        {"username": "ada", "password": "right"},
        REMOTE_ADDR=HERE,
        headers={"Accept": "application/json"},
    )

    assert (as_page.status_code, as_json.status_code) == (429, 429)
    assert 0 <= 600 - int(as_page["Retry-After"]) < 60
    assert "A little slower, please" in as_page.content.decode()
    assert list(as_json.json()["errors"]) == ["request"]


def test_the_curator_still_gets_in_from_another_address(client, curators):
    fail(client)

    assert log_in(client, address=ELSEWHERE) == 302


def test_other_names_still_get_in_from_the_address(client, curators):
    fail(client)

    assert log_in(client, name="bob") == 302


def test_the_lock_opens_by_itself(client, curators):
    fail(client)

    wait(timedelta(minutes=14, seconds=30))
    assert log_in(client) == 429

    wait(timedelta(minutes=1))
    assert log_in(client) == 302


def test_who_knocks_on_does_not_lengthen_the_lock(client, curators):
    fail(client)
    wait(timedelta(minutes=14))
    fail(client)

    wait(timedelta(minutes=2))

    assert log_in(client) == 302


def test_a_login_forgives_the_tries_before_it(client, curators):
    assert fail(client, 4) == [200] * 4
    assert log_in(client) == 302

    assert fail(client, 4) == [200] * 4


def test_a_name_that_nobody_has_is_treated_alike(client, curators):
    assert fail(client, name="nobody") == [200, 200, 200, 200, 429]


def test_a_name_longer_than_any_is_treated_alike_and_not_kept(client, curators):
    assert fail(client, name="x" * 100_000) == [200] * 4 + [429]
    assert len(AccessAttempt.objects.get().username) == 150


# --- Whose address --------------------------------------------------------------------------


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_claimed_address_gains_nothing(client, curators, settings, proxies):
    settings.TRUSTED_PROXIES = proxies
    seen = f", {HERE}" if proxies else ""  # what a proxy adds

    answers = [
        log_in(client, password="wrong", **{"X-Forwarded-For": f"203.0.113.{number}{seen}"})
        for number in range(6)
    ]

    assert answers == [200, 200, 200, 200, 429, 429]


def test_a_changed_user_agent_gains_nothing(client, curators):
    answers = [
        log_in(client, password="wrong", **{"User-Agent": f"browser {number}"})
        for number in range(6)
    ]

    assert answers == [200, 200, 200, 200, 429, 429]


def test_an_ipv6_household_is_one_address(client, curators):
    tries = [f"2001:db8:1:2::{number}" for number in range(1, 6)]
    assert [log_in(client, password="wrong", address=each) for each in tries][-1] == 429

    assert log_in(client, address="2001:db8:1:2:ffff::") == 429
    assert log_in(client, address="2001:db8:1:3::1") == 302


def test_clients_without_an_address_are_counted_together(client, curators):
    assert fail(client, address="") == [200, 200, 200, 200, 429]
    assert log_in(client, address="unix:") == 429


# --- An address, whatever the names ---------------------------------------------------------


def test_an_address_cannot_try_many_names(client, curators, settings):
    settings.LOGIN_RATE = Rate(6, AGES)
    answers = [log_in(client, name=f"name{number}", password="wrong") for number in range(8)]

    assert answers == [200] * 6 + [429] * 2
    assert AccessAttempt.objects.count() == 6
    assert log_in(client) == 429
    assert log_in(client, address=ELSEWHERE) == 302


def test_an_address_that_tries_too_often_is_told_until_when(client, settings):
    settings.LOGIN_RATE = Rate(1, AGES)
    log_in(client)

    answer = client.post(LOGIN, {"username": "ada", "password": "right"}, REMOTE_ADDR=HERE)

    assert 0 < int(answer["Retry-After"]) <= AGES
    assert f"Wait {answer['Retry-After']} seconds" in answer.content.decode()


def test_looking_at_the_form_is_not_limited(client, settings):
    settings.LOGIN_RATE = Rate(1, AGES)

    assert [client.get(LOGIN).status_code for _ in range(3)] == [200] * 3


def test_a_program_of_the_hosts_own_is_not_limited(client, curators, settings):
    settings.LOGIN_RATE = Rate(1, AGES)

    assert [client.login(username="ada", password="right") for _ in range(3)] == [True] * 3
    assert not client.login(username="ada", password="wrong")


# --- What is kept ---------------------------------------------------------------------------


def test_tries_are_forgotten_once_they_no_longer_count(client, curators):
    for number in range(4):
        fail(client, 1, name=f"name{number}", address=f"192.0.2.{number + 10}")
    assert AccessAttempt.objects.count() == 4

    wait(timedelta(minutes=16))
    fail(client, 1, name="bob")

    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["bob"]


def test_nothing_is_kept_of_who_logged_in(client, curators):
    fail(client, 2)
    log_in(client)
    client.post("/admin/logout/")

    assert not AccessAttempt.objects.exists()
    assert not AccessLog.objects.exists()
    assert not AccessFailureLog.objects.exists()


def test_no_password_or_token_is_kept_and_no_name_logged(client, curators, caplog):
    client.post(
        LOGIN,
        {"username": "ada", "password": "my secret", "csrfmiddlewaretoken": "my token"},
        REMOTE_ADDR=HERE,
    )

    kept = str(AccessAttempt.objects.values().get())
    assert "my secret" not in kept
    assert "my token" not in kept
    assert "New login failure" in caplog.text
    assert not any(word in caplog.text for word in ("ada", HERE, "my secret"))


# --- Sessions -------------------------------------------------------------------------------


def test_the_session_and_the_token_are_new_after_a_login(client, curators):
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
def test_what_is_no_key_of_a_session_is_none(client, curators, key):
    client.cookies["sessionid"] = ""
    client.cookies["sessionid"].set("sessionid", key, key)

    assert client.get("/admin/").status_code == 302
    assert log_in(client) == 302
    assert client.get("/admin/").status_code == 200
