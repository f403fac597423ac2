"""Senders: keyed hashes of addresses, whose keys are deleted after a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection

from drawings.models import BlockedSender, Drawing, Report, SenderKey
from drawings.services import senders
from tests.support import samples

ADDRESS, OTHER = "192.0.2.1", "192.0.2.2"
JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_keys(monkeypatch):
    monkeypatch.setattr(senders, "_cached", None)


@pytest.fixture
def clock(monkeypatch):
    """The current time for `senders`, at the start of a period."""
    clock = SimpleNamespace(now=datetime.fromordinal(30 * 24_000).replace(tzinfo=UTC))
    monkeypatch.setattr(senders, "datetime", SimpleNamespace(now=lambda zone: clock.now))
    return clock


def send(client, url="/drawings/", **values):
    return client.post(url, {"canvas_data": LIST}, headers=JSON, REMOTE_ADDR=ADDRESS, **values)


# --- The hash and its keys ------------------------------------------------------------------


def test_a_sender_changes_with_the_period(clock):
    first = senders.sender_of(ADDRESS)
    clock.now += timedelta(days=29, hours=23)
    assert senders.sender_of(ADDRESS) == first

    clock.now += timedelta(hours=1)

    assert len(first) == 16
    assert len({first, senders.sender_of(ADDRESS), senders.sender_of(OTHER)}) == 3


def test_the_hash_needs_the_sites_secret_key(settings):
    first = senders.sender_of(ADDRESS)
    settings.SECRET_KEY = uuid4().hex

    assert senders.sender_of(ADDRESS) != first


def test_processes_that_begin_a_period_together_agree_on_one_key(transactional_db):
    def make_key(_):
        try:
            return senders._make_key(datetime(2026, 11, 1, tzinfo=UTC).date())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(make_key, range(8)))

    assert keys == [[bytes(SenderKey.objects.get().key)]] * 8
    assert len(keys[0][0]) == 32


def test_keys_are_cached(django_assert_num_queries):
    senders.sender_of(ADDRESS)

    with django_assert_num_queries(0):
        senders.sender_of(OTHER)


def test_a_new_key_deletes_those_older_than_two_periods_and_their_blocks(clock):
    begins = [clock.now.date() + timedelta(days=30 * number) for number in range(5)]
    for _ in begins:
        senders.block_sender(senders.sender_of(ADDRESS))
        BlockedSender.objects.filter(created_at__gt=clock.now).update(created_at=clock.now)
        clock.now += timedelta(days=30)

    kept = SenderKey.objects.order_by("begins").values_list("begins", flat=True)
    assert list(kept) == begins[2:]
    assert BlockedSender.objects.count() == 3


# --- Blocks ---------------------------------------------------------------------------------


def test_a_block_holds_until_the_key_of_its_hash_is_deleted(clock):
    senders.block_sender(senders.sender_of(ADDRESS), "Rude")
    blocked = []
    for _ in range(4):
        blocked.append((senders.is_blocked(ADDRESS), senders.is_blocked(OTHER)))
        clock.now += timedelta(days=30)

    assert blocked == [(True, False)] * 3 + [(False, False)]


def test_checking_for_a_block_takes_one_query(django_assert_num_queries):
    senders.sender_of(ADDRESS)

    with django_assert_num_queries(1):
        senders.is_blocked(ADDRESS)


def test_blocking_twice_is_one_block_and_it_can_be_lifted():
    sender = senders.sender_of(ADDRESS)
    senders.block_sender(sender, "Rude")
    senders.block_sender(sender, "Again")
    assert BlockedSender.objects.get().note == "Rude"

    BlockedSender.objects.all().delete()

    assert not senders.is_blocked(ADDRESS)


@pytest.mark.parametrize("url", ["/drawings/", "/postmethod"])
def test_submissions_of_a_blocked_sender_are_refused(client, url):
    send(client, url)
    senders.block_sender(senders.sender_of(ADDRESS))

    refused = send(client, url)

    assert refused.status_code == 403
    assert "t post here" in refused.json()["errors"]["request"][0]
    assert Drawing.objects.count() == 1
    assert client.post(url, {"canvas_data": LIST}, REMOTE_ADDR=OTHER).status_code in (200, 303)


def test_a_blocked_person_gets_a_page_and_cannot_report(client, make_drawing):
    senders.block_sender(senders.sender_of(ADDRESS))
    url = f"/drawings/{make_drawing().id}/report/"

    page = client.post(url, {"reason": "other"}, REMOTE_ADDR=ADDRESS)

    assert page.status_code == 403
    assert "t post here" in page.content.decode()
    assert not Report.objects.exists()


# --- Drawings of a sender -------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/drawings/", "/postmethod"])
def test_all_drawings_of_one_sender_are_found(client, url):
    for address in (ADDRESS, ADDRESS, OTHER):
        client.post(url, {"canvas_data": LIST}, REMOTE_ADDR=address)

    assert Drawing.objects.filter(sender=senders.sender_of(ADDRESS)).count() == 2


def test_neither_the_address_nor_the_sender_is_shown(client):
    answer = send(client)

    page = client.get(answer.json()["url"]).content.decode()
    assert set(answer.json()) == {"id", "url", "image_url"}
    assert ADDRESS not in page
    assert senders.sender_of(ADDRESS).hex() not in page
