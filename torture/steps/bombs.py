"""Small submissions that would become large, or keep a core busy."""

import base64
import gc
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.harness.site import Site
from drawings.imaging import pixels
from drawings.imaging.png import PNG_SIGNATURE, png_chunk, png_from_blob
from tests.support import samples
from torture.harness.lab import Lab
from torture.harness.table import Result

MILLISECONDS = 50
TIMES = 3
INFLATED = 1_000_000_000


def run(lab: Lab) -> Iterator[Result]:
    with lab.place() as data:
        told = Site(data).ask("defuse", of=__name__)
    for what, (milliseconds, is_refused) in told.items():
        yield Result(
            f"bomb: {what}",
            f"{'refused' if is_refused else 'TAKEN'} after {milliseconds:.1f} ms",
            is_refused and milliseconds < MILLISECONDS,
        )


def defuse() -> dict[str, tuple[float, bool]]:
    """For each bomb, how many milliseconds of a core it costs, and whether it is refused."""
    from django.conf import settings

    found = {}
    # It is due when the site has just been loaded, and takes 45 ms of whoever comes first.
    gc.collect()
    for what, name, value in _bombs():
        if len(value) > settings.MAX_UPLOAD_BYTES:
            raise ValueError(f"{what} is larger than what may be sent")
        tried = [_try(name, value) for _ in range(TIMES)]
        found[what] = (max(seconds for seconds, _ in tried) * 1000, all(no for _, no in tried))
    return found


def _try(name: str, value: bytes) -> tuple[float, bool]:
    """The seconds of a core that the form takes for one bad field, and whether it names it."""
    from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
    from django.utils.datastructures import MultiValueDict

    from drawings.forms.submission import SubmissionForm

    picture = value if name == "image" else _picture()
    text = {} if name == "image" else {name: value.decode()}
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict()
    if name != "canvas_data":
        files["image"] = SimpleUploadedFile("bomb.png", picture)
    begin = time.thread_time()
    errors = SubmissionForm(text, files).errors
    return time.thread_time() - begin, name in errors


def _bombs() -> Iterator[tuple[str, str, bytes]]:
    """What it is, the field that it is sent in, and its bytes."""
    inflating = _zeros(INFLATED)
    yield "a PNG of 169 megapixels", "image", samples.huge_png()  # type: ignore[no-untyped-call]
    for kind, what, start in (
        (b"IDAT", "pixels inflate", b""),
        (b"zTXt", "text inflates", b"a\0\0"),
        (b"iCCP", "colour profile inflates", b"a\0\0"),
    ):
        png = _picture(png_chunk(kind, start + inflating))
        yield f"a PNG whose {what} to 1 GB", "image", png
    for name in ("canvas_data", "strokes"):
        yield f"{name} of lists, a million deep", name, b"[" * 1_000_000
        yield f"{name} of a million digits", name, b"[" + b"9" * 1_000_000 + b"]"
        yield f"{name} of 900,000 numbers", name, b"[" + b"1," * 900_000 + b"1]"
    yield "strokes of 60,000 operations", "strokes", _document([{"tool": "clear", "t": 0}] * 60_000)
    points = {name: [1] * 200_001 for name in ("x", "y", "radius", "t")}
    stroke = {"tool": "pen", "shade": 0, "antialiased": True, **points}
    yield "a stroke of 200,001 points", "strokes", _document([stroke])
    paper = base64.b64encode(_picture(png_chunk(b"IDAT", inflating))).decode()
    yield "strokes on paper that inflates to 1 GB", "strokes", _document([], {"image": paper})


def _zeros(number: int) -> bytes:
    """A zlib stream of so many zeros."""
    squeezer = zlib.compressobj(9)
    step = bytes(10_000_000)
    parts = [squeezer.compress(step) for _ in range(number // len(step))]
    return b"".join([*parts, squeezer.flush()])


def _picture(chunk: bytes = b"") -> bytes:
    """A grey PNG of 200 x 200, with a chunk in front of its own pixels."""
    field = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    png = png_from_blob(pixels.write_blob(field), *field.shape)
    header = len(PNG_SIGNATURE) + 25
    return png[:header] + chunk + png[header:]


def _document(operations: list[dict[str, object]], paper: dict[str, str] | None = None) -> bytes:
    size = {"width": 200, "height": 200}
    document = {"version": 1, **size, "paper": paper, "operations": operations}
    return json.dumps(document, separators=(",", ":")).encode()
