"""Writes the site's own export formats, without the site."""

import base64
import json
import zipfile
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from drawings.imaging import rasteriser
from drawsite.lib.uuid7 import from_milliseconds
from tests.support import documents, samples
from tests.support.import_command import (
    THEN,
    picture,
    write_lines,
)

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
