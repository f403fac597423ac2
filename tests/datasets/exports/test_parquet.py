"""Parquet, read back with the usual libraries."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from drawings.datasets.splits import SPLITS, split_of
from tests.support import samples
from tests.support.sample_wall import load_with_huggingface, of_split

pytestmark = pytest.mark.django_db

grey = partial(samples.decoded, mode="L")


def test_hugging_face_datasets_loads_the_parquet_export(wall, export, tmp_path):
    loaded = load_with_huggingface(tmp_path, export("wall"))

    assert loaded.keys() == set(SPLITS)
    for split, rows in loaded.items():
        for row, drawing in zip(rows, of_split(wall, split), strict=True):
            assert (row["id"], row["label"]) == (str(drawing.id), drawing.title)
            assert np.array_equal(row["image"], drawing.field)


def test_pandas_and_pyarrow_read_the_parquet_export(wall, export):
    target = export("wall")
    table = pd.read_parquet(target / "data").sort_values("id")

    assert list(table["id"]) == [str(drawing.id) for drawing in wall]
    assert list(table["label"]) == [drawing.title for drawing in wall]
    assert list(table["created_at"]) == [drawing.created_at for drawing in wall]
    assert list(table["vmax"]) == [drawing.vmax for drawing in wall]
    for image, drawing in zip(table["image"], wall, strict=True):
        assert image["path"] == f"{drawing.id}.png"
        assert np.array_equal(grey(image["bytes"]), drawing.field)
    with_strokes = [drawing for drawing in wall if drawing.strokes]
    texts = [text for text in table["strokes"] if isinstance(text, str)]
    assert [json.loads(text) for text in texts] == [each.document for each in with_strokes]
    schema = parquet.read_schema(target / "data" / "train-00000.parquet")
    assert {field.name: str(field.type) for field in schema} == {
        "image": "struct<bytes: binary, path: string>",
        **dict.fromkeys(("id", "label", "artist", "colormap", "split", "strokes"), "string"),
        **dict.fromkeys(("width", "height", "vmin", "vmax"), "int32"),
        "created_at": "timestamp[us, tz=UTC]",
    }


def test_a_large_split_is_written_as_several_shards(wall, export, monkeypatch):
    monkeypatch.setattr("drawings.datasets.exports.parquet.ROW_GROUP_ROWS", 5)
    monkeypatch.setattr("drawings.datasets.exports.parquet.SHARD_BYTES", 1)
    monkeypatch.setattr("drawings.datasets.exports.source.BATCH_ROWS", 7)
    monkeypatch.setattr("drawings.datasets.exports.source.FETCH_ROWS", 1)

    data = export("wall") / "data"

    names = sorted(path.name for path in data.glob("train-*"))
    assert names == [f"train-{n:05}.parquet" for n in range(len(names))]
    assert len(names) > 2
    ids = [each for name in names for each in parquet.read_table(data / name)["id"].to_pylist()]
    assert ids == [str(drawing.id) for drawing in of_split(wall, "train")]


def test_a_single_parquet_file_has_all_splits_in_the_order_of_the_ids(wall, export):
    table = parquet.read_table(export("wall.parquet"))

    assert table["id"].to_pylist() == [str(drawing.id) for drawing in wall]
    assert table["split"].to_pylist() == [split_of(drawing.id) for drawing in wall]
