"""Run import_drawings, and write files for it to read."""

import io
import json
import os
import zipfile
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from drawings.imaging import pixels
from drawings.models import Drawing
from tests.support import samples

THEN = datetime(2021, 3, 4, 5, 6, 7, 891_234, tzinfo=UTC)
COMPARED = [
    "id",
    "width",
    "height",
    "vmin",
    "vmax",
    "title",
    "artist",
    "colormap",
    "status",
    "created_at",
]


def run(source, *arguments):
    """Run the command; its output, stripped, and its error output."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_drawings", str(source), *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def run_to_break(source, *arguments):
    """Run the command on a source that breaks off; its output, stripped, and its error."""
    out = io.StringIO()
    with pytest.raises(CommandError, match="was not read to its end") as stop:
        call_command("import_drawings", str(source), *map(str, arguments), stdout=out)
    return out.getvalue().strip(), str(stop.value)


def stored():
    """All drawings, oldest first."""
    return list(Drawing.objects.order_by("id"))


def titles():
    return [drawing.title for drawing in stored()]


def snapshot():
    """Everything that an export contains of each drawing, by its id."""
    return {
        drawing.id: (
            [getattr(drawing, name) for name in COMPARED],
            drawing.field.tobytes(),
            drawing.document if drawing.strokes else None,
        )
        for drawing in stored()
    }


def picture(number=0, height=24, width=20):
    """A field that is different for each number."""
    field = np.full((height, width), pixels.WHITE, np.uint8)
    field[2:10, 3:9] = 0
    field[-1, -4:] = np.frombuffer(number.to_bytes(4), np.uint8)
    return field


def write_lines(path, *records):
    """Write one line for each record: objects as JSON, bytes unchanged."""
    lines = [
        record if isinstance(record, bytes) else json.dumps(record).encode() for record in records
    ]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


SIMPLIFIED = {
    "word": "cat",
    "countrycode": "VE",
    "timestamp": "2017-03-02 23:25:10.07453 UTC",
    "recognized": True,
    "key_id": "5201136883597312",
    "drawing": [
        [[0, 255, 255, 0, 0], [0, 0, 128, 128, 0]],
        [[60, 60], [30, 50]],
    ],
}
RAW = {
    **SIMPLIFIED,
    "key_id": "5891796615823360",
    "timestamp": "2017-03-13 23:25:10.07453 UTC",
    "drawing": [
        [[103.5, 110.2, 150, 151], [60, 71.25, 90, 90], [0, 17, 33.6, 51]],
        [[200], [80], [412]],
    ],
}


def quickdraw(number=0, **values):
    """A record of Quick, Draw!, with a different key for each number."""
    return {**SIMPLIFIED, "key_id": str(5201136883597312 + number), **values}


SIDE = 28


def bitmap(number=0, side=SIDE):
    """High numbers for ink."""
    ink = np.zeros((side, side), np.uint8)
    ink[5:20, 5:8] = 255
    ink[9, -4:] = np.frombuffer((number + 1).to_bytes(4), np.uint8)
    return ink


def fields():
    return [drawing.field for drawing in stored()]


def same(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


def put(folder, name, data=None, time=THEN):
    """A file in the folder; a picture that is another one for another name, unless told."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(samples.png(picture(sum(name.encode()))) if data is None else data)
    os.utime(path, (time.timestamp(), time.timestamp()))
    return path


def zipped(folder, compression=zipfile.ZIP_DEFLATED):
    """The folder as a zip beside it."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path
