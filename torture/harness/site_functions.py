"""Functions that `Site.run_function` calls in a process with the site's settings and database."""

import hashlib
import time
from pathlib import Path

import numpy as np
from django.db import connection

from drawings.datasets.demo import sketches
from drawings.imaging import rasteriser
from drawings.models import Drawing
from torture.harness.audit import field_digest

BATCH = 500
DIFFERENT = 20


def read_digests() -> dict[str, str]:
    """The digest of each drawing's pixels by its id."""
    drawings = Drawing.objects.for_images().iterator(chunk_size=BATCH)
    return {str(drawing.id): field_digest(drawing.field) for drawing in drawings}


def check_integrity() -> str:
    """The result of SQLite's integrity check: "ok", or the first error. Always "ok" on PostgreSQL.

    PostgreSQL has no such check; `read_digests` has read all of its rows.
    """
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])


def write_drawings(per_second: int, stop_file: str) -> list[tuple[str, float]]:
    """Store drawings, one in each transaction, until the stop file exists.

    Returns the id of each, and the time.monotonic after it was stored.
    """
    seeds = [np.random.default_rng((9, number)) for number in range(DIFFERENT)]
    fields = [rasteriser.rasterise(sketches.draw_sketch(seed)[1]) for seed in seeds]
    begin = time.monotonic()
    written: list[tuple[str, float]] = []
    while not Path(stop_file).exists():
        drawing = Drawing.from_field(fields[len(written) % DIFFERENT], title="Late")
        drawing.save()
        written.append((str(drawing.id), time.monotonic()))
        time.sleep(max(0.0, begin + len(written) / per_second - time.monotonic()))
    return written


def summarise_drawings(last_id: str | None = None) -> dict[str, object]:
    """The count, the last id and one digest of all drawings, or of those up to an id."""
    drawings = Drawing.objects.order_by("id")
    if last_id is not None:
        drawings = drawings.filter(id__lte=last_id)
    number, last, digest = 0, "", hashlib.sha256()
    names = [field.attname for field in Drawing._meta.concrete_fields]
    for row in drawings.values_list(*names).iterator(chunk_size=BATCH):
        values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
        digest.update(repr(values).encode())
        number, last = number + 1, str(row[0])
    return {"count": number, "last": last, "digest": digest.hexdigest()}
