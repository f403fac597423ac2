"""The limiter counts exactly, and limits what it should."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as project

from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawings.plotting import worker
from drawsite.environment import Rate
from drawsite.ratelimit import limiter
from tests.support import documents, samples
from tests.support.limits import allowed

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}

LIST = samples.brightness_list("0")


# One window holds the whole test, however slow it is.
AGES = 10**9

THREE = Rate(3, AGES)


PROCESSES, CALLS = 8, 200

STORES = ["memory", "redis"] if os.environ.get("REDIS_URL") else ["memory"]


@pytest.fixture(params=STORES)
def store(request, settings):
    if request.param == "memory":
        settings.REDIS_URL = ""
    return request.param


# --- Counting -----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_rate_is_exact(store, limit):
    assert allowed(limit + 3, rate=Rate(limit, AGES)) == [True] * limit + [False] * 3


def test_each_client_is_counted_alone(store):
    allowed(5)

    assert allowed(1, client="192.0.2.2") == [True]


def test_each_thing_that_is_limited_is_counted_alone(store):
    allowed(5)

    assert allowed(1, scope="report") == [True]


def test_a_window_begins_with_its_first_event_and_resets_when_it_ends(store):
    rate = Rate(2, 2)
    for wait in (0, 2.05):
        time.sleep(wait)
        verdicts = [limiter.hit("submit", "192.0.2.1", rate) for _ in range(3)]
        assert [verdict.allowed for verdict in verdicts] == [True, True, False]
        assert 1 <= verdicts[-1].retry_after <= 2


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


def test_a_negative_amount_frees_exactly_that_much(store):
    allowed(3)

    limiter.hit("submit", "192.0.2.1", THREE, -1)
    assert allowed(2) == [True, False]
    limiter.hit("submit", "192.0.2.1", THREE, -1000)
    assert allowed(4) == [True, True, True, False]


def test_a_negative_amount_stops_at_zero(store):
    limiter.hit("submit", "192.0.2.1", THREE, -2)

    assert allowed(4) == [True, True, True, False]


def test_test_returns_what_hit_would_and_counts_nothing(store):
    def tested():
        return limiter.test("submit", "192.0.2.1", THREE).allowed

    assert [tested() for _ in range(10)] == [True] * 10
    assert allowed(3) == [True] * 3
    assert not tested()
    assert limiter.test("submit", "192.0.2.1", THREE).retry_after > 0


def test_counting_runs_no_query(store, django_assert_num_queries):
    with django_assert_num_queries(0):
        allowed(4)


def test_the_key_of_a_client_depends_on_the_secret_key(store, settings):
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


# --- What is limited ----------------------------------------------------------------------


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


def test_both_submission_urls_count_together(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)
    client.post("/postmethod", {"canvas_data": LIST})

    assert client.post("/drawings/", {"canvas_data": LIST}).status_code == 429


def test_refused_submissions_count_too(client, settings):
    settings.SUBMIT_RATE = Rate(1, AGES)
    client.post("/drawings/", {"canvas_data": "bad"})

    assert client.post("/drawings/", {"canvas_data": LIST}).status_code == 429


def test_reading_is_never_limited(client, settings):
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


@pytest.fixture
def figures(make_drawing, monkeypatch):
    """The addresses of two plots and an SVG, which are drawn on request."""
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))
    given = documents.document(documents.LINE)
    drawing = make_drawing(
        rasteriser.rasterise(given, None), strokes=strokes.pack(given), strokes_agree=True
    )
    address = drawing.get_absolute_url()
    return [f"{address}plot.png", f"{address}plot.png?cmap=hsv", f"{address}strokes.svg"]


# --- Figures ------------------------------------------------------------------------------


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


def test_a_client_that_used_up_the_figure_rate_still_gets_images(client, settings, figures):
    settings.FIGURE_RATE = Rate(1, AGES)
    client.get(figures[0])

    assert client.get(figures[0].replace("plot.png", "image.png")).status_code == 200
    assert client.get(figures[0], REMOTE_ADDR="192.0.2.1").status_code == 200
