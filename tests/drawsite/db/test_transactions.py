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
OTHERS = transactions.PLACES + 1


def break_off(make_drawing):
    with write_transaction():
        make_drawing()
        raise ZeroDivisionError


def test_a_write_transaction_is_undone_as_a_whole(transactional_db, make_drawing):
    with pytest.raises(ZeroDivisionError):
        break_off(make_drawing)

    assert not Drawing.objects.exists()
    with write_transaction():  # the turn was given back
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
    def others_who_want_to_write(go_on: threading.Event):
        """While one writes until it may go on."""
        inside = threading.Event()
        with ThreadPoolExecutor(1 + OTHERS) as threads:
            first = threads.submit(write, inside, go_on)
            inside.wait(10)
            others = [threads.submit(write, threading.Event(), go_on) for _ in range(OTHERS)]
            yield others
            go_on.set()
        assert first.exception() is None

    @contextmanager
    def another_process_whose_turn_it_is():
        """A process of the same site, in the midst of a write transaction until the block ends."""
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
    def others_get_on(transactional_db, make_drawing):
        """As if somebody wrote all the time, and was done with it."""
        make_drawing()  # SQLite has made its files then
        database = Path(connection.settings_dict["NAME"])
        ahead = time.time() + 1000
        os.utime(database.parent, (ahead, ahead))
        yield
        os.utime(database.parent)

    def test_a_process_writes_when_another_has_written(others_get_on):
        go_on = threading.Event()
        go_on.set()
        with ThreadPoolExecutor(1) as threads:
            with another_process_whose_turn_it_is():
                waiting = threads.submit(write, threading.Event(), go_on)
                assert not wait([waiting], timeout=transactions.PATIENCE_SECONDS).done
            assert waiting.result(10) is None

    def test_a_process_that_dies_leaves_its_turn_to_the_others(others_get_on):
        go_on = threading.Event()
        go_on.set()
        with ThreadPoolExecutor(1) as threads, another_process_whose_turn_it_is() as other:
            waiting = threads.submit(write, threading.Event(), go_on)
            other.kill()
            assert waiting.result(10) is None

    def test_a_process_does_not_wait_again_after_one_that_could_not_write(transactional_db):
        with ThreadPoolExecutor(1) as threads:
            with another_process_whose_turn_it_is():
                waiting = threads.submit(write, threading.Event(), threading.Event())
                assert not wait([waiting], timeout=1.5 * transactions.STALL_SECONDS).done
            assert isinstance(waiting.exception(10), OperationalError)

    def refusals(others: list[Future[None]]) -> list[bool]:
        return [isinstance(each.exception(), OperationalError) for each in others]

    @pytest.fixture
    def another_writes_on_and_on(transactional_db, make_drawing):
        """Somebody else's transaction that is not done yet."""
        make_drawing()
        ahead = time.time() + 1000
        os.utime(f"{connection.settings_dict['NAME']}-wal", (ahead, ahead))

    def test_nobody_waits_with_a_writer_that_hangs(another_writes_on_and_on):
        go_on = threading.Event()
        with others_who_want_to_write(go_on) as others:
            refused = wait(others, timeout=8).done
            go_on.set()

        assert refused == set(others)
        assert refusals(others) == [True] * OTHERS

    def test_few_wait_while_the_disk_stalls(transactional_db):
        go_on = threading.Event()
        with others_who_want_to_write(go_on) as others:
            refused = wait(
                others, timeout=(transactions.PATIENCE_SECONDS + transactions.STALL_SECONDS) / 2
            )
            go_on.set()

        assert len(refused.done) == OTHERS - transactions.PLACES
        assert sorted(refusals(others)) == [False] * transactions.PLACES + [True]

    def test_nobody_waits_for_ever_whatever_the_clock_says(others_get_on, monkeypatch):
        monkeypatch.setattr(transactions, "LONGEST_SECONDS", 0.2)
        go_on = threading.Event()
        with others_who_want_to_write(go_on) as others:
            refused = wait(others, timeout=8).done
            go_on.set()

        assert refused == set(others)

    def mtime_after(write):
        directory = Path(connection.settings_dict["NAME"]).parent
        os.utime(directory, (0, 0))
        write()
        return directory.stat().st_mtime

    def test_who_has_written_gives_a_sign_and_who_has_not_gives_none(
        transactional_db, make_drawing
    ):
        make_drawing()  # SQLite has made its files then

        def give_up():
            with suppress(ZeroDivisionError):
                break_off(make_drawing)

        def write_one():
            with write_transaction():
                make_drawing()

        assert mtime_after(give_up) == 0
        assert mtime_after(write_one) == pytest.approx(time.time(), abs=60)

    def test_what_is_stored_is_stored_whatever_becomes_of_the_sign(
        transactional_db, make_drawing, monkeypatch
    ):
        monkeypatch.setattr(os, "utime", Mock(side_effect=OSError))
        with write_transaction():
            make_drawing()

        assert Drawing.objects.count() == 1

    def test_everybody_waits_while_others_get_on(others_get_on):
        go_on = threading.Event()
        with others_who_want_to_write(go_on) as others:
            assert not wait(others, timeout=2 * transactions.PATIENCE_SECONDS).done
            go_on.set()

        assert refusals(others) == [False] * OTHERS
