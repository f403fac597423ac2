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

SERVER = """
import os, time
from drawings.plotting import worker
with worker.acquire_slot() as run:
    print(run(os.getpid), flush=True)
time.sleep(60)
"""


@pytest.fixture
def run():
    with worker.acquire_slot() as run:
        yield run


def test_a_function_runs_in_another_process(run):
    assert run(os.getpid) == run(os.getpid) != os.getpid()
    assert run(int, "ff", base=16) == 255


def test_an_exception_of_the_function_is_raised_here(run):
    with pytest.raises(ValueError, match="domain"):
        run(math.sqrt, -1)

    assert run(math.sqrt, 4) == 2


def test_the_worker_never_imports_django(run):
    colours = {"cmap": "gray", "vmin": 0, "vmax": 255}
    texts = {"title": "Fox", "byline": ""}
    run(
        drawing_plots.draw_plot,
        samples.shades(20, 20),
        kind="image",
        format="png",
        **texts,
        **colours,
    )
    totals = run(aggregates.add_blobs, aggregates.empty_totals(16, 16), [])
    run(gallery_plots.draw_measure, totals, kind="mean", format="png", **texts)

    modules = run(eval, "list(__import__('sys').modules)")

    assert "matplotlib.figure" in modules
    assert not {"django", "drawings.models"} & set(modules)


def test_the_worker_has_a_lower_priority(run):
    assert run(os.nice, 0) == min(19, os.nice(0) + worker.NICENESS)


def test_ctrl_c_does_not_reach_the_worker(run):
    process = run(os.getpid)
    assert run(os.getpgid, 0) == process != os.getpgid(0)

    os.kill(process, signal.SIGINT)

    assert run(os.getpid) == process


def test_a_worker_that_dies_during_a_call_is_replaced(run):
    first = run(os.getpid)

    with pytest.raises(worker.BusyError):
        run(os._exit, 9)

    assert run(os.getpid) != first


def test_a_worker_that_dies_between_calls_is_replaced_without_an_error(run):
    first = run(os.getpid)
    os.kill(first, signal.SIGKILL)
    while is_running(first):
        time.sleep(0.02)

    assert run(os.getpid) != first


def test_the_worker_is_killed_at_the_deadline(monkeypatch):
    with worker.acquire_slot() as run:
        first = run(os.getpid)
    monkeypatch.setattr(worker, "SLOT_SECONDS", 0.2)
    with worker.acquire_slot() as run, pytest.raises(worker.BusyError):
        run(time.sleep, 60)
    monkeypatch.undo()

    with worker.acquire_slot() as run:
        assert run(os.getpid) != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_all_calls_in_a_slot_share_one_deadline(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now))
    with worker.acquire_slot() as run:
        first = run(os.getpid)
        now += worker.SLOT_SECONDS / 2
        assert run(os.getpid) == first
        now += worker.SLOT_SECONDS / 2
        with pytest.raises(worker.BusyError):
            run(os.getpid)

    with worker.acquire_slot() as run:
        assert run(os.getpid) == first


def test_an_interrupted_calls_result_is_never_the_next_calls(run, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("multiprocessing.connection.Connection.recv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(int, "1")
    monkeypatch.undo()

    assert run(int, "2") == 2


def test_one_caller_waits_for_the_slot_and_more_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 60)
    outcomes: queue.Queue[str] = queue.Queue()

    def attempt():
        try:
            with worker.acquire_slot():
                outcomes.put("slot")
        except worker.BusyError:
            outcomes.put("refused")

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    with worker.acquire_slot():
        for thread in threads:
            thread.start()
        assert [outcomes.get(timeout=20) for _ in range(2)] == ["refused", "refused"]
        assert outcomes.empty()

    assert outcomes.get(timeout=20) == "slot"


def test_a_caller_that_waits_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)

    with worker.acquire_slot(), pytest.raises(worker.BusyError), worker.acquire_slot():
        pass


def test_the_worker_exits_with_its_server_process_even_if_that_is_killed():
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=settings.BASE_DIR, stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        process = int(server.stdout.readline())
        server.kill()

    deadline = time.monotonic() + 20
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(process)


def is_running(process):
    """Whether the process exists and is not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], stdout=subprocess.PIPE).stdout
    return bool(state.strip()) and not state.startswith(b"Z")
