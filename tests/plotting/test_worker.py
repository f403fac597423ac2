import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from django.conf import settings

from drawings.plotting import aggregates, drawing_plots, gallery_plots, worker
from tests.support import samples

OWNER = """
import os, time
from drawings.plotting import worker
with worker.one_at_a_time() as run:
    print(run(os.getpid), flush=True)
time.sleep(60)
"""


@pytest.fixture
def run():
    with worker.one_at_a_time() as run:
        yield run


def test_a_function_is_called_in_another_process(run):
    assert run(os.getpid) == run(os.getpid) != os.getpid()
    assert run(int, "ff", base=16) == 255


def test_what_the_function_raises_is_raised(run):
    with pytest.raises(ValueError, match="domain"):
        run(math.sqrt, -1)

    assert run(math.sqrt, 4) == 2


def test_the_process_that_draws_figures_knows_nothing_of_django(run):
    looks = {"cmap": "gray", "vmin": 0, "vmax": 255}
    words = {"title": "Fox", "byline": ""}
    run(drawing_plots.draw, samples.shades(20, 20), kind="image", form="png", **words, **looks)
    totals = run(aggregates.add, aggregates.nothing(16, 16), [])
    run(gallery_plots.measure, totals, kind="mean", form="png", **words)

    modules = run(eval, "list(__import__('sys').modules)")

    assert "matplotlib.figure" in modules
    assert not {"django", "drawings.models"} & set(modules)


def test_the_process_gives_way_to_others(run):
    assert run(os.nice, 0) == min(19, os.nice(0) + worker.NICENESS)


def test_the_process_takes_no_part_in_a_ctrl_c(run):
    process = run(os.getpid)
    assert run(os.getpgid, 0) == process != os.getpgid(0)

    os.kill(process, signal.SIGINT)

    assert run(os.getpid) == process


def test_after_a_process_that_died_there_is_another(run):
    first = run(os.getpid)

    with pytest.raises(worker.BusyError):
        run(os._exit, 9)

    assert run(os.getpid) != first


def test_a_process_that_was_killed_in_between_is_not_noticed(run):
    first = run(os.getpid)
    os.kill(first, signal.SIGKILL)
    while is_running(first):
        time.sleep(0.02)

    assert run(os.getpid) != first


def test_work_that_takes_too_long_is_ended(monkeypatch):
    with worker.one_at_a_time() as run:
        first = run(os.getpid)
    monkeypatch.setattr(worker, "LIMIT_SECONDS", 0.2)
    with worker.one_at_a_time() as run, pytest.raises(worker.BusyError):
        run(time.sleep, 60)
    monkeypatch.undo()

    with worker.one_at_a_time() as run:
        assert run(os.getpid) != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_all_calls_of_a_turn_have_one_deadline(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now))
    with worker.one_at_a_time() as run:
        first = run(os.getpid)
        now += worker.LIMIT_SECONDS / 2
        assert run(os.getpid) == first
        now += worker.LIMIT_SECONDS / 2
        with pytest.raises(worker.BusyError):
            run(os.getpid)

    with worker.one_at_a_time() as run:
        assert run(os.getpid) == first


def test_an_answer_that_nobody_waited_for_is_never_the_next_ones(run, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("multiprocessing.connection.Connection.recv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(int, "1")
    monkeypatch.undo()

    assert run(int, "2") == 2


def test_one_waits_for_its_turn_and_more_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 60)
    outcomes: queue.Queue[str] = queue.Queue()

    def attempt():
        try:
            with worker.one_at_a_time():
                outcomes.put("turn")
        except worker.BusyError:
            outcomes.put("refused")

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    with worker.one_at_a_time():
        for thread in threads:
            thread.start()
        assert [outcomes.get(timeout=20) for _ in range(2)] == ["refused", "refused"]
        assert outcomes.empty()

    assert outcomes.get(timeout=20) == "turn"


def test_who_has_waited_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)

    with worker.one_at_a_time(), pytest.raises(worker.BusyError), worker.one_at_a_time():
        pass


def test_the_process_ends_with_its_owner_even_if_that_is_killed():
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=settings.BASE_DIR, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        process = int(owner.stdout.readline())
        owner.kill()

    deadline = time.monotonic() + 20
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(process)


def is_running(process):
    """Whether it is there, and not only until its exit is noticed."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], stdout=subprocess.PIPE).stdout
    return bool(state.strip()) and not state.startswith(b"Z")
