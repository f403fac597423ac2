"""Every format but Parquet, read back with the usual libraries."""

import base64
import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest
import yaml
from pyarrow import parquet

from drawings.datasets.exports import dataset_card, image_folder, ndjson
from drawings.datasets.exports.csv import escape_formula
from drawings.datasets.exports.source import Source
from drawings.datasets.splits import SPLITS, split_of
from drawings.imaging import strokes
from drawings.imaging.png import png_chunk
from drawings.queries.filters import DrawingFilter
from tests.support import documents, sample_wall, samples
from tests.support.sample_wall import load_with_huggingface, of_split

pytestmark = pytest.mark.django_db

grey = partial(samples.decoded, mode="L")


def front_matter(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


# --- NumPy --------------------------------------------------------------------------------


def test_npz_has_arrays_that_are_aligned_with_the_ids(wall, export):
    with np.load(export("wall.npz"), allow_pickle=False) as arrays:
        loaded = dict(arrays)

    assert list(loaded["ids"]) == [str(drawing.id) for drawing in wall]
    assert list(loaded["labels"]) == [drawing.title for drawing in wall]
    assert list(loaded["artists"]) == [drawing.artist for drawing in wall]
    assert list(loaded["colormaps"]) == [drawing.colormap for drawing in wall]
    assert list(loaded["splits"]) == [split_of(drawing.id) for drawing in wall]
    assert loaded["limits"].tolist() == [[drawing.vmin, drawing.vmax] for drawing in wall]
    assert loaded["sizes"].tolist() == [[drawing.height, drawing.width] for drawing in wall]
    times = [time.replace(tzinfo=UTC) for time in loaded["created_at"].tolist()]
    assert times == [drawing.created_at for drawing in wall]
    assert "statuses" not in loaded
    assert {name: array.dtype.str for name, array in loaded.items() if name != "card"} == {
        "images": "|u1",
        "sizes": "<u2",
        "limits": "|u1",
        "created_at": "<M8[us]",
        "ids": "<U36",
        "labels": "<U74",
        "artists": "<U6",
        "colormaps": "<U7",
        "splits": "<U10",
    }


def test_npz_pads_smaller_drawings_with_white(wall, export):
    with np.load(export("wall.npz"), allow_pickle=False) as arrays:
        images = arrays["images"]

    sizes = [(drawing.height, drawing.width) for drawing in wall]
    assert len(set(sizes)) > 5
    assert images.shape == (len(wall), *np.max(sizes, axis=0))
    for image, drawing in zip(images, wall, strict=True):
        paper = np.full(images.shape[1:], 255, np.uint8)
        paper[: drawing.height, : drawing.width] = drawing.field
        assert np.array_equal(image, paper)


def test_npz_of_drawings_without_title_or_artist_can_be_read(make_drawing, export):
    make_drawing()
    with np.load(export("wall.npz"), allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == arrays["artists"].tolist() == [""]


# --- ImageFolder --------------------------------------------------------------------------


def test_hugging_face_datasets_loads_the_zip_as_an_image_folder(wall, export, tmp_path):
    with zipfile.ZipFile(export("wall.zip")) as archive:
        archive.extractall(tmp_path / "wall")

    loaded = load_with_huggingface(tmp_path, "imagefolder", tmp_path / "wall")

    assert loaded.keys() == set(SPLITS)
    for split, rows in loaded.items():
        by_id = {row["id"]: row for row in rows}
        drawings = of_split(wall, split)
        assert by_id.keys() == {str(drawing.id) for drawing in drawings}
        for drawing in drawings:
            row = by_id[str(drawing.id)]
            assert np.array_equal(row["image"], drawing.field)
            assert (row["label"], row["artist"]) == (drawing.title, drawing.artist)


def test_zip_describes_every_image_in_its_metadata(wall, export):
    with zipfile.ZipFile(export("wall.zip")) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for split in SPLITS:
            drawings = of_split(wall, split)
            lines = archive.read(f"{split}/metadata.jsonl").decode().splitlines()
            for line, drawing in zip(lines, drawings, strict=True):
                row = json.loads(line)
                path = f"{split}/{row.pop('file_name')}"
                assert row == {
                    "id": str(drawing.id),
                    "label": drawing.title,
                    "artist": drawing.artist,
                    "colormap": drawing.colormap,
                    "width": drawing.width,
                    "height": drawing.height,
                    "vmin": drawing.vmin,
                    "vmax": drawing.vmax,
                    "created_at": drawing.created_at.isoformat(timespec="microseconds"),
                    "split": split,
                }
                assert path == f"{split}/{image_folder.folder_name(drawing.title)}/{drawing.id}.png"
                png = archive.read(path)
                assert png_chunk(b"IDAT", bytes(drawing.blob)) in png
                assert np.array_equal(grey(png), drawing.field)
                names.remove(path)
        assert names == {"README.md", *(f"{split}/metadata.jsonl" for split in SPLITS)}


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("", "untitled"),
        ("🦊 !?", "untitled"),
        ("Red  Fox", "red-fox"),
        ("../../etc/passwd", "etc-passwd"),
        ("/", "untitled"),
        ("CON", "con-"),
        ("Łódź", "łódź"),
        ("a" * 39 + " b", "a" * 39),
        ("x" * 80, "x" * 40),
    ],
)
def test_a_folders_name_is_safe_whatever_the_title(title, folder):
    assert image_folder.folder_name(title) == folder


def test_zip_has_no_metadata_for_a_split_without_drawings(make_drawing, export):
    make_drawing(id=samples.NO_ID)

    with zipfile.ZipFile(export("wall.zip")) as archive:
        assert [name for name in archive.namelist() if "metadata" in name] == [
            "train/metadata.jsonl"
        ]


# --- Quick, Draw! -------------------------------------------------------------------------


def test_ndjson_has_the_strokes_in_quick_draw_format_and_the_pixels(wall, export):
    lines = export("wall.ndjson").read_text().splitlines()

    for line, drawing in zip(lines, wall, strict=True):
        row = json.loads(line)
        assert row["key_id"] == str(drawing.id)
        assert (row["word"], row["artist"]) == (drawing.title, drawing.artist)
        assert (row["countrycode"], row["recognized"]) == ("", True)
        assert datetime.fromisoformat(row["timestamp"]) == drawing.created_at
        assert (row["width"], row["height"]) == (drawing.width, drawing.height)
        assert (row["vmin"], row["vmax"]) == (drawing.vmin, drawing.vmax)
        assert (row["colormap"], row["split"]) == (drawing.colormap, split_of(drawing.id))
        assert np.array_equal(grey(base64.b64decode(row["image"])), drawing.field)
        if drawing.strokes is None:
            assert (row["drawing"], row["strokes"]) == ([], None)
        else:
            assert row["strokes"] == drawing.document
            [stroke] = row["drawing"]
            first = drawing.document["operations"][0]
            assert stroke == [[64 - x for x in first["x"]], first["y"], first["t"]]


def test_ndjson_has_its_card_beside_it(wall, export):
    target = export("wall.ndjson")

    text = target.with_name("wall.ndjson.md").read_text()
    assert "40 drawings" in text
    assert "| `key_id` |" in text


def test_the_ink_strokes_are_those_not_cleared_later():
    first, second = documents.stroke((1, 2)), documents.stroke((3, 4), (5, 6))
    eraser = documents.stroke((1, 1), tool="eraser", shade=255)
    done = (first, documents.CLEAR, second, documents.INVERT, documents.flip("vertical"), eraser)

    drawn = ndjson.ink_strokes(documents.document(*done, width=64, height=48))

    assert drawn == [[[3, 5], [44, 42], [2, 2]]]


def test_strokes_stored_with_line_breaks_are_exported_on_one_line(make_drawing, export):
    text = json.dumps(documents.document(documents.LINE), indent=1)
    packed = strokes.pack_text(text.replace("\n", "\r\n"))
    make_drawing(strokes=packed, strokes_agree=True)

    [line] = export("wall.ndjson").read_text().splitlines()

    assert json.loads(line)["strokes"] == json.loads(text)


def test_only_verified_strokes_are_exported(make_drawing, export):
    packed = strokes.pack(documents.document(documents.LINE))
    make_drawing(strokes=packed, strokes_agree=False)
    make_drawing(strokes=packed, strokes_agree=None)
    make_drawing(strokes=packed[:-5], strokes_agree=True)

    rows = [json.loads(line) for line in export("wall.ndjson").read_text().splitlines()]

    assert [row["strokes"] for row in rows] == [None] * 3
    assert [row["drawing"] for row in rows] == [[]] * 3
    table = parquet.read_table(export("wall.parquet"))
    assert table["strokes"].to_pylist() == [None] * 3


# --- CSV ----------------------------------------------------------------------------------


def test_csv_has_the_metadata_without_pixels(wall, export):
    rows = list(csv.DictReader(io.StringIO(export("wall.csv").read_text(), newline="")))

    for row, drawing in zip(rows, wall, strict=True):
        assert row == {
            "id": str(drawing.id),
            "title": escape_formula(drawing.title),
            "artist": escape_formula(drawing.artist),
            "colormap": drawing.colormap,
            "width": str(drawing.width),
            "height": str(drawing.height),
            "vmin": str(drawing.vmin),
            "vmax": str(drawing.vmax),
            "created_at": drawing.created_at.isoformat(timespec="microseconds"),
            "split": split_of(drawing.id),
        }


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_escapes_formulas_for_spreadsheets(sign):
    assert escape_formula(f"{sign}1+1") == f"'{sign}1+1"
    assert escape_formula(f"1{sign}1") == f"1{sign}1"


# --- Status, and the card -----------------------------------------------------------------


def test_every_format_has_the_status_when_one_is_selected(make_drawing, export):
    sample_wall.fill(make_drawing, 5, status="hidden")

    with np.load(export("wall.npz", status="hidden"), allow_pickle=False) as arrays:
        assert arrays["statuses"].tolist() == ["hidden"] * 5
    with zipfile.ZipFile(export("wall.zip", status="hidden")) as archive:
        line = archive.read("train/metadata.jsonl").splitlines()[0]
        assert json.loads(line)["status"] == "hidden"
    line = export("wall.ndjson", status="hidden").read_text().splitlines()[0]
    assert json.loads(line)["status"] == "hidden"
    table = parquet.read_table(export("wall.parquet", status="hidden"))
    assert table["status"].to_pylist() == ["hidden"] * 5
    assert export("wall.csv", status="hidden").read_text().splitlines()[1].endswith(",hidden")


def test_every_card_describes_the_dataset(wall, export):
    with np.load(export("wall.npz"), allow_pickle=False) as arrays:
        cards = [str(arrays["card"])]
    with zipfile.ZipFile(export("wall.zip")) as archive:
        cards.append(archive.read("README.md").decode())
    cards.append((export("wall") / "README.md").read_text())

    for text in cards:
        head, body = front_matter(text)
        assert head["size_categories"] == ["n<1K"]
        assert "license" not in head
        assert "40 drawings" in body
        assert "0 is black ink, 255 is white paper" in body
        for split in SPLITS:
            assert f"| {split} | {len(of_split(wall, split))} |" in body
        assert "## Licence" in body
    head, _ = front_matter(cards[-1])
    assert head["configs"][0]["data_files"] == [
        {"split": split, "path": f"data/{split}-*.parquet"} for split in SPLITS
    ]


def test_a_card_lists_no_files_for_a_split_without_drawings(make_drawing, export):
    make_drawing(id=samples.NO_ID)

    head, _ = front_matter((export("wall") / "README.md").read_text())

    assert [each["split"] for each in head["configs"][0]["data_files"]] == ["train"]


def test_a_card_quotes_the_selection_safely():
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    source = Source(
        DrawingFilter.published(q="``<b>` fox", artist="Ada", cmap="gray", since=begin, until=begin)
    )
    source.counts.update({"train": 12_345})

    head, body = front_matter(dataset_card.render_card(source, layout="", fields={}, loading=""))

    assert head["size_categories"] == ["10K<n<100K"]
    assert "- matching the search ``` ``<b>` fox ```\n" in body
    assert "- by the artist ` Ada `\n" in body
    assert "- sent at or after ` 2026-03-01 00:00:00+00:00 `\n" in body
