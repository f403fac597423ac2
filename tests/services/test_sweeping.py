"""Expired rows are deleted without a cron job."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.utils import timezone

from drawings.models import BlockedSender, Drawing, KnownAddress, SenderKey
from drawings.services import senders, sweeping
from tests.support import samples
from tests.support.installation import installation

LIST = samples.brightness_list("0")

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(tmp_path):
    with installation(tmp_path) as site:
        yield site


@pytest.fixture
def due(monkeypatch):
    """A sweep is due, as it is after a day."""
    monkeypatch.setattr(sweeping, "_due", 0.0)


def add_sessions(number, days):
    Session.objects.bulk_create(
        Session(
            session_key=f"{name}{days}".replace("-", "m"),
            session_data="",
            expire_date=timezone.now() + timedelta(days=days),
        )
        for name in range(number)
    )


def add_expired_and_others():
    today = timezone.now().date()
    add_sessions(1, -1)
    add_sessions(1, 1)
    for days, digest in [(91, b"old"), (90, b"new")]:
        KnownAddress.objects.create(digest=digest, seen_on=today - timedelta(days=days))
    for days, sender in [(100, b"old"), (50, b"new")]:
        SenderKey.objects.create(begins=today - timedelta(days=days), key=sender)
        created = timezone.now() - timedelta(days=days)
        BlockedSender.objects.create(sender=sender, created_at=created)


def remaining_rows():
    return [model.objects.count() for model in (Session, KnownAddress, SenderKey, BlockedSender)]


def send(client):
    return client.post("/drawings/", {"canvas_data": LIST})


def test_a_sweep_deletes_expired_rows_and_no_others():
    add_expired_and_others()

    sweeping.sweep()

    assert remaining_rows() == [1, 1, 1, 1]
    assert Session.objects.get().expire_date > timezone.now()
    assert bytes(KnownAddress.objects.get().digest) == b"new"
    assert bytes(SenderKey.objects.get().key) == bytes(BlockedSender.objects.get().sender) == b"new"


def test_every_kind_of_row_that_expires_is_listed():
    models = {rows.model for rows in sweeping.expired_rows()}

    assert models == {Session, KnownAddress, SenderKey, BlockedSender}


def test_a_submission_sweeps_once_a_day(client, due):
    senders.sender_of("127.0.0.1")
    add_sessions(3, -1)
    send(client)
    assert Session.objects.count() == 0

    add_sessions(3, -1)
    send(client)
    assert Session.objects.count() == 3


def test_a_login_sweeps(client, due, django_user_model):
    django_user_model.objects.create_superuser("ada", password="right")
    add_sessions(3, -1)

    client.post("/admin/login/", {"username": "ada", "password": "right"})

    assert Session.objects.count() == 1  # of the login


def test_read_only_and_refused_requests_do_not_sweep(client, due, make_drawing):
    add_sessions(3, -1)
    client.get("/gallery/")
    client.post("/drawings/", {"canvas_data": "bad"})

    assert Session.objects.count() == 3


def test_a_sweep_is_bounded_and_the_next_request_continues(client, due, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    add_sessions(5, -1)

    numbers = []
    for _ in range(4):
        send(client)
        numbers.append(Session.objects.count())

    assert numbers == [3, 1, 0, 0]


def test_a_sweep_does_not_wait_for_a_lock(client, due, monkeypatch):
    def locked():
        raise OperationalError

    monkeypatch.setattr(sweeping, "nowait_transaction", locked)
    add_sessions(1, -1)

    assert send(client).status_code == 303
    assert Drawing.objects.count() == 1
    assert Session.objects.count() == 1


def test_preparing_a_site_deletes_all_expired_rows(site):
    site.migrate()
    sign = "?" if connection.vendor == "sqlite" else "%s"
    insert = "INSERT INTO django_session (session_key, session_data, expire_date)"
    with site.database() as database:
        database.cursor().executemany(
            f"{insert} VALUES ({sign}, '', '2020-01-01 00:00:00+00:00')",
            [(str(number),) for number in range(2500)],
        )

    site.manage("prepare", "--verbosity=0")

    with site.database() as database:
        assert database.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
