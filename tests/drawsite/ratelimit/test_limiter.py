import json
import os
import subprocess
import sys
import tempfile
import time
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

from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawings.plotting import worker
from drawsite.environment import Rate
from drawsite.ratelimit import limiter, redis_counters, shared_counters
from tests.support import documents, samples
from tests.support.server import Server

JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")

# One window holds the whole test, however slow it is.
AGES = 10**9
THREE = Rate(3, AGES)
PROCESSES, CALLS = 8, 200
STORES = ["memory", "redis"] if os.environ.get("REDIS_URL") else ["memory"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts(settings, monkeypatch):
    """Counts are kept under a keyed hash: with a new key, all begin anew, in Redis too."""
    monkeypatch.setattr(limiter, "_redis_pauses_until", 0.0)
    settings.SECRET_KEY = uuid4().hex


@pytest.fixture(params=STORES)
def store(request, settings):
    if request.param == "memory":
        settings.REDIS_URL = ""
    return request.param


@pytest.fixture
def clock(settings, monkeypatch):
    """The time by which memory counts."""
    settings.REDIS_URL = ""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(shared_counters, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def allowed(number, client="192.0.2.1", rate=THREE, scope="submit"):
    return [limiter.hit(scope, client, rate).allowed for _ in range(number)]


# --- Counting -------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_exactly_as_many_as_the_rate_says_are_allowed(store, limit):
    assert allowed(limit + 3, rate=Rate(limit, AGES)) == [True] * limit + [False] * 3


def test_each_client_is_counted_alone(store):
    allowed(5)

    assert allowed(1, client="192.0.2.2") == [True]


def test_each_thing_that_is_limited_is_counted_alone(store):
    allowed(5)

    assert allowed(1, scope="report") == [True]


def test_a_window_begins_with_its_first_event_and_the_next_begins_anew(store):
    rate = Rate(2, 2)
    for _ in range(2):
        verdicts = [limiter.hit("submit", "192.0.2.1", rate) for _ in range(3)]
        assert [verdict.allowed for verdict in verdicts] == [True, True, False]
        assert 1 <= verdicts[-1].retry_after <= 2
        time.sleep(2.05)


@pytest.mark.parametrize(("later", "wait"), [(0, 60), (1, 59), (59.9, 1)])
def test_the_wait_is_until_the_window_ends(clock, later, wait):
    rate = Rate(1, 60)
    limiter.hit("submit", "192.0.2.1", rate)
    clock.now += later

    assert limiter.hit("submit", "192.0.2.1", rate) == (False, wait)


def test_without_a_rate_everything_is_allowed(store):
    assert allowed(100, rate=None) == [True] * 100


def test_an_amount_that_does_not_fit_is_not_counted_and_a_smaller_one_may_still_fit(store):
    def take(amount):
        return limiter.hit("submit_bytes", "192.0.2.1", Rate(100, AGES), amount).allowed

    assert [take(amount) for amount in (60, 50, 40, 1)] == [True, False, True, False]


def test_what_is_given_back_may_be_taken_again_and_no_more_than_that(store):
    allowed(3)

    limiter.hit("submit", "192.0.2.1", THREE, -1)
    assert allowed(2) == [True, False]
    limiter.hit("submit", "192.0.2.1", THREE, -1000)
    assert allowed(4) == [True, True, True, False]


def test_who_has_taken_nothing_gives_nothing_back(store):
    limiter.hit("submit", "192.0.2.1", THREE, -2)

    assert allowed(4) == [True, True, True, False]


def test_testing_says_what_counting_would_and_counts_nothing(store):
    def tested():
        return limiter.test("submit", "192.0.2.1", THREE).allowed

    assert [tested() for _ in range(10)] == [True] * 10
    assert allowed(3) == [True] * 3
    assert not tested()
    assert limiter.test("submit", "192.0.2.1", THREE).retry_after > 0


def test_counting_asks_nothing_of_the_database(store, django_assert_num_queries):
    with django_assert_num_queries(0):
        allowed(4)


def test_the_same_client_has_another_name_under_another_secret(store, settings):
    allowed(5)
    settings.SECRET_KEY = uuid4().hex

    assert allowed(1) == [True]


def test_threads_that_ask_at_once_get_exactly_what_the_rate_says(store):
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda _: allowed(5, rate=Rate(10, AGES)), range(4))
        flat = [answer for answers in answers for answer in answers]

    assert sorted(flat) == [False] * 10 + [True] * 10


def test_eight_processes_that_ask_at_once_get_exactly_what_the_rate_says(store):
    numbers = map(str, (PROCESSES, CALLS, 150))
    command = [sys.executable, "-m", "tests.support.programs.concurrent_hits", *numbers]
    environment = {
        **os.environ,
        "SECRET_KEY": project.SECRET_KEY,
        "REDIS_URL": "" if store == "memory" else project.REDIS_URL,
    }

    answer = subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, check=True, capture_output=True
    )

    by_process = json.loads(answer.stdout)
    assert len(by_process) == PROCESSES
    assert sum(by_process) == 150


# --- What is counted in memory --------------------------------------------------------------


KEYS = [bytes([number]) * shared_counters.KEY_BYTES for number in range(1, 100)]
FULL = shared_counters.PLACES


def count_in(table, key, times=1, limit=1000, seconds=60):
    return [table.ask(key, limit, seconds, 1, write=True)[0] for _ in range(times)]


def is_counted(table, key, seconds=60):
    return not table.ask(key, 1, seconds, 1, write=False)[0]


@pytest.fixture
def table():
    """One with room for as many keys as a key has places."""
    with closing(shared_counters.Counters(FULL)) as table:
        yield table


def test_a_full_table_replaces_what_has_expired_first(table, clock):
    count_in(table, KEYS[5], times=50, seconds=10)
    for number in range(FULL):
        count_in(table, KEYS[number])
    clock.now += 20

    count_in(table, KEYS[50])

    assert [is_counted(table, key) for key in KEYS[:FULL]] == [True] * 5 + [False] + [True] * 10


def test_a_client_that_has_used_up_its_limit_is_not_forgotten_for_a_thousand_others(table):
    assert count_in(table, KEYS[0], times=6, limit=5) == [True] * 5 + [False]

    for number in range(1000):
        key = number.to_bytes(shared_counters.KEY_BYTES, "big")
        count_in(table, key, times=4)

    assert count_in(table, KEYS[0], limit=5) == [False]


def test_what_others_ask_of_the_site_makes_it_forget_no_login(settings, monkeypatch):
    settings.REDIS_URL = ""
    tables = {scope: shared_counters.Counters(FULL) for scope in shared_counters.SCOPES}
    monkeypatch.setattr(shared_counters, "tables", tables)
    hour = Rate(1, 3600)
    assert allowed(1, "ada", hour, "login_name") == [True]

    for number in range(100):
        allowed(5, f"2001:db8:{number:x}::/64", Rate(100, AGES), "submit")

    assert allowed(1, "ada", hour, "login_name") == [False]
    for each in tables.values():
        each.close()


@pytest.mark.parametrize("ends", [float("inf"), float("nan"), 1e300, -1.0])
def test_a_slot_that_was_half_written_locks_nobody_out(table, ends):
    for number in range(FULL):
        place = number * shared_counters.SLOT.size
        shared_counters.SLOT.pack_into(table._table, place, KEYS[number], ends, 2**64 - 1)

    assert count_in(table, KEYS[0], times=3, limit=2) == [True, True, False]
    assert count_in(table, KEYS[50], times=3, limit=2) == [True, True, False]


def test_a_full_disk_keeps_nobody_from_counting(monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", Mock(side_effect=FileNotFoundError))

    with closing(shared_counters.Counters(64)) as table:
        assert count_in(table, KEYS[0]) == [True]


DYING = """
import os, signal
from drawsite.ratelimit.shared_counters import Counters
table = Counters(64)
if os.fork() == 0:
    with table._locked():
        os.kill(os.getpid(), signal.SIGKILL)
os.wait()
print(table.ask(b"k" * 16, 1, 60, 1, write=True)[0])
"""


def test_a_process_that_dies_while_it_counts_leaves_the_turn_to_the_others():
    command = [sys.executable, "-c", DYING]
    done = subprocess.run(command, cwd=project.BASE_DIR, capture_output=True, timeout=30)

    assert done.stdout == b"True\n"


@pytest.mark.parametrize(
    ("setting", "path", "body", "status"),
    [
        ("API_RATE", "/api/v1/drawings", None, 200),
        ("SUBMIT_RATE", "/postmethod", b"canvas_data=bad", 422),
    ],
)
def test_the_servers_processes_count_together(transactional_db, setting, path, body, status):
    with (
        Server(**{setting: "20/d"}, WEB_WORKERS="3", REDIS_URL="") as site,
        ThreadPoolExecutor(8) as threads,
    ):
        answers = list(threads.map(partial(status_of, site, data=body), [path] * 60))

    assert sorted(answers) == sorted([status] * 20 + [429] * 40)


def status_of(site, path, data=None):
    try:
        with urlopen(f"{site.url}{path}", data) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


if "redis" in STORES:

    def test_the_counts_in_redis_expire_with_their_window_and_name_nobody(monkeypatch):
        ask = Mock(wraps=redis_counters.ask)
        monkeypatch.setattr(redis_counters, "ask", ask)
        allowed(4, rate=Rate(3, 60))
        name = redis_counters.PREFIX + ask.call_args.args[1].hex()

        with redis.Redis.from_url(os.environ["REDIS_URL"]) as server:
            assert "192.0.2.1" not in name
            assert 0 < server.pttl(name) <= 60_000
            assert server.get(name) == b"3"

    def test_counting_in_redis_takes_one_round_trip(monkeypatch):
        allowed(1)  # loads the script
        sent = []
        write = redis.Connection.send_packed_command

        def spy(self, command, *arguments, **options):
            sent.append(command)
            return write(self, command, *arguments, **options)

        monkeypatch.setattr(redis.Connection, "send_packed_command", spy)

        assert allowed(1) == [True]
        assert len(sent) == 1


def test_memory_counts_while_redis_is_away(settings, caplog, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1"

    assert allowed(4) == [True, True, True, False]
    assert caplog.text.count("Redis does not answer") == 1  # and is not waited for each time

    later = time.monotonic() + limiter.REDIS_PAUSE_SECONDS
    monkeypatch.setattr(limiter, "time", SimpleNamespace(monotonic=lambda: later))
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
    assert f"wait {answers[2]['Retry-After']} seconds" in answers[2].json()["errors"]["request"][0]
    assert Drawing.objects.count() == 2


def test_a_person_who_sends_too_often_gets_a_page(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)

    _, answer = (client.post("/drawings/", {"canvas_data": LIST}) for _ in range(2))

    assert answer.status_code == 429
    assert "Retry-After" in answer
    assert "Lots of drawings are coming from your network." in answer.content.decode()


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
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))
    given = documents.document(documents.LINE)
    drawing = make_drawing(
        rasteriser.rasterise(given, None), strokes=strokes.pack(given), strokes_agree=True
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
    assert "Lots of plots are being drawn for your network." in as_page.content.decode()


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
