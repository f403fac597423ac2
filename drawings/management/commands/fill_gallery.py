import gc
import sqlite3
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from tqdm import tqdm

from drawings import captions, pixels, sketches, strokes
from drawings.models import Drawing

BATCH = 2_000

# To rasterise and compress a drawing takes a hundred times as long as to store it. So skies and
# grounds are made once, each as it is and mirrored, and any two join, the sky hung high or low, to
# a drawing of their own. One drawing in WHOLE_EVERY is one of some that are not made of two.
SKIES = 200
GROUNDS = 200
WHOLES = 100
WHOLE_EVERY = 8

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
BEGIN_MILLISECONDS = int(BEGIN.timestamp() * 1000)
MILLISECONDS = (END - BEGIN) // timedelta(milliseconds=1)

UNTITLED, PAIRED, SIGNED = 0.12, 0.2, 0.85

# In a hundred.
STATUSES = (
    *[Drawing.Status.PUBLISHED] * 95,
    *[Drawing.Status.PENDING] * 3,
    *[Drawing.Status.HIDDEN] * 2,
)

# As often as they stand here.
COLORMAPS = (
    *["gray"] * 14,
    *["viridis"] * 6,
    *["magma", "cividis", "bone", "pink", "copper", "gist_earth"] * 2,
    *["inferno", "plasma", "twilight", "terrain", "coolwarm", "turbo", "Blues_r", "Greens_r"],
    *["YlOrBr_r", "PuRd_r", "YlGnBu_r", "hot", "summer", "autumn", "winter", "cubehelix"],
)


class Command(BaseCommand):
    help = (
        "Fill the gallery with COUNT drawings that look as if drawn by hand, to try the site with"
        " and to measure it. The same COUNT and --seed are the same drawings: run twice, it adds"
        " nothing; stopped on the way, it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="COUNT")
        parser.add_argument("--seed", type=int, default=0, help="other drawings for another number")

    def handle(self, *, count: int, seed: int, **options: Any) -> None:
        if count < 1:
            raise CommandError("COUNT must be 1 or more.")
        if seed < 0:
            raise CommandError("--seed must be 0 or more.")
        # What is loaded by now stays: the garbage collector, which so many rows call again and
        # again, need not look through it.
        gc.freeze()
        widen_statements()
        drawings = make_drawings(count, seed)
        added = 0
        try:
            with tqdm(total=count, desc="Drawing", unit=" drawings", disable=None) as progress:
                while batch := list(islice(drawings, BATCH)):
                    added += store(batch)
                    progress.update(len(batch))
        except KeyboardInterrupt as error:
            raise CommandError(
                f"Stopped: {added:,} added. The same command again adds the others.", returncode=130
            ) from error
        if added:
            analyze()
        self.stdout.write(f"{added:,} added, {count - added:,} already here.")


def widen_statements() -> None:
    """Let SQLite take as many parameters in a statement as it can, not as any SQLite can.

    Its full-text search writes what it has gathered at the end of every statement.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.features.max_query_params = connection.connection.getlimit(
            sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        )


def store(batch: list[Drawing]) -> int:
    """Store drawings, ascending by id, all or none of them; how many are new."""
    stored = Drawing.objects.filter(id__range=(batch[0].id, batch[-1].id))
    with transaction.atomic():
        before = stored.count()
        Drawing.objects.bulk_create(batch, ignore_conflicts=True)
        return stored.count() - before


def analyze() -> None:
    """Tell the database how much there is of what, so that it plans its queries accordingly."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Drawing._meta.db_table)}")


class Picture(NamedTuple):
    subjects: tuple[str, ...]
    blob: bytes
    strokes: bytes | None = None


class Half(NamedTuple):
    """A sky or a ground, without the blank lines between the two."""

    subjects: tuple[str, ...]
    height: int
    is_at_top: bool  # so that it must not hang lower
    band: pixels.Band
    mirrored: pixels.Band


class Pool:
    """Pictures, and parts of them, by number; each is made when it is first asked for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # On the object, so that they go with it.
        self.whole = cache(self._whole)
        self.half = cache(self._half)
        self.blank = cache(self._blank)

    def any(self, random: Random) -> Picture:
        if random.random() * WHOLE_EVERY < 1:
            return self.whole(random.randrange(WHOLES))
        sky = self.half("sky", random.randrange(SKIES))
        ground = self.half("ground", random.randrange(GROUNDS))
        between = sketches.SIDE - sky.height - ground.height
        above = 0 if sky.is_at_top else random.randrange(between // 2 + 1)
        above_band, below_band = (
            half.mirrored if random.random() < 0.5 else half.band for half in (sky, ground)
        )
        bands = (self.blank(above), above_band, self.blank(between - above), below_band)
        return Picture(ground.subjects + sky.subjects, pixels.join_bands(bands))

    def _whole(self, number: int) -> Picture:
        """Every second one has its strokes."""
        subjects, document = self._sketch("whole", number)
        blob = pixels.write_blob(strokes.rasterise(document))
        return Picture(subjects, blob, strokes.pack(document) if number % 2 else None)

    def _half(self, kind: Literal["sky", "ground"], number: int) -> Half:
        subjects, document = self._sketch(kind, number)
        field = strokes.rasterise(document)
        (inked,) = np.nonzero((field != pixels.WHITE).any(axis=1))
        lines = field[inked[0] : inked[-1] + 1] if kind == "sky" else field[inked[0] :]
        return Half(
            subjects,
            len(lines),
            bool(inked[0] == 0),
            pixels.compress_band(lines),
            pixels.compress_band(lines[:, ::-1]),
        )

    def _blank(self, height: int) -> pixels.Band:
        return pixels.compress_band(np.full((height, sketches.SIDE), pixels.WHITE, np.uint8))

    def _sketch(self, kind: sketches.Kind, number: int) -> sketches.Sketch:
        return sketches.draw(np.random.default_rng([self.seed, *kind.encode(), number]), kind)


def make_drawings(count: int, seed: int) -> Iterator[Drawing]:
    """Unsaved drawings, ascending by id and time, the same for the same count and seed."""
    pool = Pool(seed)
    random = Random(f"{count} {seed}")  # noqa: S311
    for number in range(count):
        since = int((number + random.random()) * MILLISECONDS / count)
        yield make_drawing(pool.any(random), random, since)


def make_drawing(picture: Picture, random: Random, since: int) -> Drawing:
    """An unsaved drawing of so many milliseconds after BEGIN."""
    created_at = BEGIN + timedelta(milliseconds=since)
    return Drawing(
        id=uuid7(BEGIN_MILLISECONDS + since, random.getrandbits(74)),
        blob=picture.blob,
        width=sketches.SIDE,
        height=sketches.SIDE,
        title=make_title(random, picture.subjects),
        artist=random.choice(captions.ARTISTS) if random.random() < SIGNED else "",
        colormap=random.choice(COLORMAPS),
        status=random.choice(STATUSES),
        created_at=created_at,
        strokes=picture.strokes,
        strokes_agree=None if picture.strokes is None else True,
    )


def make_title(random: Random, subjects: tuple[str, ...]) -> str:
    how = random.random()
    if how < UNTITLED:
        return ""
    main, *others = subjects
    if others and how < UNTITLED + PAIRED:
        return random.choice(captions.PAIRS).format(main, random.choice(others)).capitalize()
    return random.choice(captions.TITLES[main])


def uuid7(time: int, bits: int) -> UUID:
    """The UUIDv7 (RFC 9562, section 5.7) of milliseconds since 1970 and of 74 random bits."""
    high, low = bits >> 62, bits & (1 << 62) - 1
    return UUID(int=time << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
