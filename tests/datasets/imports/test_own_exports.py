"""Importing the site's own exports."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError

from drawings.imaging import rasteriser
from drawings.imaging.png import png_from_blob
from drawings.models import Drawing
from drawings.services import verification
from tests.support import documents, samples
from tests.support.import_command import (
    picture,
    run,
    snapshot,
    stored,
    write_lines,
)
from tests.support.own_exports import (
    DOCUMENT,
    WRITERS,
    line_of,
    own,
    write_folder,
    write_ndjson,
    write_npz,
)

pytestmark = pytest.mark.django_db

RECORDS = [own(number, DOCUMENT if number % 3 == 1 else None) for number in range(7)]

WITHOUT_STROKES = {"wall.npz", "wall.zip", "wall"}


@pytest.fixture(params=WRITERS)
def name(request):
    """The file name of an export, which selects its format."""
    return request.param


@pytest.fixture
def write(name, tmp_path):
    def write(*records):
        return WRITERS[name](tmp_path / name, records)

    return write


def test_an_export_is_imported_unchanged(write, name):
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


def test_importing_an_export_again_adds_nothing(write):
    source = write(*RECORDS)
    run(source)
    before = snapshot()

    assert run(source)[0] == "0 added, 7 already here, 0 skipped."

    assert snapshot() == before


def test_importing_an_export_again_keeps_later_changes(write):
    source = write(*RECORDS)
    run(source)
    Drawing.objects.filter(pk=RECORDS[2]["id"]).update_stamped(title="Another", status="hidden")

    run(source)

    drawing = Drawing.objects.get(pk=RECORDS[2]["id"])
    assert (drawing.title, drawing.status) == ("Another", "hidden")


def test_drawings_of_many_sizes_keep_their_sizes(write):
    sizes = [(16, 1024), (1024, 16), (200, 200), (16, 16)]
    records = [
        own(number, field=samples.shades(*size), height=size[0], width=size[1])
        for number, size in enumerate(sizes)
    ]

    assert run(write(*records))[0] == "4 added, 0 already here, 0 skipped."

    for drawing, record in zip(stored(), records, strict=True):
        assert np.array_equal(drawing.field, record["field"])


@pytest.mark.parametrize("name", ["wall.zip", "wall.ndjson", "wall.parquet"], indirect=True)
def test_an_imported_image_gives_the_same_png_again(write):
    run(write(*RECORDS))

    for drawing, record in zip(stored(), RECORDS, strict=True):
        png = png_from_blob(bytes(drawing.blob), drawing.height, drawing.width)
        assert png == samples.png(record["field"])


def test_an_image_saved_by_another_program_keeps_its_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "png", samples.encoded)  # Pillow uses PNG's line filters

    run(write_folder(tmp_path / "wall", RECORDS))

    for drawing, record in zip(stored(), RECORDS, strict=True):
        assert np.array_equal(drawing.field, record["field"])


def test_an_empty_export_adds_nothing(tmp_path):
    for name in ("wall.npz", "wall.ndjson", "wall.parquet"):
        assert run(WRITERS[name](tmp_path / name, []))[0] == ("0 added, 0 already here, 0 skipped.")


def test_imported_drawings_keep_their_status(write):
    records = [own(number, status=status) for number, status in enumerate(Drawing.Status.values)]

    run(write(*records))

    assert [drawing.status for drawing in stored()] == Drawing.Status.values


def test_a_status_given_as_an_option_overrides_the_exported_one(write):
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


def test_a_drawing_keeps_its_base_drawing_from_the_same_file(tmp_path):
    # The base drawing may come later in the file, as exports are sorted by split.
    records = [drawn_on(2, PAPER), PAPER]

    run(write_ndjson(tmp_path / "wall.ndjson", records))

    child = Drawing.objects.get(pk=records[0]["id"])
    assert str(child.parent_id) == PAPER["id"]
    assert verification.verify_strokes(child, seconds=10)


def test_a_drawing_keeps_a_base_drawing_imported_earlier(tmp_path):
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
def test_a_drawing_whose_base_drawing_is_unusable_is_imported_without_it(tmp_path, records):
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
    "an unknown colormap": ({"colormap": "nosuch"}, "colormap: There is no colormap"),
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
def test_an_invalid_record_is_named_and_skipped_and_the_others_are_imported(write, name, case):
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
    "strokes of another size": (
        with_line(strokes={**DOCUMENT, "width": 65}),
        "must have the same size",
    ),
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
    """An .npz export with some arrays replaced."""
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
def test_an_npz_in_another_layout_than_an_export_is_an_error(tmp_path, data):
    path = tmp_path / "wall.npz"
    path.write_bytes(data)

    with pytest.raises(CommandError):
        run(path)

    assert not Drawing.objects.exists()


def test_a_record_with_an_invalid_time_is_named_and_skipped(tmp_path):
    times = np.array(["2021-01-01"] * 7, "M8[us]")
    times[3] = np.datetime64("NaT")
    times[4] = np.datetime64(2**62, "us")
    path = tmp_path / "wall.npz"
    path.write_bytes(changed(created_at=times))

    summary, complaints = run(path)

    assert summary == "5 added, 0 already here, 2 skipped."
    assert complaints.startswith("images[3]: skipped. Its time")
