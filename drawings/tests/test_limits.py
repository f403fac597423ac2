import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from types import SimpleNamespace
from unittest.mock import Mock
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest
import redis
from django.conf import settings as project
from django.core.cache import cache
from django.db import connection

from drawings import counts, limits, strokes, turns
from drawings.models import Drawing, RateWindow
from drawings.tests import documents, samples
from drawings.tests.server import Server, database_url
from drawsite.environment import Rate

JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")

# One window holds the whole test, however slow it is.
AGES = 10**9
THREE = Rate(3, AGES)
PROCESSES, CALLS = 8, 200
STORES = ["database", "redis"] if os.environ.get("REDIS_URL") else ["database"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts(settings, monkeypatch):
    """Counts are kept under a keyed hash: with a new key, all begin anew, in Redis too."""
    monkeypatch.setattr(limits, "_redis_pauses_until", 0.0)
    settings.SECRET_KEY = uuid4().hex


@pytest.fixture(params=STORES)
def store(request, settings):
    if request.param == "database":
        settings.REDIS_URL = ""
    return request.param


@pytest.fixture
def clock(monkeypatch):
    """The time that limits see."""
    clock = SimpleNamespace(now=1_000_000_000.0)
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


def allowed(number, client="192.0.2.1", rate=THREE):
    return [limits.count("test", client, rate).allowed for _ in range(number)]


# --- Counting -------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_exactly_as_many_as_the_rate_says_are_allowed(store, limit):
    assert allowed(limit + 3, rate=Rate(limit, AGES)) == [True] * limit + [False] * 3


def test_each_client_is_counted_alone(store):
    allowed(5)

    assert allowed(1, client="192.0.2.2") == [True]


def test_each_thing_that_is_limited_is_counted_alone(store):
    allowed(5)

    assert limits.count("other", "192.0.2.1", Rate(3, AGES)).allowed


def test_the_next_window_begins_anew(store, clock):
    rate = Rate(2, 60)
    assert allowed(3, rate=rate) == [True, True, False]

    clock.now += 60

    assert allowed(3, rate=rate) == [True, True, False]


@pytest.mark.parametrize(("second", "wait"), [(0, 60), (1, 59), (59.9, 1)])
def test_the_wait_is_until_the_window_ends(store, clock, second, wait):
    clock.now = 60 * 1_000_000 + second

    assert limits.count("test", "192.0.2.1", Rate(2, 60)).retry_after == wait


def test_without_a_rate_everything_is_allowed_and_nothing_is_kept(store):
    assert allowed(100, rate=None) == [True] * 100
    assert not RateWindow.objects.exists()


def test_the_table_has_one_row_for_each_client_and_names_nobody(settings, clock):
    settings.REDIS_URL = ""

    for client in ("192.0.2.1", "192.0.2.1", "2001:db8::/64"):
        allowed(2, client=client)
        clock.now += AGES

    keys = list(RateWindow.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


def test_the_same_client_has_another_name_under_another_secret(settings):
    settings.REDIS_URL = ""
    for secret in ("a", "b"):
        settings.SECRET_KEY = secret
        allowed(1, rate=Rate(3, 60))

    assert RateWindow.objects.count() == 2


def test_windows_that_are_long_over_are_removed(settings, clock, monkeypatch):
    settings.REDIS_URL = ""
    monkeypatch.setattr(limits, "SWEEP_EVERY", 1)
    rate = Rate(3, 60)
    allowed(1, client="192.0.2.1", rate=rate)

    clock.now += 10 * 60
    allowed(1, client="192.0.2.2", rate=rate)

    assert RateWindow.objects.count() == 1


def test_a_sweep_takes_no_more_than_a_submission_has_time_for(settings, clock, monkeypatch):
    settings.REDIS_URL = ""
    rate = Rate(3, 60)
    for number in range(5):
        allowed(1, client=str(number), rate=rate)
    monkeypatch.setattr(limits, "SWEEP_EVERY", 1)
    monkeypatch.setattr(limits, "SWEPT", 2)

    clock.now += 10 * 60
    allowed(1, client="192.0.2.1", rate=rate)

    assert RateWindow.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_clients_that_ask_at_once_get_exactly_what_the_rate_says(store):
    def ask(_):
        try:
            return allowed(5, rate=Rate(10, AGES))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = [answer for answers in threads.map(ask, range(4)) for answer in answers]

    assert sorted(answers) == [False] * 10 + [True] * 10


@pytest.mark.parametrize("function", ["count", "count_here"])
def test_eight_processes_that_ask_at_once_get_exactly_what_the_rate_says(
    store, transactional_db, function
):
    numbers = map(str, (PROCESSES, CALLS, 150))
    command = [sys.executable, "-m", "drawings.tests.counting", function, *numbers]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "SECRET_KEY": project.SECRET_KEY,
        "REDIS_URL": "" if store == "database" else project.REDIS_URL,
    }

    answer = subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, check=True, capture_output=True
    )

    by_process = json.loads(answer.stdout)
    assert len(by_process) == PROCESSES
    assert sum(by_process) == 150
    if store == "database":
        rows = RateWindow.objects.values_list("count", flat=True)
        assert list(rows) == ([PROCESSES * CALLS] if function == "count" else [])


# --- What is counted in memory --------------------------------------------------------------


KEYS = [bytes([number]) * counts.KEY_BYTES for number in range(1, 100)]


def test_what_a_machine_counts_is_exact_for_each_key_and_window():
    table = counts.here

    assert [table.add(KEYS[0], 60) for _ in range(3)] == [1, 2, 3]
    assert table.add(KEYS[1], 60) == 1
    assert table.look(KEYS[0], 60) == 3
    assert table.look(KEYS[2], 60) == 0
    assert table.look(KEYS[0], 120) == 0
    assert table.add(KEYS[0], 120) == 1


def test_the_table_of_a_machine_does_not_grow_and_what_has_ended_makes_room():
    with closing(counts.Counts(counts.PLACES)) as table:
        for number in range(counts.PLACES):
            table.add(KEYS[number], 60 if number == 5 else 120)

        assert table.add(KEYS[50], 120) == 1

        assert [table.look(key, 120) for key in KEYS[: counts.PLACES]] == [1] * 5 + [0] + [1] * 10
        assert table.look(KEYS[5], 60) == 0


def test_a_full_disk_keeps_nobody_from_counting(monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", Mock(side_effect=FileNotFoundError))

    with closing(counts.Counts(64)) as table:
        assert table.add(KEYS[0], 60) == 1


DYING = """
import os, signal
from drawings.counts import Counts
table = Counts(64)
if os.fork() == 0:
    with table._alone():
        os.kill(os.getpid(), signal.SIGKILL)
os.wait()
print(table.add(b"k" * 16, 60))
"""


def test_a_process_that_dies_while_it_counts_leaves_the_turn_to_the_others():
    command = [sys.executable, "-c", DYING]
    done = subprocess.run(command, cwd=project.BASE_DIR, capture_output=True, timeout=30)

    assert done.stdout == b"1\n"


def test_the_servers_processes_count_together():
    with Server(API_RATE="20/d", WEB_WORKERS="3", REDIS_URL="") as site:
        ask = partial(status_of, site)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, ["/api/v1/drawings"] * 60))

    assert sorted(answers) == [200] * 20 + [429] * 40


def status_of(site, path):
    try:
        with urlopen(f"{site.url}{path}") as answer:
            return answer.status
    except HTTPError as error:
        return error.code


if "redis" in STORES:

    def test_redis_counts_and_the_database_stays_empty():
        assert allowed(4) == [True, True, True, False]
        assert not RateWindow.objects.exists()

    def test_the_counts_in_redis_go_by_themselves_and_name_nobody(clock):
        minute = Rate(3, 60)
        allowed(1, rate=minute)
        key, ends, _ = limits._window("test", "192.0.2.1", minute)
        name = cache.make_key(limits._name_in_redis(key, ends))

        with redis.Redis.from_url(os.environ["REDIS_URL"]) as server:
            assert 0 < server.ttl(name) <= 120
            assert not list(server.scan_iter("*192.0.2.1*"))


def test_the_database_counts_while_redis_is_away(settings, caplog, clock):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": settings.REDIS_URL,
        }
    }

    assert allowed(4) == [True, True, True, False]
    assert RateWindow.objects.get().count == 4
    assert caplog.text.count("Redis does not answer") == 1  # and is not waited for each time

    clock.now += limits.REDIS_PAUSE_SECONDS
    assert allowed(1) == [False]
    assert caplog.text.count("Redis does not answer") == 2


# --- What is limited ------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/drawings/", "/postmethod"])
def test_a_client_that_sends_too_often_is_told_when_to_come_back(client, settings, url):
    settings.SUBMIT_RATE = Rate(2, AGES)

    answers = [client.post(url, {"canvas_data": LIST}, headers=JSON) for _ in range(3)]

    assert [answer.status_code < 300 for answer in answers] == [True, True, False]
    assert answers[2].status_code == 429
    assert 0 < int(answers[2]["Retry-After"]) <= AGES
    assert f"Wait {answers[2]['Retry-After']} seconds" in answers[2].json()["errors"]["request"][0]
    assert Drawing.objects.count() == 2


def test_a_person_who_sends_too_often_gets_a_page(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)

    _, answer = (client.post("/drawings/", {"canvas_data": LIST}) for _ in range(2))

    assert answer.status_code == 429
    assert "Retry-After" in answer
    assert "Too much came from your address." in answer.content.decode()


def test_both_ways_in_count_together(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)
    client.post("/postmethod", {"canvas_data": LIST})

    assert client.post("/drawings/", {"canvas_data": LIST}).status_code == 429


def test_what_is_refused_counts_too(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)
    client.post("/drawings/", {"canvas_data": "bad"})

    assert client.post("/drawings/", {"canvas_data": LIST}).status_code == 429


def test_looking_is_never_limited(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)

    assert {client.get("/gallery/").status_code for _ in range(5)} == {200}


def test_a_claimed_address_gains_nothing(client, settings):
    settings.SUBMIT_RATE = Rate(2, AGES)

    answers = [
        client.post(
            "/drawings/", {"canvas_data": LIST}, headers={"X-Forwarded-For": f"192.0.2.{number}"}
        ).status_code
        for number in range(4)
    ]

    assert answers == [303, 303, 429, 429]


# --- Figures --------------------------------------------------------------------------------


@pytest.fixture
def figures(make_drawing, monkeypatch):
    """The addresses of what is drawn when it is asked for."""
    monkeypatch.setattr(turns, "helper", SimpleNamespace(run=turns.here))
    given = documents.document(documents.LINE)
    drawing = make_drawing(
        strokes.rasterise(given, None), strokes=strokes.pack(given), strokes_agree=True
    )
    address = drawing.get_absolute_url()
    return [f"{address}plot.png", f"{address}plot.png?cmap=hsv", f"{address}strokes.svg"]


def test_a_client_that_has_too_many_figures_drawn_is_told_when_to_come_back(
    client, settings, figures
):
    settings.FIGURE_RATE = Rate(2, AGES)

    answers = [client.get(url, headers=JSON) for url in figures]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= AGES
    assert list(answers[2].json()["errors"]) == ["request"]
    as_page = client.get(figures[0])
    assert as_page.status_code == 429
    assert "Too many figures were drawn for your address." in as_page.content.decode()


@pytest.mark.parametrize("name", ["strokes.json", "strokes.svg"])
def test_strokes_that_have_to_be_verified_count_as_well(client, settings, figures, name):
    settings.FIGURE_RATE = Rate(1, AGES)
    Drawing.objects.update(strokes_agree=None)
    client.get(figures[0])

    answer = client.get(figures[0].replace("plot.png", name), headers=JSON)

    assert answer.status_code == 429
    assert Drawing.objects.get().strokes_agree is None


def test_a_figure_that_the_client_has_does_not_count(client, settings, figures):
    settings.FIGURE_RATE = Rate(1, AGES)
    etag = client.get(figures[0])["ETag"]

    again = [client.get(figures[0], headers={"If-None-Match": etag}) for _ in range(3)]

    assert {answer.status_code for answer in again} == {304}


def test_a_figure_that_is_refused_for_what_is_asked_does_not_count(client, settings, figures):
    settings.FIGURE_RATE = Rate(1, AGES)
    client.get(f"{figures[0]}?cmap=nosuch")

    assert client.get(figures[0]).status_code == 200


def test_who_had_too_many_figures_still_sees_the_pictures(client, settings, figures):
    settings.FIGURE_RATE = Rate(1, AGES)
    client.get(figures[0])

    assert client.get(figures[0].replace("plot.png", "image.png")).status_code == 200
    assert client.get(figures[0], REMOTE_ADDR="192.0.2.1").status_code == 200


# --- Whose address counts -------------------------------------------------------------------

PEER = "198.51.100.9"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "192.0.2.1", PEER),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6,192.0.2.1 ", "192.0.2.1"),
        (1, None, PEER),
        (1, "", PEER),
        (1, "6.6.6.6, ", PEER),
        (2, "192.0.2.1, 203.0.113.5", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 203.0.113.5", "192.0.2.1"),
        (2, "192.0.2.1", PEER),
        (1, "192.0.2.1:5678", "192.0.2.1"),
        (1, "[2001:db8::1]:443", "2001:db8::/64"),
        (1, "[2001:db8::1]", "2001:db8::/64"),
        (1, "2001:db8::1", "2001:db8::/64"),
    ],
)
def test_only_what_trusted_proxies_added_is_believed(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    request = rf.get("/", headers=headers, REMOTE_ADDR=PEER)

    assert limits.client_address(request) == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_an_address_is_a_household(rf, remote, address):
    assert limits.client_address(rf.get("/", REMOTE_ADDR=remote)) == address
