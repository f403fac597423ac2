"""The command import_drawings: options, progress, memory."""

import tracemalloc
from datetime import date
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError
from django.utils import timezone

from drawings.datasets.imports import convert, formats, loader, trees
from drawings.datasets.imports.records import Options, bad_record
from drawings.models import DayCount, Drawing
from tests.support import planner
from tests.support.import_command import (
    quickdraw,
    run,
    snapshot,
    titles,
    write_lines,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(tmp_path):
    """Makes a source of so many drawings, numbered from 0, one a millisecond."""

    def make(number, *more):
        records = [
            quickdraw(n, word=str(n), timestamp=f"2017-03-02 23:25:{n // 1000:02}.{n % 1000:03}")
            for n in range(number)
        ]
        return write_lines(tmp_path / "cat.ndjson", *records, *more)

    return make


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(loader, "BATCH_ROWS", 3)
    monkeypatch.setattr(convert, "CHUNK_TASKS", 2)


# --- The command --------------------------------------------------------------------------


def test_a_dry_run_reads_all_and_stores_nothing(lines):
    source = lines(4, b"Dear diary")
    run(source, "--limit", 1)

    summary, complaints = run(source, "--dry-run")

    assert summary == "3 would be added, 1 already here, 1 skipped."
    assert complaints == "line 5: skipped. This is not JSON.\n"
    assert Drawing.objects.count() == 1


def test_only_the_first_records_may_be_asked_for(lines):
    assert run(lines(5), "--limit", 3)[0] == "3 added, 0 already here, 0 skipped."

    assert titles() == ["0", "1", "2"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_must_be_positive(lines, limit):
    with pytest.raises(CommandError, match="--limit must be 1 or more"):
        run(lines(1), "--limit", limit)


@pytest.mark.parametrize("status", Drawing.Status.values)
def test_drawings_get_the_status_that_is_asked_for(lines, status):
    run(lines(1), "--status", status)

    assert Drawing.objects.get().status == status


@pytest.mark.parametrize(
    "arguments", [("--status", "gone"), ("--polarity", "up"), ("--format", "psd")]
)
def test_what_is_not_known_is_refused(lines, arguments):
    with pytest.raises(CommandError):
        run(lines(1), *arguments)


def test_the_format_may_be_said(lines):
    source = lines(2).rename(lines(2).with_name("cat.txt"))

    assert run(source, "--format", "ndjson")[0] == "2 added, 0 already here, 0 skipped."


def test_a_source_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="no such file or folder"):
        run(tmp_path / "gone")


@pytest.mark.parametrize("data", [b"Dear diary", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"\0" * 99])
def test_a_source_of_no_known_kind_is_an_error(tmp_path, data):
    (tmp_path / "a").write_bytes(data)

    with pytest.raises(CommandError, match="format is unknown"):
        run(tmp_path / "a")


@pytest.mark.parametrize("format", formats.READERS)
@pytest.mark.parametrize(
    "data", [b"Dear diary", b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\x93NUMPY"]
)
def test_a_source_of_another_kind_than_is_said_is_an_error(tmp_path, format, data):
    (tmp_path / "a").write_bytes(data)

    if (format, data) == ("ndjson", b""):
        assert run(tmp_path / "a", "--format", format)[0].startswith("0 added")
    else:
        with pytest.raises(CommandError, match=r"^/.*/a: "):
            run(tmp_path / "a", "--format", format)


def test_a_folder_is_of_no_kind_that_a_file_is(tmp_path):
    for format in sorted(formats.READERS.keys() - {"folder"}):
        with pytest.raises(CommandError):
            run(tmp_path, "--format", format)


def test_many_bad_records_are_counted_and_some_shown(lines):
    summary, complaints = run(lines(1, *[b"{}"] * 70))

    assert summary == "1 added, 0 already here, 70 skipped."
    shown = complaints.splitlines()
    assert len(shown) == 51
    assert shown[49].startswith("line 51: skipped. ")
    assert shown[50] == "… and 20 more were skipped."


def test_nothing_but_bad_records_are_an_error(tmp_path):
    with pytest.raises(CommandError, match=r"nothing in it can be read.* 2 skipped"):
        run(write_lines(tmp_path / "a.ndjson", b"{}", b"{}"))


def test_it_gives_up_when_nothing_good_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "MAX_BAD_START", 5)

    with pytest.raises(CommandError, match="none of its first 5 records can be read"):
        run(write_lines(tmp_path / "a.ndjson", *[b"{}"] * 9))


def test_it_does_not_when_something_good_came(lines, monkeypatch):
    monkeypatch.setattr(loader, "MAX_BAD_START", 5)

    assert run(lines(1, *[b"{}"] * 9))[0] == "1 added, 0 already here, 9 skipped."


def test_records_come_in_batches_and_in_their_order(lines, small_batches):
    assert run(lines(10))[0] == "10 added, 0 already here, 0 skipped."

    assert titles() == list("0123456789")


def test_other_processes_make_the_same_of_them(lines, small_batches, monkeypatch):
    source = lines(30, b"{}")
    run(source)
    here = snapshot()
    Drawing.objects.all().delete()
    monkeypatch.setattr(convert, "LOCAL_CHUNKS", 1)

    summary, complaints = run(source)

    assert summary == "30 added, 0 already here, 1 skipped."
    assert complaints.startswith("line 31: ")
    assert snapshot() == here


def test_stopped_on_the_way_whole_batches_stay_and_the_next_run_adds_the_others(
    lines, small_batches, monkeypatch
):
    def stopped(tasks, name):
        yield from islice(convert_all(tasks, name), 4)
        raise KeyboardInterrupt

    convert_all = convert.convert_tasks
    with monkeypatch.context() as patch:
        patch.setattr(convert, "convert_tasks", stopped)
        with pytest.raises(CommandError, match=r"Stopped: 6 added\. Run the same command") as stop:
            run(lines(10))
    assert stop.value.returncode == 130
    assert Drawing.objects.count() == 6

    assert run(lines(10))[0] == "4 added, 6 already here, 0 skipped."


def test_the_database_knows_how_much_there_is(lines):
    run(lines(20))

    assert planner.known_drawings() == 20


def test_days_that_drawings_come_to_are_counted_again(lines):
    DayCount.objects.create(day=date(2017, 3, 2), drawings=0)
    DayCount.objects.create(day=date(2017, 3, 3), drawings=0)

    run(lines(2))

    assert [count.day for count in DayCount.objects.all()] == [date(2017, 3, 3)]


def test_they_are_found(client, lines):
    run(lines(1, quickdraw(7, word="walrus")))

    page = client.get("/gallery/?q=walrus").text
    assert Drawing.objects.get(title="walrus").get_absolute_url() in page


def test_who_asks_what_has_changed_gets_them(client, lines):
    before = timezone.now()

    run(lines(2))

    answer = client.get("/api/v1/drawings", {"updated_since": before.isoformat()}).json()
    assert {drawing["title"] for drawing in answer["drawings"]} == {"0", "1"}


def test_a_drawing_of_somebody_else_stays(make_drawing, lines):
    drawing = make_drawing(title="Mine", submission_key=uuid4())

    run(lines(2))

    assert titles() == ["0", "1", "Mine"]
    assert Drawing.objects.filter(pk=drawing.pk).exists()


def peak_of(path: Path, count):
    """What reading so many records takes at once, in bytes."""
    tracemalloc.start()
    found = formats.open_source(path, None, Options((200, 200)))
    assert sum(1 for _ in found.tasks) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


# --- Memory -------------------------------------------------------------------------------


def test_arrays_are_never_in_memory_as_a_whole(tmp_path):
    images = np.zeros((1500, 200, 200), np.uint8)  # 60 MB
    np.savez_compressed(tmp_path / "a.npz", images=images)
    np.save(tmp_path / "a.npy", images)

    assert peak_of(tmp_path / "a.npz", 1500) < 20_000_000
    assert peak_of(tmp_path / "a.npy", 1500) < 20_000_000


def test_neither_are_long_labels(tmp_path):
    images = np.zeros((2000, 16, 16), np.uint8)
    np.savez_compressed(tmp_path / "a.npz", images=images, labels=np.zeros(2000, "U4000"))

    assert peak_of(tmp_path / "a.npz", 2000) < 20_000_000


def test_lines_are_never_in_memory_as_a_whole(lines):
    source = lines(1)
    source.write_bytes(source.read_bytes() * 60_000)  # 15 MB

    assert peak_of(source, 60_000) < 2_000_000


def test_the_names_in_a_folder_are_never_in_memory_as_a_whole(monkeypatch, tmp_path):
    path = tmp_path / "wall"
    path.mkdir()
    # Twenty thousand files would take long to make.
    names = {"list_names": lambda self: (f"{number}.png" for number in range(20_000))}
    folder = type("Folder", (trees.FolderTree,), {**names, "modified_at": lambda self, name: 0.0})
    monkeypatch.setattr(trees, "FolderTree", folder)
    monkeypatch.setattr(trees, "read_file", lambda tree, name, limit: b"")

    assert peak_of(path, 20_000) < 500_000


def test_few_records_wait_at_a_time():
    taken = []

    def tasks():
        for number in range(100_000):
            taken.append(number)
            yield bad_record(str(number), "x" * 100_000)

    made = convert.convert_tasks(tasks(), "a")
    next(made)

    assert len(taken) <= 50
