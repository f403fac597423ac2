"""How many bytes a drawing takes, beside other ways to keep the same field, and in the database."""

import io
import lzma
import multiprocessing
import zlib
from collections.abc import Iterator
from statistics import fmean

import brotli
import zstandard
from PIL import Image

from benchmarks.harness.hand import drawn, flask_text
from benchmarks.harness.lab import SQLITE, Lab
from benchmarks.harness.table import Row, at_most
from drawings.imaging import pixels

DRAWINGS = 10_000
# The best compressors take a day's work for what ours does in a minute: they get every tenth.
STEP = 10
CHUNK = 50
STORED = 10_000

OURS = "blob"
FLASK = "the Flask app's text"


def measure(lab: Lab) -> list[Row]:
    return [*_blobs(), *_database(lab)]


def _blobs() -> Iterator[Row]:
    with multiprocessing.get_context("spawn").Pool() as pool:
        ours, others = [], []
        for some in pool.imap(_sizes, range(0, DRAWINGS, CHUNK)):
            ours += [sizes[OURS] for sizes in some]
            others += [sizes for sizes in some if len(sizes) > 1]
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


def _sizes(start: int) -> list[dict[str, int]]:
    """Of some drawings; of every STEPth by every way."""
    found = []
    for number, (_, field) in enumerate(drawn(seed=start, number=CHUNK), start):
        sizes = {OURS: len(pixels.write_blob(field))}
        if number % STEP == 0:
            sizes |= _other_ways(field) | {FLASK: len(flask_text(field))}
        found.append(sizes)
    return found


def _other_ways(field: pixels.Field) -> dict[str, int]:
    plain = field.tobytes()
    picture = Image.fromarray(field)
    preset = lzma.PRESET_EXTREME | 9
    return {
        "brotli 11": len(brotli.compress(plain, quality=11)),
        "LZMA 9e": len(
            lzma.compress(
                plain, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": preset}]
            )
        ),
        "zstd 19": len(zstandard.ZstdCompressor(level=19).compress(plain)),
        "zlib 9": len(zlib.compress(plain, 9)),
        "WebP": len(_file(picture, format="WEBP", lossless=True, method=6)),
        "PNG": len(_file(picture, format="PNG", optimize=True)),
    }


def _file(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _database(lab: Lab) -> Iterator[Row]:
    with lab.fresh(SQLITE, drawings=min(lab.large, STORED)) as site:
        filled = site.ask("stored")
        site.ask("forget_strokes")
        without = site.ask("stored")
    picture_only = without["size"] / without["drawings"]
    # Every drawing from the canvas has strokes; of these drawings only some.
    of_strokes = (filled["size"] - without["size"]) / filled["with_strokes"]
    with_strokes = picture_only + of_strokes
    yield Row(
        "database file for each drawing, with its strokes, SQLite",
        f"{with_strokes:,.0f} bytes",
        remark=(
            f"A drawing with its strokes takes {with_strokes:,.0f} bytes of the SQLite file,"
            f" indexes and all, one without strokes {picture_only:,.0f}. A billion drawings take"
            f" 1,000,000,000 x {with_strokes:,.0f} bytes = {with_strokes / 1000:.2f} TB with"
            f" strokes, {picture_only / 1000:.2f} TB without."
        ),
    )
    yield Row("the same without strokes", f"{picture_only:,.0f} bytes")
    for backend in lab.backends:
        large = lab.filled(backend, lab.large).ask("stored")
        yield Row(
            f"database for each of {lab.large:,} drawings, {backend}",
            f"{large['size'] / large['drawings']:,.0f} bytes",
        )
