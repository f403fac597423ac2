"""What only a process on the site's own database can tell: see `Site.ask`."""

import hashlib
import time
from pathlib import Path

import numpy as np
from django.db import connection

from drawings.datasets.demo import sketches
from drawings.imaging import rasteriser
from drawings.models import Drawing
from torture.harness.ledger import digest

BATCH = 500
DIFFERENT = 20


def digests() -> dict[str, str]:
    """Each drawing's id, and what names its pixels."""
    drawings = Drawing.objects.for_images().iterator(chunk_size=BATCH)
    return {str(drawing.id): digest(drawing.field) for drawing in drawings}


def integrity() -> str:
    """What SQLite says of its file; PostgreSQL has no such question, and has been read through."""
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])


def write(per_second: int, until: str) -> list[tuple[str, float]]:
    """Store drawings, one in each transaction, until there is a file of that path: the id of each,
    and when it was stored, by time.monotonic."""
    seeds = [np.random.default_rng((9, number)) for number in range(DIFFERENT)]
    fields = [rasteriser.rasterise(sketches.draw_sketch(seed)[1]) for seed in seeds]
    begin = time.monotonic()
    written: list[tuple[str, float]] = []
    while not Path(until).exists():
        drawing = Drawing.from_field(fields[len(written) % DIFFERENT], title="Late")
        drawing.save()
        written.append((str(drawing.id), time.monotonic()))
        time.sleep(max(0.0, begin + len(written) / per_second - time.monotonic()))
    return written


def summary(until: str | None = None) -> dict[str, object]:
    """Of the drawings up to an id, or of all: how many, the last one, and what names them all."""
    drawings = Drawing.objects.order_by("id")
    if until is not None:
        drawings = drawings.filter(id__lte=until)
    number, last, name = 0, "", hashlib.sha256()
    names = [field.attname for field in Drawing._meta.concrete_fields]
    for row in drawings.values_list(*names).iterator(chunk_size=BATCH):
        values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
        name.update(repr(values).encode())
        number, last = number + 1, str(row[0])
    return {"count": number, "last": last, "digest": name.hexdigest()}
