"""The command itself, and this project's own exports, written here by their documented formats."""

import base64
import io
import json
import sys
import tracemalloc
import zipfile
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError
from django.utils import timezone

from drawings.datasets.imports import convert, formats, loader, trees
from drawings.datasets.imports.readers import parquet
from drawings.datasets.imports.records import Options, bad_record
from drawings.imaging import rasteriser
from drawings.imaging.png import png_from_blob
from drawings.models import DayCount, Drawing
from drawings.services import verification
from drawsite.lib.uuid7 import from_milliseconds
from tests.support import documents, planner, samples
from tests.support.import_command import (
    THEN,
    picture,
    quickdraw,
    run,
    snapshot,
    stored,
    titles,
    write_lines,
)

pytestmark = pytest.mark.django_db

DOCUMENT = documents.document(
    documents.LINE,
    documents.stroke((9, 9.25), (40, 12.5), tool="eraser", shade=255),
    documents.fill(2, 3),
    documents.INVERT,
)


def own(number=0, document=None, **values):
    """A record of an export, by the names that ImageFolder has; with its field and strokes."""
    field = picture(number) if document is None else rasteriser.rasterise(document)
    height, width = field.shape
    created_at = THEN + timedelta(seconds=number, microseconds=number)
    return {
        "id": str(from_milliseconds(1_614_000_000_000 + number, number)),
        "label": f"Nr {number} – “ß”, = 'x'",
        "artist": "Ada & Bo" if number % 2 else "",
        "colormap": ["gray", "viridis", "twilight"][number % 3],
        "width": width,
        "height": height,
        "vmin": number % 5,
        "vmax": 255 - number % 7,
        "created_at": created_at,
        "field": field,
        "strokes": document,
        **values,
    }


RECORDS = [own(number, DOCUMENT if number % 3 == 1 else None) for number in range(7)]


def write_npz(path, records):
    height = max((record["field"].shape[0] for record in records), default=16)
    width = max((record["field"].shape[1] for record in records), default=16)
    images = np.full((len(records), height, width), 255, np.uint8)
    for image, record in zip(images, records, strict=True):
        image[: record["height"], : record["width"]] = record["field"]

    def column(name, dtype):
        return np.array([record[name] for record in records], dtype)

    arrays = {
        "images": images,
        "ids": column("id", "U36"),
        "labels": column("label", "U"),
        "sizes": np.array([(r["height"], r["width"]) for r in records], np.uint16).reshape(-1, 2),
        "splits": np.full(len(records), "train", "U10"),
        "artists": column("artist", "U"),
        "colormaps": column("colormap", "U"),
        "limits": np.array([(r["vmin"], r["vmax"]) for r in records], np.uint8).reshape(-1, 2),
        "created_at": np.array(
            [r["created_at"].replace(tzinfo=None) for r in records], "datetime64[us]"
        ),
        "card": np.array("A card"),
    }
    if any("status" in record for record in records):
        arrays["statuses"] = column("status", "U")
    np.savez_compressed(path, **arrays)
    return path


def said(record, *left_out):
    """What is not pixels of a record, as JSON has it."""
    values = {**record, "created_at": record["created_at"].isoformat(), "split": "train"}
    return {name: value for name, value in values.items() if name not in ("field", *left_out)}


def write_folder(path, records):
    (path / "train/a-label").mkdir(parents=True)
    (path / "README.md").write_text("A card")
    lines = []
    for record in records:
        name = f"a-label/{record['id']}.png"
        (path / "train" / name).write_bytes(samples.png(record["field"]))
        lines.append({"file_name": name, **said(record, "strokes")})
    write_lines(path / "train/metadata.jsonl", *lines)
    return path


def write_zip(path, records):
    folder = write_folder(path.with_suffix(""), records)
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return path


def line_of(record):
    values = said(record, "id", "label", "created_at")
    drawing = [
        [operation["x"], operation["y"], operation["t"]]
        for operation in (record["strokes"] or {"operations": []})["operations"]
        if operation["tool"] == "pen"
    ]
    return {
        "key_id": record["id"],
        "word": record["label"],
        "countrycode": "",
        "timestamp": record["created_at"].isoformat(),
        "recognized": True,
        "drawing": drawing,
        **values,
        "image": base64.b64encode(samples.png(record["field"])).decode(),
    }


def write_ndjson(path, records):
    return write_lines(path, *map(line_of, records))


def table_of(records):
    rows = [
        {
            "image": {"bytes": samples.png(record["field"]), "path": f"{record['id']}.png"},
            **{name: value for name, value in record.items() if name not in ("field", "strokes")},
            "split": "train",
            "strokes": record["strokes"] and json.dumps(record["strokes"]),
        }
        for record in records
    ]
    fields = [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        *((name, pa.string()) for name in ("id", "label", "artist", "colormap")),
        *((name, pa.int32()) for name in ("width", "height", "vmin", "vmax")),
        ("created_at", pa.timestamp("us", "UTC")),
        ("split", pa.string()),
        ("strokes", pa.string()),
    ]
    if any("status" in record for record in records):
        fields.append(("status", pa.string()))
    return pa.Table.from_pylist(rows, pa.schema(fields))


def write_parquet(path, records):
    (path / "data").mkdir(parents=True)
    (path / "README.md").write_text("A card")
    half = len(records) // 2
    pq.write_table(table_of(records[:half]), path / "data/test-00000.parquet")
    pq.write_table(table_of(records[half:]), path / "data/train-00000.parquet", row_group_size=2)
    return path


def write_parquet_file(path, records):
    pq.write_table(table_of(records), path)
    return path


WRITERS = {
    "wall.npz": write_npz,
    "wall.zip": write_zip,
    "wall": write_folder,
    "wall.ndjson": write_ndjson,
    "parquet": write_parquet,
    "wall.parquet": write_parquet_file,
}
WITHOUT_STROKES = {"wall.npz", "wall.zip", "wall"}


@pytest.fixture(params=WRITERS)
def name(request):
    """Of an export; what is written there is in its format."""
    return request.param


@pytest.fixture
def write(name, tmp_path):
    def write(*records):
        return WRITERS[name](tmp_path / name, records)

    return write


# --- Own exports -----------------------------------------------------------------------------


def test_an_export_comes_back_as_it_was(write, name):
    assert run(write(*RECORDS)) == ("7 added, 0 already here, 0 skipped.", "")

    for drawing, record in zip(stored(), RECORDS, strict=True):
        assert str(drawing.id) == record["id"]
        assert np.array_equal(drawing.field, record["field"])
        assert (drawing.title, drawing.artist) == (record["label"], record["artist"])
        assert (drawing.colormap, drawing.vmin, drawing.vmax, drawing.created_at) == tuple(
            record[key] for key in ("colormap", "vmin", "vmax", "created_at")
        )
        assert (drawing.status, drawing.submission_key) == ("published", None)
        assert drawing.strokes_agree is None
        if record["strokes"] and name not in WITHOUT_STROKES:
            assert drawing.document == DOCUMENT
            assert verification.verify_strokes(drawing, seconds=10)
        else:
            assert drawing.strokes is None


def test_an_export_that_comes_again_adds_nothing(write):
    source = write(*RECORDS)
    run(source)
    before = snapshot()

    assert run(source)[0] == "0 added, 7 already here, 0 skipped."

    assert snapshot() == before


def test_what_was_changed_here_meanwhile_stays(write):
    source = write(*RECORDS)
    run(source)
    Drawing.objects.filter(pk=RECORDS[2]["id"]).update_stamped(title="Another", status="hidden")

    run(source)

    drawing = Drawing.objects.get(pk=RECORDS[2]["id"])
    assert (drawing.title, drawing.status) == ("Another", "hidden")


def test_drawings_of_many_sizes_keep_theirs(write):
    sizes = [(16, 1024), (1024, 16), (200, 200), (16, 16)]
    records = [
        own(number, field=samples.shades(*size), height=size[0], width=size[1])
        for number, size in enumerate(sizes)
    ]

    assert run(write(*records))[0] == "4 added, 0 already here, 0 skipped."

    for drawing, record in zip(stored(), records, strict=True):
        assert np.array_equal(drawing.field, record["field"])


@pytest.mark.parametrize("name", ["wall.zip", "wall.ndjson", "wall.parquet"], indirect=True)
def test_a_picture_stays_the_file_that_it_is(write):
    run(write(*RECORDS))

    for drawing, record in zip(stored(), RECORDS, strict=True):
        png = png_from_blob(bytes(drawing.blob), drawing.height, drawing.width)
        assert png == samples.png(record["field"])


def test_a_picture_that_another_program_has_saved_keeps_its_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "png", samples.encoded)  # with the filters of PNG's lines

    run(write_folder(tmp_path / "wall", RECORDS))

    for drawing, record in zip(stored(), RECORDS, strict=True):
        assert np.array_equal(drawing.field, record["field"])


def test_an_export_of_nothing_is_nothing(tmp_path):
    for name in ("wall.npz", "wall.ndjson", "wall.parquet"):
        assert run(WRITERS[name](tmp_path / name, []))[0] == ("0 added, 0 already here, 0 skipped.")


def test_drawings_keep_their_status(write):
    records = [own(number, status=status) for number, status in enumerate(Drawing.Status.values)]

    run(write(*records))

    assert [drawing.status for drawing in stored()] == Drawing.Status.values


def test_unless_another_is_given(write):
    run(write(own(0, status="hidden"), own(1, status="published")), "--status", "pending")

    assert [drawing.status for drawing in stored()] == ["pending"] * 2


def drawn_on(number, parent, size=None):
    document = documents.document(documents.LINE, paper={"drawing": parent["id"]})
    field = (
        rasteriser.rasterise(document, parent["field"]) if size is None else samples.shades(*size)
    )
    height, width = field.shape
    document |= {"height": height, "width": width}
    return own(number, strokes=document, field=field, height=height, width=width)


PAPER = own(1, DOCUMENT)


def test_a_drawing_keeps_the_one_that_it_was_drawn_on(tmp_path):
    # It comes later: exports are by split.
    records = [drawn_on(2, PAPER), PAPER]

    run(write_ndjson(tmp_path / "wall.ndjson", records))

    child = Drawing.objects.get(pk=records[0]["id"])
    assert str(child.parent_id) == PAPER["id"]
    assert verification.verify_strokes(child, seconds=10)


def test_one_that_was_here_before_will_do(tmp_path):
    run(write_ndjson(tmp_path / "paper.ndjson", [PAPER]))

    run(write_ndjson(tmp_path / "wall.ndjson", [drawn_on(2, PAPER)]))

    assert str(Drawing.objects.latest("id").parent_id) == PAPER["id"]


@pytest.mark.parametrize(
    "records",
    [
        [drawn_on(2, PAPER)],
        [PAPER, drawn_on(2, PAPER, (20, 20))],
        [drawn_on(2, {**PAPER, "id": own(2)["id"]})],
    ],
    ids=["gone", "of another size", "itself"],
)
def test_a_drawing_whose_paper_is_none_comes_in_without_it(tmp_path, records):
    source = write_ndjson(tmp_path / "wall.ndjson", records)

    assert run(source)[0] == f"{len(records)} added, 0 already here, 0 skipped."
    assert Drawing.objects.latest("id").parent_id is None


LONG = "x" * 81
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an id that is none": ({"id": "x" * 36}, "id must be"),
    "a title too long": ({"label": LONG}, "title: "),
    "a title that is no text": ({"label": "a\ud800b"}, "can't use"),
    "NUL in an artist": ({"artist": "a\0b"}, "can't use"),
    "an artist too long": ({"artist": LONG}, "artist: "),
    "an unknown colormap": ({"colormap": "nosuch"}, "colormap: matplotlib has no"),
    "no colormap": ({"colormap": ""}, "colormap: "),
    "limits the wrong way": ({"vmin": 200, "vmax": 100}, "vmin and vmax"),
    "another size": ({"height": 23}, "width and height"),
    "a blank field": ({"field": np.full((24, 20), 9, np.uint8)}, "blank"),
    "an unknown status": ({"status": "nosuch"}, "status: "),
}
# What some formats cannot hold.
UNWRITABLE = {
    ("parquet", "a title that is no text"),
    ("wall.parquet", "a title that is no text"),
    ("wall.npz", "another size"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_record_that_breaks_a_rule_is_named_and_skipped_and_the_others_come_in(write, name, case):
    if (name, case) in UNWRITABLE:
        return
    values, reason = WRONG[case]
    others = {"status": "hidden"} if "status" in values else {}

    summary, complaints = run(write(own(1, **others), own(2, **values), own(3, **others)))

    assert summary == "2 added, 0 already here, 1 skipped."
    assert reason in complaints
    assert Drawing.objects.count() == 2


def with_line(**values):
    return {**line_of(own(2, DOCUMENT)), **values}


def coloured():
    rgb = np.repeat(picture()[..., np.newaxis], 3, axis=2)
    return base64.b64encode(samples.encoded(rgb)).decode()


BAD_DOCUMENT = {**DOCUMENT, "operations": [{"tool": "magic"}]}
BAD_LINES = {
    "no id": (with_line(key_id=None), "id must be"),
    "an id that is a number": (with_line(key_id=7), "id must be"),
    "an id that is a list": (with_line(key_id=[]), "id must be"),
    "no time": (with_line(timestamp=None), "time must be"),
    "a limit that is true": (with_line(vmin=True), "vmin and vmax"),
    "a limit of NaN": (with_line(vmax=float("nan")), "vmin and vmax"),
    "a limit of 1e400": (with_line(vmax=10**400), "vmin and vmax"),
    "a title that is a number": (with_line(word=7), "label must be text"),
    "a status that is a list": (with_line(status=[]), "status must be text"),
    "a picture that is a number": (with_line(image=7), "base64"),
    "a picture that is no base64": (with_line(image="?"), "base64"),
    "a picture that is not ASCII": (with_line(image="ß"), "base64"),
    "a picture that is none": (with_line(image="AAAA"), "grey PNG"),
    "a picture in colours": (with_line(image=coloured()), "grey PNG"),
    "a picture cut short": (with_line(image=with_line()["image"][:100]), "damaged"),
    "strokes that are text": (with_line(strokes="{}"), "object"),
    "strokes with an unknown tool": (with_line(strokes=BAD_DOCUMENT), "tool is not known"),
    "strokes of another size": (with_line(strokes={**DOCUMENT, "width": 65}), "as large as"),
    "strokes on paper that is none": (
        with_line(strokes={**DOCUMENT, "paper": {"image": "AAAA"}}),
        "paper.image",
    ),
    "strokes of NaN": (
        with_line(
            strokes=documents.document(documents.stroke((float("nan"), 1))),
        ),
        "x must be from",
    ),
}


@pytest.mark.parametrize(("line", "reason"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_of_an_export_is_named_and_skipped(tmp_path, line, reason):
    source = write_lines(tmp_path / "wall.ndjson", line_of(own(1)), line, line_of(own(3)))

    summary, complaints = run(source)

    assert summary == "2 added, 0 already here, 1 skipped."
    assert complaints.startswith("line 2: skipped. ")
    assert reason in complaints


def changed(**values):
    """A .npz export with other arrays."""
    out = io.BytesIO()
    write_npz(out, RECORDS)
    with np.load(io.BytesIO(out.getvalue())) as arrays:
        members = {**arrays, **values}
    out = io.BytesIO()
    np.savez(out, **{name: array for name, array in members.items() if array is not None})
    return out.getvalue()


BAD_NPZ = {
    "an array missing": changed(labels=None),
    "an array too short": changed(labels=np.array(["a"])),
    "pickled titles": changed(labels=np.array(["a", 1, None, 2, 3, 4, 5], object)),
    "titles that are numbers": changed(labels=np.arange(7)),
    "times of another unit": changed(created_at=np.zeros(7, "M8[ns]")),
    "images of another type": changed(images=np.zeros((7, 24, 20), np.uint16)),
    "flat images": changed(images=np.zeros((7, 480), np.uint8)),
    "titles too long": changed(labels=np.zeros(7, "U4001")),
    "one id": changed(ids=np.array("a")),
}


@pytest.mark.parametrize("data", BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_npz_that_is_not_as_an_export_is_an_error(tmp_path, data):
    path = tmp_path / "wall.npz"
    path.write_bytes(data)

    with pytest.raises(CommandError):
        run(path)

    assert not Drawing.objects.exists()


def test_a_time_that_is_none_is_named_and_skipped(tmp_path):
    times = np.array(["2021-01-01"] * 7, "M8[us]")
    times[3] = np.datetime64("NaT")
    times[4] = np.datetime64(2**62, "us")
    path = tmp_path / "wall.npz"
    path.write_bytes(changed(created_at=times))

    summary, complaints = run(path)

    assert summary == "5 added, 0 already here, 2 skipped."
    assert complaints.startswith("images[3]: skipped. Its time")


# --- Parquet of others -----------------------------------------------------------------------


def test_parquet_as_hugging_face_has_it_comes_in(tmp_path):
    pictures = [{"bytes": samples.png(picture(number)), "path": None} for number in range(3)]
    table = pa.table({"image": pictures, "label": [7, 2, 1]})
    pq.write_table(table, tmp_path / "train-00000-of-00001.parquet")

    assert run(tmp_path)[0] == "3 added, 0 already here, 0 skipped."

    assert titles() == ["7", "2", "1"]
    assert run(tmp_path)[0] == "0 added, 3 already here, 0 skipped."


BAD_TABLES = {
    "no picture": pa.table({"id": ["a"]}),
    "pictures that are text": pa.table({"image": ["a"], "label": [1]}),
    "pictures that are null": pa.table({"image": [None], "label": [1]}),
    "pictures without bytes": pa.table({"image": [{"path": "a.png"}], "label": [1]}),
    "pictures that are none": pa.table({"image": [{"bytes": b"no"}], "label": [1]}),
    "large pictures": pa.table({"image": [{"bytes": bytes(2_000_001)}], "label": [1]}),
}


@pytest.mark.parametrize("table", BAD_TABLES.values(), ids=BAD_TABLES)
def test_parquet_without_pictures_is_an_error(tmp_path, table):
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(CommandError, match=r"image|can be read"):
        run(tmp_path / "a.parquet")


@pytest.mark.parametrize("part", [slice(None, -9), slice(None, 300), slice(4)])
def test_parquet_that_is_cut_short_is_an_error(tmp_path, part):
    write_parquet_file(tmp_path / "a.parquet", RECORDS)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[part])

    with pytest.raises(CommandError, match="damaged, cut short or not Parquet"):
        run(tmp_path / "a.parquet")


def test_parquet_with_strokes_that_are_none_is_named_and_skipped(tmp_path):
    table = table_of(RECORDS)
    column = table.schema.get_field_index("strokes")
    table = table.set_column(column, "strokes", [["{}", "[" * 5000, None, "Hi", None, None, None]])
    pq.write_table(table, tmp_path / "a.parquet")

    summary, complaints = run(tmp_path / "a.parquet")

    assert summary == "4 added, 0 already here, 3 skipped."
    assert complaints.startswith("a.parquet row 0: skipped. The document must")


def test_parquet_with_too_much_in_a_group_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 1000)

    with pytest.raises(CommandError, match="row group of more than 1,000 bytes"):
        run(write_parquet_file(tmp_path / "a.parquet", RECORDS))


def test_without_pyarrow_it_says_how_to_install_it(tmp_path, monkeypatch):
    source = write_parquet_file(tmp_path / "a.parquet", RECORDS)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(CommandError, match=r"pip install -r requirements-parquet\.txt"):
        run(source)


# --- The command -----------------------------------------------------------------------------


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


# --- Memory ----------------------------------------------------------------------------------


def peak_of(path: Path, count):
    """What reading so many records takes at once, in bytes."""
    tracemalloc.start()
    found = formats.open_source(path, None, Options((200, 200)))
    assert sum(1 for _ in found.tasks) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


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
