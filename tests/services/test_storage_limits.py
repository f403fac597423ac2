"""The limit on bytes for each address, and submissions while the disk is almost full."""

import io
import json
import os
import shutil
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from drawings.imaging import rasteriser
from drawings.models import Drawing, Report
from drawings.services import readiness, submissions
from drawings.services.submissions import ROW_BYTES
from drawsite.db import disk_space
from tests.support import documents, samples

LIST = samples.brightness_list("0")
JSON = {"Accept": "application/json"}
SUBMISSION_URLS = ["/drawings/", "/postmethod", "/api/v1/drawings"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts(settings):
    """Reset all counts, in Redis too: they are stored under hashes with the secret key."""
    settings.SECRET_KEY = uuid4().hex


def send(client, url="/drawings/", **values):
    if url.startswith("/api/"):
        picture = io.BytesIO(samples.png(samples.shades(200, 200)))
        picture.name = "picture.png"
        return client.post(url, {"image": picture}, headers=JSON)
    return client.post(url, {"canvas_data": LIST, **values}, headers=JSON)


def bytes_of(drawing):
    return ROW_BYTES + len(drawing.blob) + len(drawing.strokes or b"")


# --- The limit for each address -------------------------------------------------------------


@pytest.mark.parametrize("url", SUBMISSION_URLS)
def test_the_daily_bytes_of_an_address_are_limited_on_every_url(client, settings, url):
    send(client, url)
    size = bytes_of(Drawing.objects.get())
    settings.SUBMIT_BYTES = 2 * size + size // 2

    answers = [send(client, url) for _ in range(3)]

    assert [answer.status_code < 300 for answer in answers] == [True, True, False]
    assert answers[2].status_code == 429
    assert 0 < int(answers[2]["Retry-After"]) <= 24 * 60 * 60
    (sentence,) = answers[2].json()["errors"]["request"]
    assert "You can send again in at most 24 hours." in sentence
    assert Drawing.objects.count() == 3
    assert (
        client.post("/postmethod", {"canvas_data": LIST}, REMOTE_ADDR="192.0.2.9").status_code
        == 200
    )


def test_strokes_count_towards_the_limit(client, settings):
    given = documents.document(documents.LINE)
    picture = io.BytesIO(samples.png(rasteriser.rasterise(given, None)))
    picture.name = "picture.png"
    settings.SUBMIT_BYTES = 1_000_000
    answer = client.post(
        "/drawings/", {"image": picture, "strokes": json.dumps(given)}, headers=JSON
    )
    assert answer.status_code == 201, answer.content
    stored = Drawing.objects.get()
    left = settings.SUBMIT_BYTES - bytes_of(stored)

    assert stored.strokes
    assert not submissions._count_bytes("127.0.0.1", left + 1).allowed
    assert submissions._count_bytes("127.0.0.1", left).allowed


def test_repeated_and_failed_submissions_do_not_count(client, settings, monkeypatch):
    key = str(uuid4())
    send(client, submission_key=key)
    settings.SUBMIT_BYTES = bytes_of(Drawing.objects.get())
    assert send(client, submission_key=key).status_code == 200
    assert send(client, canvas_data="bad").status_code == 422
    with monkeypatch.context() as patch:
        patch.setattr(type(Drawing.objects.all()), "add_once", Mock(side_effect=OperationalError))
        assert send(client).status_code == 503

    assert send(client).status_code == 201
    assert send(client).status_code == 429
    assert send(client, submission_key=key).status_code == 200
    assert Drawing.objects.count() == 2


def test_0_means_no_limit(client, settings):
    settings.SUBMIT_BYTES = 0

    assert {send(client).status_code for _ in range(3)} == {201}


# --- A disk that is almost full -------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch, settings):
    """A disk with less free space than MIN_FREE_BYTES, but enough for /readyz."""
    settings.MIN_FREE_BYTES = 500_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=499_999_999))


on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the database server's disk is unknown"
)


@on_sqlite
@pytest.mark.parametrize("url", SUBMISSION_URLS)
def test_submissions_are_refused_before_the_disk_is_full(client, full_disk, url):
    answer = send(client, url)

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "no room for new drawings" in answer.json()["errors"]["request"][0]
    assert not Drawing.objects.exists()


@on_sqlite
def test_pages_reports_and_the_admin_still_work(client, admin_client, full_disk, make_drawing):
    drawing = make_drawing()

    assert client.get("/gallery/").status_code == 200
    report = client.post(f"{drawing.get_absolute_url()}report/", {"reason": "other"})
    assert report.status_code == 302
    assert Report.objects.count() == 1
    hidden = {"action": "hide", "_selected_action": [drawing.id]}
    assert admin_client.post("/admin/drawings/drawing/", hidden).status_code in (200, 302)
    assert readiness.check_disk() is None


@pytest.mark.parametrize("free", [500_000_000, 10**12])
def test_with_enough_space_submissions_are_stored(client, full_disk, monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))

    assert send(client).status_code == 201


@on_sqlite
def test_submissions_are_tried_if_the_free_space_is_unknown(client, full_disk, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", Mock(side_effect=OSError))

    assert send(client).status_code == 201


@on_sqlite
def test_free_space_is_that_of_the_databases_disk(tmp_path, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "db.sqlite3"))

    stat = os.statvfs(tmp_path)
    free = disk_space.measure_free_bytes()
    assert free is not None
    assert abs(free - stat.f_bavail * stat.f_frsize) < 100_000_000


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's disk is checked")
def test_the_disk_of_postgresql_is_not_checked(client, full_disk):
    assert disk_space.measure_free_bytes() is None
    assert send(client).status_code == 201


def test_for_a_linked_database_the_disk_of_the_links_target_counts(monkeypatch, tmp_path):
    if connection.vendor != "sqlite":
        assert disk_space.measure_free_bytes() is None
        return
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "db.sqlite3").touch()
    link = tmp_path / "db.sqlite3"
    link.symlink_to(tmp_path / "large" / "db.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(link))
    usage = Mock(return_value=SimpleNamespace(free=1))
    monkeypatch.setattr(shutil, "disk_usage", usage)

    assert disk_space.measure_free_bytes() == 1
    usage.assert_called_once_with(tmp_path / "large")


def test_bytes_of_a_drawing_that_is_not_committed_are_not_counted(client, settings, monkeypatch):
    settings.SUBMIT_BYTES = 3 * ROW_BYTES

    @contextmanager
    def failing_transaction():
        yield
        raise OperationalError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(submissions, "write_transaction", failing_transaction)
        assert [send(client, "/postmethod").status_code for _ in range(5)] == [503] * 5

    assert send(client, "/postmethod").status_code == 200
