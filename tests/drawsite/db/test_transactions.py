"""Write transactions."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from drawings.models import Drawing
from drawsite.db import transactions
from drawsite.db.transactions import write_transaction

SQLITE = settings.DATABASES["default"]["ENGINE"] == "drawsite.db.sqlite"
OTHERS = transactions.MAX_STALL_WAITERS + 1


def break_off(make_drawing):
    with write_transaction():
        make_drawing()
        raise ZeroDivisionError


def test_a_write_transaction_is_undone_as_a_whole(transactional_db, make_drawing):
    with pytest.raises(ZeroDivisionError):
        break_off(make_drawing)

    assert not Drawing.objects.exists()
    with write_transaction():  # the lock was released
        make_drawing()
    assert Drawing.objects.count() == 1


if SQLITE:

    def write(inside: threading.Event, go_on: threading.Event) -> None:
        try:
            with write_transaction():
                inside.set()
                go_on.wait(10)
        finally:
            connection.close()

    @contextmanager
    def waiting_writers(go_on: threading.Event):
        """OTHERS writers that wait for one that writes until `go_on` is set."""
        inside = threading.Event()
        with ThreadPoolExecutor(1 + OTHERS) as threads:
            first = threads.submit(write, inside, go_on)
            inside.wait(10)
            others = [threads.submit(write, threading.Event(), go_on) for _ in range(OTHERS)]
            yield others
            go_on.set()
        assert first.exception() is None

    @contextmanager
    def another_process_that_writes():
        """A process of the same site that is in a write transaction until the block ends."""
        directory = Path(connection.settings_dict["NAME"]).parent
        hold = f"import fcntl, os; fcntl.flock(os.open({str(directory)!r}, os.O_RDONLY), 2)"
        program = f"{hold}; print('held', flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdout.readline()
            try:
                yield process
            finally:
                process.stdin.close()

    @pytest.fixture
    def others_make_progress(transactional_db, make_drawing):
        """As if other writers committed all the time."""
        make_drawing()  # SQLite has made its files then
        database = Path(connection.settings_dict["NAME"])
        ahead = time.time() + 1000
        os.utime(database.parent, (ahead, ahead))
        yield
        os.utime(database.parent)

    def test_a_process_writes_when_another_has_written(others_make_progress):
        go_on = threading.Event()
        go_on.set()
        with ThreadPoolExecutor(1) as threads:
            with another_process_that_writes():
                waiting = threads.submit(write, threading.Event(), go_on)
                assert not wait([waiting], timeout=transactions.STALLED_AFTER_SECONDS).done
            assert waiting.result(10) is None

    def test_a_process_that_dies_releases_its_lock(others_make_progress):
        go_on = threading.Event()
        go_on.set()
        with ThreadPoolExecutor(1) as threads, another_process_that_writes() as other:
            waiting = threads.submit(write, threading.Event(), go_on)
            other.kill()
            assert waiting.result(10) is None

    def test_a_process_does_not_wait_again_after_one_that_could_not_write(transactional_db):
        with ThreadPoolExecutor(1) as threads:
            with another_process_that_writes():
                waiting = threads.submit(write, threading.Event(), threading.Event())
                assert not wait([waiting], timeout=1.5 * transactions.GIVE_UP_AFTER_SECONDS).done
            assert isinstance(waiting.exception(10), OperationalError)

    def refusals(others: list[Future[None]]) -> list[bool]:
        return [isinstance(each.exception(), OperationalError) for each in others]

    @pytest.fixture
    def another_never_commits(transactional_db, make_drawing):
        """As if another transaction wrote all the time and never committed."""
        make_drawing()
        ahead = time.time() + 1000
        os.utime(f"{connection.settings_dict['NAME']}-wal", (ahead, ahead))

    def test_nobody_waits_with_a_writer_that_hangs(another_never_commits):
        go_on = threading.Event()
        with waiting_writers(go_on) as others:
            refused = wait(others, timeout=8).done
            go_on.set()

        assert refused == set(others)
        assert refusals(others) == [True] * OTHERS

    def test_few_writers_wait_while_the_disk_stalls(transactional_db):
        go_on = threading.Event()
        with waiting_writers(go_on) as others:
            refused = wait(
                others,
                timeout=(transactions.STALLED_AFTER_SECONDS + transactions.GIVE_UP_AFTER_SECONDS)
                / 2,
            )
            go_on.set()

        assert len(refused.done) == OTHERS - transactions.MAX_STALL_WAITERS
        assert sorted(refusals(others)) == [False] * transactions.MAX_STALL_WAITERS + [True]

    def test_waiting_is_bounded_whatever_the_clock_says(others_make_progress, monkeypatch):
        monkeypatch.setattr(transactions, "MAX_WAIT_SECONDS", 0.2)
        go_on = threading.Event()
        with waiting_writers(go_on) as others:
            refused = wait(others, timeout=8).done
            go_on.set()

        assert refused == set(others)

    def mtime_after(write):
        directory = Path(connection.settings_dict["NAME"]).parent
        os.utime(directory, (0, 0))
        write()
        return directory.stat().st_mtime

    def test_a_commit_records_progress_and_a_rollback_does_not(transactional_db, make_drawing):
        make_drawing()  # SQLite has made its files then

        def give_up():
            with suppress(ZeroDivisionError):
                break_off(make_drawing)

        def write_one():
            with write_transaction():
                make_drawing()

        assert mtime_after(give_up) == 0
        assert mtime_after(write_one) == pytest.approx(time.time(), abs=60)

    def test_a_commit_succeeds_even_if_progress_cannot_be_recorded(
        transactional_db, make_drawing, monkeypatch
    ):
        monkeypatch.setattr(os, "utime", Mock(side_effect=OSError))
        with write_transaction():
            make_drawing()

        assert Drawing.objects.count() == 1

    def test_all_writers_wait_while_others_make_progress(others_make_progress):
        go_on = threading.Event()
        with waiting_writers(go_on) as others:
            assert not wait(others, timeout=2 * transactions.STALLED_AFTER_SECONDS).done
            go_on.set()

        assert refusals(others) == [False] * OTHERS
