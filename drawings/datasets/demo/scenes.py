"""Drawings with titles, artists, colormaps and dates, for fill_gallery. Knows nothing of Django."""

import signal
import tomllib
from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from drawings.datasets.demo.motifs import MOTIFS
from drawings.datasets.demo.sketches import SIDE, Kind, draw_sketch
from drawings.imaging import pixels, rasteriser, strokes
from drawsite.lib.uuid7 import from_milliseconds

# Rasterising and compressing a drawing takes a hundred times as long as storing it. So there are
# this many skies and grounds, and any two make a drawing: each as it is or mirrored, at a varying
# distance. One drawing in WHOLE_EVERY is one of WHOLES that are drawn as a whole.
SKIES, GROUNDS, WHOLES, WHOLE_EVERY = 120, 120, 60, 8

UNTIL, DAYS = date(2025, 12, 31), 2192  # six years
DAY = 86_400_000  # milliseconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

UNTITLED, PAIRED, SIGNED = 0.12, 0.2, 0.85
LABELS = tomllib.loads(Path(__file__).with_name("labels.toml").read_text("utf-8"))
# Each as many times as its weight.
COLORMAPS = [name for name, weight in LABELS["colormaps"].items() for _ in range(weight)]
STATUSES = [status for status, weight in LABELS["statuses"].items() for _ in range(weight)]

Scene = dict[str, Any]  # the names and values of a drawing's columns
Batches = Generator[list[Scene], None, None]


class Piece(NamedTuple):
    """A whole drawing, or a sky or a ground without the blank rows between the two."""

    motifs: list[str]
    height: int
    is_at_top: bool  # its ink reaches the top of the page
    bands: tuple[pixels.Band, pixels.Band]  # as it is, and mirrored
    strokes: bytes | None


@lru_cache(maxsize=512)
def draw_piece(seed: int, kind: Kind, number: int) -> Piece:
    motifs, document = draw_sketch(np.random.default_rng([seed, *kind.encode(), number]), kind)
    field = rasteriser.rasterise(document)
    (inked,) = np.nonzero((field != pixels.WHITE).any(axis=1))
    rows = field[0 if kind == "whole" else inked[0] : inked[-1] + 1 if kind == "sky" else SIDE]
    bands = pixels.compress_band(rows), pixels.compress_band(rows[:, ::-1])
    packed = strokes.pack(document) if kind == "whole" and number % 2 else None
    return Piece(motifs, len(rows), bool(inked[0] == 0), bands, packed)


@lru_cache(maxsize=256)
def _make_blank(height: int) -> pixels.Band:
    return pixels.compress_band(np.full((height, SIDE), pixels.WHITE, np.uint8))


def _pick_picture(seed: int, random: Random) -> tuple[list[str], bytes, bytes | None]:
    """Returns the motifs, the blob and perhaps the packed strokes of a drawing."""
    if random.random() * WHOLE_EVERY < 1:
        whole = draw_piece(seed, "whole", random.randrange(WHOLES))
        return whole.motifs, pixels.join_bands(whole.bands[:1]), whole.strokes
    sky = draw_piece(seed, "sky", random.randrange(SKIES))
    ground = draw_piece(seed, "ground", random.randrange(GROUNDS))
    between = SIDE - sky.height - ground.height
    above = 0 if sky.is_at_top else random.randrange(between // 2 + 1)
    top, bottom = random.choice(sky.bands), random.choice(ground.bands)
    bands = (_make_blank(above), top, _make_blank(between - above), bottom)
    return ground.motifs + sky.motifs, pixels.join_bands(bands), None


def make_scenes(count: int, seed: int, until: date = UNTIL) -> Iterator[Scene]:
    """Yields drawings by ascending id and time: the same for a count, seed and last day (UTC)."""
    random = Random(f"{count} {seed}")  # noqa: S311
    begin = ((until - EPOCH.date()).days + 1 - DAYS) * DAY
    for number in range(count):
        time = begin + int((number + random.random()) * DAYS * DAY / count)
        motifs, blob, packed = _pick_picture(seed, random)
        yield {
            "id": from_milliseconds(time, random.getrandbits(74)),
            "blob": blob,
            "width": SIDE,
            "height": SIDE,
            "title": make_title(random, *motifs),
            "artist": random.choice(LABELS["artists"]) if random.random() < SIGNED else "",
            "colormap": random.choice(COLORMAPS),
            "status": random.choice(STATUSES),
            "created_at": EPOCH + timedelta(milliseconds=time),
            "strokes": packed,
            "strokes_agree": True if packed else None,
        }


def make_title(random: Random, main: str, *others: str) -> str:
    share = random.random()
    if others and UNTITLED <= share < UNTITLED + PAIRED:
        return str(random.choice(LABELS["pairs"])).format(main, random.choice(others)).capitalize()
    return "" if share < UNTITLED else random.choice(MOTIFS[main].titles)


def make_batches(count: int, seed: int, size: int, until: date = UNTIL) -> Batches:
    """Yields the same drawings in lists. A process makes the next list while one is used."""
    context = get_context("spawn")
    receiver, sender = context.Pipe()
    arguments = (sender, size, count, seed, until)
    process = context.Process(target=_send_batches, args=arguments, daemon=True)
    process.start()
    sender.close()
    try:
        for _ in range(0, count, size):
            yield receiver.recv()
    finally:
        process.kill()
        process.join()


def _send_batches(pipe: Connection, size: int, *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the receiver handles Ctrl+C
    scenes = make_scenes(*arguments)
    while batch := list(islice(scenes, size)):
        pipe.send(batch)  # blocks until most of it has been received
