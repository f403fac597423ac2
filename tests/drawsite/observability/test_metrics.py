import os
import re
import runpy
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from drawsite.environment import Rate
from tests.support import samples
from tests.support.server import Server

TOKEN = "0123456789abcdef"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def read(client):
    """The value of each series."""
    text = client.get("/metrics", headers=BEARER).content.decode()
    return {
        name: float(value)
        for name, value in re.findall(r"^(drawsite_\S+) (\S+)$", text, re.MULTILINE)
    }


def grown(client, act):
    before = read(client)
    act()
    return {
        name: value - before.get(name, 0)
        for name, value in read(client).items()
        if value != before.get(name, 0) and "metrics" not in name and "_created" not in name
    }


def test_without_a_token_there_are_no_metrics(client):
    assert client.get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize("header", [None, TOKEN, f"Basic {TOKEN}", "Bearer x", "Bearer é"])
def test_metrics_need_the_token(client, token, header):
    response = client.get("/metrics", headers={"Authorization": header} if header else None)

    assert (response.status_code, response.content) == (401, b"")
    assert response["WWW-Authenticate"] == "Bearer"


def test_requests_are_counted_by_their_route_and_not_by_their_path(client, token):
    def act():
        client.get("/gallery/?q=tree")
        for number in range(3):
            client.get(f"/nowhere/{number}")
            client.generic("BREW", "/nowhere")

    assert {name: count for name, count in grown(client, act).items() if "requests" in name} == {
        'drawsite_requests_total{method="GET",route="drawings:gallery",status="200"}': 1,
        'drawsite_requests_total{method="GET",route="none",status="404"}': 3,
        'drawsite_requests_total{method="other",route="none",status="404"}': 3,
    }


def test_response_times_are_counted_in_buckets(client, token):
    counts = grown(client, lambda: client.get("/gallery/"))

    assert counts['drawsite_request_seconds_bucket{le="30.0",route="drawings:gallery"}'] == 1
    assert counts['drawsite_request_seconds_count{route="drawings:gallery"}'] == 1


def test_drawings_and_refusals_are_counted(
    client, token, settings, django_capture_on_commit_callbacks
):
    settings.SUBMIT_RATE = Rate(1, 10**9)
    settings.REQUIRE_APPROVAL = True
    settings.SECRET_KEY = uuid4().hex  # resets the limits

    def act():
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(3):
                client.post("/postmethod", {"canvas_data": samples.brightness_list("0")})

    counts = grown(client, act)
    assert counts['drawsite_drawings_total{status="pending"}'] == 1
    assert counts['drawsite_refusals_total{limit="submit"}'] == 2


def test_all_processes_of_a_server_count_together(transactional_db):
    with Server(METRICS_TOKEN=TOKEN) as server:
        for _ in range(20):
            urllib.request.urlopen(f"{server.url}/gallery/").close()
        request = urllib.request.Request(f"{server.url}/metrics", headers=BEARER)
        seen = [urllib.request.urlopen(request).read().decode() for _ in range(4)]

    count = 'drawsite_requests_total{method="GET",route="drawings:gallery",status="200"} 20.0'
    assert all(count in text for text in seen)


@pytest.mark.parametrize(("name", "stays"), [("the-hosts-own", True), (None, False)])
def test_a_server_that_ends_removes_only_the_metrics_directory_it_created(
    monkeypatch, token, tmp_path, name, stays
):
    variable = "PROMETHEUS_MULTIPROC_DIR"
    monkeypatch.setenv(variable, str(tmp_path / str(name)))
    if name is None:
        monkeypatch.delenv(variable)
    configuration = runpy.run_path("gunicorn.conf.py")
    directory = Path(os.environ[variable])
    directory.mkdir(exist_ok=True)

    configuration["on_exit"](None)

    assert directory.exists() == stays
