"""A wall of varied drawings to export."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.conf import settings

from drawings.datasets.splits import split_of
from drawings.imaging import rasteriser, strokes
from drawsite.lib.uuid7 import first_id
from tests.support import documents, samples

BEGIN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
HOSTILE = [
    "",
    "Fox 🦊 & “owl”",
    '"quoted", with \\ and \'',
    "../../etc/passwd",
    "=1+1",
    "-cmd|' /C calc'!A0",
    "@sum",
    "con",
    "ŁÓDŹ in the Rain, many words that go on and on and on until the title ends",
    "<b>{curly}</b> `code`",
]


def id_at(time, n):
    """The n-th UUIDv7 of a time. It is always the same, which keeps the splits the same."""
    return UUID(int=first_id(time).int | 7 << 76 | 2 << 62 | n)


def fill(make_drawing, number=40, titles=HOSTILE, field=None, **values):
    """Store drawings of different sizes, some with strokes. Returns them, oldest first."""
    drawings = []
    for n in range(number):
        time = BEGIN + timedelta(hours=n, microseconds=n)
        columns = {
            "id": id_at(time, n),
            "title": titles[n % len(titles)],
            "artist": ["Ada", "", "=Grace"][n % 3],
            "colormap": ["gray", "viridis"][n % 2],
            "vmin": n,
            "vmax": 255 - n,
            "created_at": time,
            **values,
        }
        if field is None and n % 4 == 0:
            document = documents.document(documents.stroke((n, 3), (40, 30.5)), documents.flip())
            columns |= {"strokes": strokes.pack(document), "strokes_agree": True}
            drawings.append(make_drawing(rasteriser.rasterise(document), **columns))
        elif field is None:
            pixels = samples.shades(16 + n % 5 * 10, 20 + n % 3 * 7)
            drawings.append(make_drawing(np.roll(pixels, n), **columns))
        else:
            drawings.append(make_drawing(field, **columns))
    return drawings


def of_split(wall, split):
    return [drawing for drawing in wall if split_of(drawing.id) == split]


def load_with_huggingface(tmp_path, *arguments):
    """Load a dataset with Hugging Face; returns the rows of each split."""
    command = [
        sys.executable,
        "-m",
        "tests.support.programs.load_dataset",
        tmp_path / "cache",
        *arguments,
    ]
    done = subprocess.run(command, cwd=settings.BASE_DIR, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)
