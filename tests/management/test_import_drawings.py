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
    """Makes a source of `number` drawings, numbered from 0, a millisecond apart."""

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


def test_a_dry_run_reads_everything_and_stores_nothing(lines):
    source = lines(4, b"Dear diary")
    run(source, "--limit", 1)

    summary, complaints = run(source, "--dry-run")

    assert summary == "3 would be added, 1 already here, 1 skipped."
    assert complaints == "line 5: skipped. This is not JSON.\n"
    assert Drawing.objects.count() == 1


def test_a_limit_imports_only_the_first_records(lines):
    assert run(lines(5), "--limit", 3)[0] == "3 added, 0 already here, 0 skipped."

    assert titles() == ["0", "1", "2"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_must_be_positive(lines, limit):
    with pytest.raises(CommandError, match="--limit must be 1 or more"):
        run(lines(1), "--limit", limit)


@pytest.mark.parametrize("status", Drawing.Status.values)
def test_imported_drawings_get_the_status_given_as_an_option(lines, status):
    run(lines(1), "--status", status)

    assert Drawing.objects.get().status == status


@pytest.mark.parametrize(
    "arguments", [("--status", "gone"), ("--polarity", "up"), ("--format", "psd")]
)
def test_an_unknown_option_value_is_refused(lines, arguments):
    with pytest.raises(CommandError):
        run(lines(1), *arguments)


def test_the_format_can_be_given_as_an_option(lines):
    source = lines(2).rename(lines(2).with_name("cat.txt"))

    assert run(source, "--format", "ndjson")[0] == "2 added, 0 already here, 0 skipped."


def test_a_missing_source_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="no such file or folder"):
        run(tmp_path / "gone")


@pytest.mark.parametrize("data", [b"Dear diary", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"\0" * 99])
def test_a_source_of_an_unknown_format_is_an_error(tmp_path, data):
    (tmp_path / "a").write_bytes(data)

    with pytest.raises(CommandError, match="format is unknown"):
        run(tmp_path / "a")


@pytest.mark.parametrize("format", formats.READERS)
@pytest.mark.parametrize(
    "data", [b"Dear diary", b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\x93NUMPY"]
)
def test_a_source_of_another_format_than_the_given_one_is_an_error(tmp_path, format, data):
    (tmp_path / "a").write_bytes(data)

    if (format, data) == ("ndjson", b""):
        assert run(tmp_path / "a", "--format", format)[0].startswith("0 added")
    else:
        with pytest.raises(CommandError, match=r"^/.*/a: "):
            run(tmp_path / "a", "--format", format)


def test_a_folder_cannot_be_read_in_a_file_format(tmp_path):
    for format in sorted(formats.READERS.keys() - {"folder"}):
        with pytest.raises(CommandError):
            run(tmp_path, "--format", format)


def test_of_many_bad_records_the_first_are_shown_and_the_rest_counted(lines):
    summary, complaints = run(lines(1, *[b"{}"] * 70))

    assert summary == "1 added, 0 already here, 70 skipped."
    shown = complaints.splitlines()
    assert len(shown) == 51
    assert shown[49].startswith("line 51: skipped. ")
    assert shown[50] == "… and 20 more were skipped."


def test_a_source_with_only_bad_records_is_an_error(tmp_path):
    with pytest.raises(CommandError, match=r"nothing in it can be read.* 2 skipped"):
        run(write_lines(tmp_path / "a.ndjson", b"{}", b"{}"))


def test_an_import_gives_up_when_the_first_records_are_all_bad(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "MAX_BAD_START", 5)

    with pytest.raises(CommandError, match="none of its first 5 records can be read"):
        run(write_lines(tmp_path / "a.ndjson", *[b"{}"] * 9))


def test_an_import_continues_after_bad_records_once_one_was_good(lines, monkeypatch):
    monkeypatch.setattr(loader, "MAX_BAD_START", 5)

    assert run(lines(1, *[b"{}"] * 9))[0] == "1 added, 0 already here, 9 skipped."


def test_records_are_imported_in_batches_and_in_order(lines, small_batches):
    assert run(lines(10))[0] == "10 added, 0 already here, 0 skipped."

    assert titles() == list("0123456789")


def test_worker_processes_convert_records_to_the_same_drawings(lines, small_batches, monkeypatch):
    source = lines(30, b"{}")
    run(source)
    here = snapshot()
    Drawing.objects.all().delete()
    monkeypatch.setattr(convert, "LOCAL_CHUNKS", 1)

    summary, complaints = run(source)

    assert summary == "30 added, 0 already here, 1 skipped."
    assert complaints.startswith("line 31: ")
    assert snapshot() == here


def test_a_stopped_import_keeps_whole_batches_and_can_be_resumed(lines, small_batches, monkeypatch):
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


def test_an_import_updates_the_databases_statistics(lines):
    run(lines(20))

    assert planner.known_drawings() == 20


def test_days_with_imported_drawings_lose_their_cached_count(lines):
    DayCount.objects.create(day=date(2017, 3, 2), drawings=0)
    DayCount.objects.create(day=date(2017, 3, 3), drawings=0)

    run(lines(2))

    assert [count.day for count in DayCount.objects.all()] == [date(2017, 3, 3)]


def test_imported_drawings_can_be_found_by_search(client, lines):
    run(lines(1, quickdraw(7, word="walrus")))

    page = client.get("/gallery/?q=walrus").text
    assert Drawing.objects.get(title="walrus").get_absolute_url() in page


def test_imported_drawings_appear_in_the_list_of_changes(client, lines):
    before = timezone.now()

    run(lines(2))

    answer = client.get("/api/v1/drawings", {"updated_since": before.isoformat()}).json()
    assert {drawing["title"] for drawing in answer["drawings"]} == {"0", "1"}


def test_an_import_leaves_other_drawings_alone(make_drawing, lines):
    drawing = make_drawing(title="Mine", submission_key=uuid4())

    run(lines(2))

    assert titles() == ["0", "1", "Mine"]
    assert Drawing.objects.filter(pk=drawing.pk).exists()


def peak_memory(path: Path, count):
    """Returns the peak memory of reading `count` records, in bytes."""
    tracemalloc.start()
    found = formats.open_source(path, None, Options((200, 200)))
    assert sum(1 for _ in found.tasks) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


# --- Memory -------------------------------------------------------------------------------


def test_arrays_are_not_loaded_into_memory_whole(tmp_path):
    images = np.zeros((1500, 200, 200), np.uint8)  # 60 MB
    np.savez_compressed(tmp_path / "a.npz", images=images)
    np.save(tmp_path / "a.npy", images)

    assert peak_memory(tmp_path / "a.npz", 1500) < 20_000_000
    assert peak_memory(tmp_path / "a.npy", 1500) < 20_000_000


def test_long_labels_are_not_loaded_into_memory_whole(tmp_path):
    images = np.zeros((2000, 16, 16), np.uint8)
    np.savez_compressed(tmp_path / "a.npz", images=images, labels=np.zeros(2000, "U4000"))

    assert peak_memory(tmp_path / "a.npz", 2000) < 20_000_000


def test_lines_are_not_loaded_into_memory_whole(lines):
    source = lines(1)
    source.write_bytes(source.read_bytes() * 60_000)  # 15 MB

    assert peak_memory(source, 60_000) < 2_000_000


def test_the_names_in_a_folder_are_not_loaded_into_memory_whole(monkeypatch, tmp_path):
    path = tmp_path / "wall"
    path.mkdir()
    # Faked, as making twenty thousand files would take long.
    names = {"list_names": lambda self: (f"{number}.png" for number in range(20_000))}
    folder = type("Folder", (trees.FolderTree,), {**names, "modified_at": lambda self, name: 0.0})
    monkeypatch.setattr(trees, "FolderTree", folder)
    monkeypatch.setattr(trees, "read_file", lambda tree, name, limit: b"")

    assert peak_memory(path, 20_000) < 500_000


def test_only_a_few_records_are_read_ahead():
    taken = []

    def tasks():
        for number in range(100_000):
            taken.append(number)
            yield bad_record(str(number), "x" * 100_000)

    made = convert.convert_tasks(tasks(), "a")
    next(made)

    assert len(taken) <= 50
