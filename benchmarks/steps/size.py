"""The bytes of a drawing: its blob beside other compressors, and its share of the database."""

import io
import lzma
import multiprocessing
import zlib
from collections.abc import Iterator
from statistics import fmean

import brotli
import zstandard
from PIL import Image

from benchmarks.harness.sample_drawings import flask_text, generate_drawings
from benchmarks.harness.table import Row, at_most
from benchmarks.harness.workspace import SQLITE, Workspace
from drawings.imaging import pixels

DRAWINGS = 10_000
# The best compressors are far slower than ours, so they compress every tenth drawing only.
STEP = 10
CHUNK = 50
STORED = 10_000

OURS = "blob"
FLASK = "the Flask app's text"


def measure(workspace: Workspace) -> list[Row]:
    return [*_measure_blobs(), *_measure_databases(workspace)]


def _measure_blobs() -> Iterator[Row]:
    with multiprocessing.get_context("spawn").Pool() as pool:
        ours, others = [], []
        for chunk in pool.imap(_measure_chunk, range(0, DRAWINGS, CHUNK)):
            ours += [sizes[OURS] for sizes in chunk]
            others += [sizes for sizes in chunk if len(sizes) > 1]
    means = {name: fmean(sizes[name] for sizes in others) for name in others[0]}
    text = means.pop(FLASK)
    mine = means.pop(OURS)
    best = min(means, key=lambda name: means[name])
    what = f"mean blob, every {STEP}th of {DRAWINGS:,} drawings"
    all_ways = ", ".join(
        f"{name} {means[name]:,.0f}" for name in sorted(means, key=lambda name: means[name])
    )
    yield at_most(f"{what}; the best of {all_ways}", mine, means[best], 1.30, "bytes")
    yield at_most(f"{what}; {FLASK}", mine, text, 1 / 60, "bytes")
    yield Row(f"mean blob of all {DRAWINGS:,} drawings", f"{fmean(ours):,.0f} bytes")


def _measure_chunk(start: int) -> list[dict[str, int]]:
    """The sizes in bytes of each drawing's blob; for every STEPth, of the other ways, too."""
    found = []
    for number, (_, field) in enumerate(generate_drawings(seed=start, number=CHUNK), start):
        sizes = {OURS: len(pixels.write_blob(field))}
        if number % STEP == 0:
            sizes |= _measure_other_ways(field) | {FLASK: len(flask_text(field))}
        found.append(sizes)
    return found


def _measure_other_ways(field: pixels.Field) -> dict[str, int]:
    raw = field.tobytes()
    image = Image.fromarray(field)
    preset = lzma.PRESET_EXTREME | 9
    return {
        "brotli 11": len(brotli.compress(raw, quality=11)),
        "LZMA 9e": len(
            lzma.compress(
                raw, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": preset}]
            )
        ),
        "zstd 19": len(zstandard.ZstdCompressor(level=19).compress(raw)),
        "zlib 9": len(zlib.compress(raw, 9)),
        "WebP": len(_encode(image, format="WEBP", lossless=True, method=6)),
        "PNG": len(_encode(image, format="PNG", optimize=True)),
    }


def _encode(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _measure_databases(workspace: Workspace) -> Iterator[Row]:
    with workspace.fresh_site(SQLITE, drawings=min(workspace.large_count, STORED)) as site:
        filled = site.run_function("measure_database")
        site.run_function("delete_strokes")
        stripped = site.run_function("measure_database")
    without_strokes = stripped["size"] / stripped["drawings"]
    # Every drawing from the studio has strokes, but only some of these.
    strokes_size = (filled["size"] - stripped["size"]) / filled["with_strokes"]
    with_strokes = without_strokes + strokes_size
    yield Row(
        "database file for each drawing, with its strokes, SQLite",
        f"{with_strokes:,.0f} bytes",
        remark=(
            f"A drawing with its strokes takes {with_strokes:,.0f} bytes of the SQLite file,"
            f" indexes and all, one without strokes {without_strokes:,.0f}. A billion drawings take"
            f" 1,000,000,000 x {with_strokes:,.0f} bytes = {with_strokes / 1000:.2f} TB with"
            f" strokes, {without_strokes / 1000:.2f} TB without."
        ),
    )
    yield Row("the same without strokes", f"{without_strokes:,.0f} bytes")
    for backend in workspace.backends:
        site = workspace.filled_site(backend, workspace.large_count)
        large = site.run_function("measure_database")
        yield Row(
            f"database for each of {workspace.large_count:,} drawings, {backend}",
            f"{large['size'] / large['drawings']:,.0f} bytes",
        )
