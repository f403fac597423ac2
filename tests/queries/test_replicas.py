"""A site with a read replica: a separate database, so that its drawing shows which one was read."""

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import numpy as np
import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import RequestFactory

from drawings.models import Drawing
from drawings.queries import replicas
from tests.support import samples
from tests.support.server import Server, database_url

CREATE_REPLICA = """
import django; django.setup()
from django.core.management import call_command
from drawings.models import Drawing
from tests.support import samples
call_command("migrate", verbosity=0)
Drawing.from_field(samples.shades(16, 16), title="In the replica").save()
"""


@pytest.fixture(scope="module")
def replica(django_db_setup, django_db_blocker):
    """The URL of a database with one drawing, which the primary does not have."""
    url = f"{database_url()}_replica"
    drop(url)
    if connection.vendor == "postgresql":
        execute(f'CREATE DATABASE "{name_of(url)}"')
    subprocess.run(
        [sys.executable, "-c", CREATE_REPLICA],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "drawsite.settings"},
        check=True,
    )
    yield url
    drop(url)


@pytest.fixture(scope="module")
def site_process(replica, static_files):
    with Server(DATABASE_REPLICA_URLS=replica, DATABASE_POOL="2", WEB_WORKERS="1") as server:
        yield server


@pytest.fixture
def site(site_process, transactional_db):
    """The site, whose primary is empty."""
    return site_process


def name_of(url):
    return urlsplit(url).path.removeprefix("/")


def execute(statement, *parameters):
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(statement, parameters or None)


def drop(url):
    if connection.vendor == "postgresql":
        execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{urlsplit(url).path}{suffix}").unlink(missing_ok=True)


@contextmanager
def unavailable(url):
    """Make the replica unavailable meanwhile."""
    name = name_of(url)
    if connection.vendor == "postgresql":
        execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        yield
        execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    else:
        with closing(sqlite3.connect(urlsplit(url).path)) as file:
            file.execute("ALTER TABLE drawings_drawing RENAME TO away")
            yield
            file.execute("ALTER TABLE away RENAME TO drawings_drawing")


def read(site, path, **headers):
    with urllib.request.urlopen(urllib.request.Request(site.url + path, headers=headers)) as page:
        assert page.status == 200
        return page.read()


def send(site):
    """Send a drawing. Returns its id and the cookie of the response."""
    body = urlencode({"canvas_data": samples.brightness_list("0")}).encode()
    with urllib.request.urlopen(f"{site.url}/postmethod", body) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return json.load(answer)["unique_id"], cookie


def test_the_gallery_and_drawings_are_read_from_the_replica(site):
    gallery = read(site, "/gallery/").decode()
    path = re.findall(r"/drawings/[0-9a-f-]{36}/", gallery)[0]

    assert "In the replica" in gallery
    assert "In the replica" in read(site, path).decode()
    assert read(site, f"{path}image.png").startswith(b"\x89PNG")
    assert not Drawing.objects.exists()


def test_a_drawing_that_was_just_sent_is_found_in_the_primary(site):
    id, _ = send(site)

    assert Drawing.objects.get().id.hex == id.replace("-", "")
    assert read(site, f"/results/{id}")
    assert read(site, f"/drawings/{id}/")
    assert read(site, f"/drawings/{id}/image.png").startswith(b"\x89PNG")
    assert id not in read(site, "/gallery/").decode()


def test_a_client_that_has_just_changed_something_sees_it(site):
    id, cookie = send(site)

    assert id in read(site, "/gallery/", Cookie=cookie).decode()


def test_changes_are_read_from_the_primary_alone(site):
    id, _ = send(site)
    changed = "/api/v1/drawings?updated_since=1970-01-01"

    assert [drawing["id"] for drawing in json.loads(read(site, changed))["drawings"]] == [id]
    array = read(site, "/api/v1/drawings.npz?updated_since=1970-01-01")
    with np.load(io.BytesIO(array), allow_pickle=False) as data:
        assert data["ids"].tolist() == [id]
    newest = json.loads(read(site, "/api/v1/drawings"))["drawings"]
    assert [drawing["title"] for drawing in newest] == ["In the replica"]


def test_the_primary_answers_while_the_replica_is_unavailable(site, replica):
    id, _ = send(site)

    with unavailable(replica):
        assert id in read(site, "/gallery/").decode()
        assert read(site, f"/drawings/{id}/image.png").startswith(b"\x89PNG")

    assert "the primary is used" in site.log.read_text()


@pytest.mark.parametrize("is_the_replicas", [True, False])
def test_only_errors_of_a_replica_itself_disable_it(monkeypatch, is_the_replicas):
    replica = SimpleNamespace(errors_occurred=is_the_replicas)
    monkeypatch.setattr(replicas, "REPLICAS", ("replica1",))
    monkeypatch.setattr(replicas, "connections", {"replica1": replica})
    monkeypatch.setattr(replicas, "_resting_until", {})
    read_from = []

    @replicas.may_lag
    def view(request):
        read_from.append(replicas.databases_to_search()[0])
        raise OperationalError

    with pytest.raises(OperationalError):
        view(RequestFactory().get("/gallery/"))

    assert read_from == (["replica1", "default"] if is_the_replicas else ["replica1"])
    assert list(replicas._resting_until) == (["replica1"] if is_the_replicas else [])
