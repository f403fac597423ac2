import errno
import io
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from drawings.datasets.exports import image_folder, ndjson, parquet
from drawings.datasets.exports.formats import FORMATS, NOTHING_SELECTED
from drawings.imaging.png import png_from_blob
from drawings.models import Drawing
from tests.support import sample_wall
from tests.support.server import database_url

pytestmark = pytest.mark.django_db

TARGETS = [*(f"wall.{name}" for name in FORMATS), "wall"]


def run(target, **options):
    """Runs the command; returns its last message."""
    out = io.StringIO()
    call_command("export_drawings", target, stdout=out, **options)
    return out.getvalue().strip()


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def wall(make_drawing):
    return sample_wall.fill(make_drawing, 6)


@pytest.fixture
def fail_with(monkeypatch):
    """Makes encoding a drawing fail with a given error, after the first three."""

    def set_error(error):
        calls = []

        def fail(*arguments):
            calls.append(arguments)
            if len(calls) > 3:
                raise error
            return png_from_blob(*arguments)

        for module in (image_folder, ndjson, parquet):
            monkeypatch.setattr(module, "png_from_blob", fail)
        monkeypatch.setattr("drawings.datasets.exports.source.BATCH_ROWS", 2)
        monkeypatch.setattr("drawings.datasets.exports.source.FETCH_ROWS", 1)
        monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 1)

    return set_error


def test_the_export_reports_the_number_of_drawings_in_each_split(wall, tmp_path):
    said = run(tmp_path / "wall.npz")

    assert said == f"6 drawings in {tmp_path / 'wall.npz'}: 6 train."


@pytest.mark.parametrize("target", TARGETS)
def test_an_export_leaves_only_its_target_and_card(wall, tmp_path, target):
    run(tmp_path / target)

    card = {"wall.ndjson": ["wall.ndjson.md"], "wall": [
        "wall/README.md", "wall/data", "wall/data/train-00000.parquet",
    ]}  # fmt: skip
    assert names(tmp_path) == [target, *card.get(target, [])]
    assert (tmp_path / target).stat().st_mode & 0o600 == 0o600


def test_the_format_can_be_given_as_an_option(wall, tmp_path):
    run(tmp_path / "wall.data", format="zip")

    assert zipfile.is_zipfile(tmp_path / "wall.data")


def test_a_target_with_an_unknown_suffix_is_refused(wall, tmp_path):
    with pytest.raises(CommandError, match=r"wall.tar has no suffix of a format \(.npz, "):
        run(tmp_path / "wall.tar")

    assert names(tmp_path) == []


@pytest.mark.parametrize("target", TARGETS)
def test_an_existing_target_is_replaced_only_with_overwrite(wall, tmp_path, target):
    run(tmp_path / target)
    before = names(tmp_path)
    Drawing.objects.filter(pk=wall[0].pk).delete()

    with pytest.raises(CommandError, match=r"already exists\. Use --overwrite"):
        run(tmp_path / target)
    said = run(tmp_path / target, overwrite=True)

    assert said.startswith("5 drawings")
    assert names(tmp_path) == before


def test_an_existing_card_is_ignored_by_a_format_without_one(wall, tmp_path):
    (tmp_path / "wall.csv.md").write_text("mine")

    run(tmp_path / "wall.csv")

    assert (tmp_path / "wall.csv.md").read_text() == "mine"


def test_the_card_is_moved_into_place_after_the_drawings(wall, tmp_path, monkeypatch):
    replace, made = Path.replace, []

    def note(path, to):
        made.append(to.name)
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", note)

    run(tmp_path / "wall.ndjson")

    assert made == ["wall.ndjson", "wall.ndjson.md"]


@pytest.mark.parametrize("target", ["wall.npz", "wall.zip"])
def test_temporary_files_are_on_the_targets_disk(wall, tmp_path, monkeypatch, target):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    run(tmp_path / target)

    assert names(tmp_path) == [target]


def test_a_folder_that_is_not_an_export_is_never_replaced(wall, tmp_path):
    folder = tmp_path / "home"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "thesis.txt").write_text("years of work")

    for target in (folder, folder.with_suffix("")):
        with pytest.raises(CommandError, match="not an export of this format"):
            run(target, overwrite=True)
    with pytest.raises(CommandError, match="not an export of this format"):
        run(folder, format="zip", overwrite=True)

    assert names(folder) == ["data", "data/thesis.txt"]


def test_an_empty_selection_is_reported_and_writes_nothing(wall, tmp_path):
    with pytest.raises(CommandError, match=NOTHING_SELECTED):
        run(tmp_path / "wall.npz", artist="Nobody")

    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"since": "yesterday"}, "--since: Enter a day as YYYY-MM-DD."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "--until: This day is before"),
        ({"cmap": "pink elephants"}, "--cmap: There is no colormap of this name."),
        ({"artist": "a" * 41}, "--artist: Ensure this value has at most 40"),
        ({"q": "a\0b"}, "--q: This contains a character we can't use."),
    ],
)
def test_an_invalid_option_is_named(wall, tmp_path, options, sentence):
    with pytest.raises(CommandError) as refusal:
        run(tmp_path / "wall.npz", **options)

    assert sentence in str(refusal.value)


def test_drawings_can_be_selected_by_first_and_last_day(make_drawing, tmp_path):
    wall = sample_wall.fill(make_drawing, 40)  # 12 hours of the first day, a day, and the rest
    run(tmp_path / "wall.npz", since="2026-03-02", until="2026-03-02")

    with np.load(tmp_path / "wall.npz", allow_pickle=False) as arrays:
        assert list(arrays["ids"]) == [str(drawing.id) for drawing in wall[12:36]]


def test_any_day_may_be_the_first_or_the_last(wall, tmp_path):
    run(tmp_path / "wall.npz", since="0001-01-01", until="9999-12-31")

    with np.load(tmp_path / "wall.npz", allow_pickle=False) as arrays:
        assert len(arrays["ids"]) == len(wall)


@pytest.mark.parametrize("target", ["wall.zip", "wall.ndjson", "wall.parquet", "wall"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_export_that_fails_leaves_the_target_as_it_was(
    wall, tmp_path, fail_with, target, overwrite
):
    if overwrite:
        run(tmp_path / target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    fail_with(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    with pytest.raises(CommandError, match=r"Nothing was written. The disk is full"):
        run(tmp_path / target, overwrite=overwrite)

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert bool(names(tmp_path)) == overwrite


def test_an_export_stopped_with_ctrl_c_leaves_no_files(wall, tmp_path, fail_with):
    fail_with(KeyboardInterrupt())

    with pytest.raises(CommandError, match=r"Stopped: nothing was written.") as stopped:
        run(tmp_path / "wall")

    assert stopped.value.returncode == 130
    assert names(tmp_path) == []


def test_a_damaged_drawing_is_exported_as_white_and_named(wall, tmp_path, caplog):
    Drawing.objects.filter(pk=wall[2].pk).update(blob=b"no blob")

    err = io.StringIO()
    call_command("export_drawings", tmp_path / "wall.npz", stderr=err, verbosity=0)

    with np.load(tmp_path / "wall.npz", allow_pickle=False) as data:
        at = data["ids"].tolist().index(str(wall[2].pk))
        assert (data["images"][at] == 255).all()
        assert not (data["images"] == 255).all(axis=(1, 2))[np.arange(len(wall)) != at].any()
        assert f"`{wall[2].pk}` is damaged" in str(data["card"])
    assert f"The drawing {wall[2].pk} is damaged" in err.getvalue()
    assert f"The drawing {wall[2].pk} is damaged: its blob is not a" in caplog.text


def test_a_missing_target_folder_is_reported(wall, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        run(tmp_path / "nowhere" / "wall.npz")


def test_without_pyarrow_only_parquet_exports_fail(wall, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)

    with pytest.raises(CommandError, match=r"pip install -r requirements-parquet.txt"):
        run(tmp_path / "wall")
    run(tmp_path / "wall.zip")

    assert names(tmp_path) == ["wall.zip"]


def test_the_progress_bar_reaches_its_total(wall, tmp_path, monkeypatch):
    shown = []

    class Bar:
        n = 0

        def __init__(self, **options):
            shown.append(options["total"])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            shown.append(self.n)

        def update(self, more):
            self.n += more

    monkeypatch.setattr("drawings.management.commands.export_drawings.tqdm", Bar)
    for target in TARGETS:
        run(tmp_path / target)

    assert shown == [6, 6] * len(TARGETS)


def test_an_interrupted_export_process_leaves_no_files(transactional_db, make_drawing, tmp_path):
    """Sends SIGINT to a real process."""
    sample_wall.fill(make_drawing, 3)
    slow = (
        "import signal, sys, time; from drawings.imaging import png;"
        # SIGINT is ignored when the tests run in the background.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "png.png_from_blob = lambda *a: (print('at work', flush=True), time.sleep(60));"
        "from django.core.management import execute_from_command_line;"
        "execute_from_command_line(['manage.py', 'export_drawings', sys.argv[1]])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, tmp_path / "wall.zip"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "drawsite.settings",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        assert len(names(tmp_path)) == 1
        assert "wall.zip" not in names(tmp_path)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Stopped: nothing was written." in said
    assert names(tmp_path) == []
