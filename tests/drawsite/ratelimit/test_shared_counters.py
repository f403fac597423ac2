"""Counters in memory that processes share."""

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

import pytest
from django.conf import settings as project

from drawsite.environment import Rate
from drawsite.ratelimit import limiter, shared_counters
from tests.support.limits import allowed
from tests.support.server import Server

pytestmark = pytest.mark.django_db


# One window holds the whole test, however slow it is.
AGES = 10**9

THREE = Rate(3, AGES)

KEYS = [bytes([number]) * shared_counters.KEY_BYTES for number in range(1, 100)]

FULL = shared_counters.PROBE_LENGTH


def count_in(table, key, times=1, limit=1000, seconds=60):
    return [table.check_limit(key, limit, seconds, 1, write=True)[0] for _ in range(times)]


def is_counted(table, key, seconds=60):
    return not table.check_limit(key, 1, seconds, 1, write=False)[0]


@pytest.fixture
def table():
    """A table with as many slots as the probe length."""
    with closing(shared_counters.Counters(FULL)) as table:
        yield table


def test_a_full_table_evicts_expired_keys_first(table, clock):
    count_in(table, KEYS[5], times=50, seconds=10)
    for number in range(FULL):
        count_in(table, KEYS[number])
    clock.now += 20

    count_in(table, KEYS[50])

    assert [is_counted(table, key) for key in KEYS[:FULL]] == [True] * 5 + [False] + [True] * 10


def test_a_thousand_other_clients_do_not_evict_one_that_has_used_up_its_limit(table):
    assert count_in(table, KEYS[0], times=6, limit=5) == [True] * 5 + [False]

    for number in range(1000):
        key = number.to_bytes(shared_counters.KEY_BYTES, "big")
        count_in(table, key, times=4)

    assert count_in(table, KEYS[0], limit=5) == [False]


def test_other_requests_evict_no_failed_login(settings, monkeypatch):
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
def test_a_half_written_slot_locks_no_client_out(table, ends):
    for number in range(FULL):
        place = number * shared_counters.SLOT.size
        shared_counters.SLOT.pack_into(table._table, place, KEYS[number], ends, 2**64 - 1)

    assert count_in(table, KEYS[0], times=3, limit=2) == [True, True, False]
    assert count_in(table, KEYS[50], times=3, limit=2) == [True, True, False]


def test_counting_works_on_a_full_disk(monkeypatch):
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
print(table.check_limit(b"k" * 16, 1, 60, 1, write=True)[0])
"""


def test_a_process_that_dies_while_it_counts_releases_the_lock():
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


def test_memory_counts_while_redis_is_away(settings, caplog, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1"

    assert allowed(4) == [True, True, True, False]
    assert caplog.text.count("Redis does not answer") == 1  # and is not retried each time

    later = time.monotonic() + limiter.REDIS_PAUSE_SECONDS
    monkeypatch.setattr(limiter, "time", SimpleNamespace(monotonic=lambda: later))
    assert allowed(1) == [False]
    assert caplog.text.count("Redis does not answer") == 2
