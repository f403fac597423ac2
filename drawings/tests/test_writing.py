"""Write transactions."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from drawings.models import Drawing
from drawings.writing import write_transaction

SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


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

    def test_the_last_thread_does_not_wait_for_a_writer_that_hangs(transactional_db):
        inside, go_on = threading.Event(), threading.Event()
        with ThreadPoolExecutor(settings.WEB_THREADS) as threads:
            first = threads.submit(write, inside, go_on)
            inside.wait(10)
            others = [
                threads.submit(write, threading.Event(), go_on)
                for _ in range(settings.WEB_THREADS - 1)
            ]
            refused = wait(others, timeout=4, return_when=FIRST_COMPLETED).done
            go_on.set()

        assert [isinstance(each.exception(), OperationalError) for each in refused] == [True]
        assert [each.exception() for each in {first, *others} - refused] == [None] * 3
