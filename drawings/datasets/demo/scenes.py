"""Drawings as people of all ages might have made them, as many as one likes: see fill_gallery.

Knows nothing of Django.
"""

import signal
from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Literal, NamedTuple

import numpy as np

from drawings.datasets.demo import captions, sketches
from drawings.imaging import pixels, rasteriser, strokes
from drawsite.lib.uuid7 import from_milliseconds

# To rasterise and compress a drawing takes a hundred times as long as to store it. So skies and
# grounds are made once, each as it is and mirrored, and any two join, the sky hung high or low, to
# a drawing of their own. One drawing in WHOLE_EVERY is one of some that are not made of two.
SKIES = 120
GROUNDS = 120
WHOLES = 60
WHOLE_EVERY = 8

UNTIL = date(2025, 12, 31)
DAYS = 2192  # six years
DAY_MILLISECONDS = 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

UNTITLED, PAIRED, SIGNED = 0.12, 0.2, 0.85

# In a hundred.
STATUSES = (*["published"] * 95, *["pending"] * 3, *["hidden"] * 2)

# As often as they stand here.
COLORMAPS = (
    *["gray"] * 14,
    *["viridis"] * 6,
    *["magma", "cividis", "bone", "pink", "copper", "gist_earth"] * 2,
    *["inferno", "plasma", "twilight", "terrain", "coolwarm", "turbo", "Blues_r", "Greens_r"],
    *["YlOrBr_r", "PuRd_r", "YlGnBu_r", "hot", "summer", "autumn", "winter", "cubehelix"],
)


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
        blob = pixels.write_blob(rasteriser.rasterise(document))
        return Picture(subjects, blob, strokes.pack(document) if number % 2 else None)

    def _half(self, kind: Literal["sky", "ground"], number: int) -> Half:
        subjects, document = self._sketch(kind, number)
        field = rasteriser.rasterise(document)
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


# A drawing: the names and values of its columns.
Scene = dict[str, Any]
Batches = Generator[list[Scene], None, None]


def make_scenes(count: int, seed: int, until: date = UNTIL) -> Iterator[Scene]:
    """Drawings, ascending by id and time, the same for the same count, seed and last day (UTC)."""
    pool = Pool(seed)
    random = Random(f"{count} {seed}")  # noqa: S311
    begin = ((until - EPOCH.date()).days + 1 - DAYS) * DAY_MILLISECONDS
    for number in range(count):
        since = int((number + random.random()) * DAYS * DAY_MILLISECONDS / count)
        yield make_scene(pool.any(random), random, begin + since)


def make_batches(count: int, seed: int, size: int, until: date = UNTIL) -> Batches:
    """The same, so many at a time."""
    scenes = make_scenes(count, seed, until)
    while batch := list(islice(scenes, size)):
        yield batch


def make_batches_beside(count: int, seed: int, size: int, until: date = UNTIL) -> Batches:
    """The same, made by another process, the next ones while the last ones are put to use."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    asked = (count, seed, size, until)
    maker = context.Process(target=_send_batches, args=(theirs, *asked), daemon=True)
    maker.start()
    theirs.close()
    try:
        for _ in range(0, count, size):
            yield ours.recv()
    finally:
        maker.kill()
        maker.join()


def _send_batches(pipe: Connection, *asked: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who receives them
    for batch in make_batches(*asked):
        pipe.send(batch)  # returns when all but the last of it has been fetched


def make_scene(picture: Picture, random: Random, time: int) -> Scene:
    """A drawing of so many milliseconds after 1970 began."""
    return {
        "id": from_milliseconds(time, random.getrandbits(74)),
        "blob": picture.blob,
        "width": sketches.SIDE,
        "height": sketches.SIDE,
        "title": make_title(random, picture.subjects),
        "artist": random.choice(captions.ARTISTS) if random.random() < SIGNED else "",
        "colormap": random.choice(COLORMAPS),
        "status": random.choice(STATUSES),
        "created_at": EPOCH + timedelta(milliseconds=time),
        "strokes": picture.strokes,
        "strokes_agree": None if picture.strokes is None else True,
    }


def make_title(random: Random, subjects: tuple[str, ...]) -> str:
    how = random.random()
    if how < UNTITLED:
        return ""
    main, *others = subjects
    if others and how < UNTITLED + PAIRED:
        return random.choice(captions.PAIRS).format(main, random.choice(others)).capitalize()
    return random.choice(captions.TITLES[main])
