"""Parquet files from other projects."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError

from drawings.datasets.imports.readers import parquet
from tests.support import samples
from tests.support.import_command import (
    picture,
    run,
    titles,
)
from tests.support.own_exports import DOCUMENT, own, table_of, write_parquet_file

pytestmark = pytest.mark.django_db

RECORDS = [own(number, DOCUMENT if number % 3 == 1 else None) for number in range(7)]


def test_parquet_in_the_layout_of_hugging_face_is_imported(tmp_path):
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
def test_parquet_without_readable_images_is_an_error(tmp_path, table):
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(CommandError, match=r"image|can be read"):
        run(tmp_path / "a.parquet")


@pytest.mark.parametrize("part", [slice(None, -9), slice(None, 300), slice(4)])
def test_truncated_parquet_is_an_error(tmp_path, part):
    write_parquet_file(tmp_path / "a.parquet", RECORDS)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[part])

    with pytest.raises(CommandError, match="damaged, cut short or not Parquet"):
        run(tmp_path / "a.parquet")


def test_parquet_rows_with_invalid_strokes_are_named_and_skipped(tmp_path):
    table = table_of(RECORDS)
    column = table.schema.get_field_index("strokes")
    table = table.set_column(column, "strokes", [["{}", "[" * 5000, None, "Hi", None, None, None]])
    pq.write_table(table, tmp_path / "a.parquet")

    summary, complaints = run(tmp_path / "a.parquet")

    assert summary == "4 added, 0 already here, 3 skipped."
    assert complaints.startswith("a.parquet row 0: skipped. The document must")


def test_parquet_with_too_large_a_row_group_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 1000)

    with pytest.raises(CommandError, match="row group of more than 1,000 bytes"):
        run(write_parquet_file(tmp_path / "a.parquet", RECORDS))


def test_without_pyarrow_the_import_says_how_to_install_it(tmp_path, monkeypatch):
    source = write_parquet_file(tmp_path / "a.parquet", RECORDS)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(CommandError, match=r"pip install -r requirements-parquet\.txt"):
        run(source)
