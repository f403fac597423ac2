"""Small submissions that would need much memory or CPU time."""

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
from torture.harness.table import Result
from torture.harness.workspace import Workspace

MAX_MILLISECONDS = 50
TIMES = 3
INFLATED_BYTES = 1_000_000_000


def run(workspace: Workspace) -> Iterator[Result]:
    with workspace.temporary_path() as data:
        found = Site(data).run_function("submit_bombs", module=__name__)
    for what, (milliseconds, is_refused) in found.items():
        yield Result(
            f"bomb: {what}",
            f"{'refused' if is_refused else 'TAKEN'} after {milliseconds:.1f} ms",
            is_refused and milliseconds < MAX_MILLISECONDS,
        )


def submit_bombs() -> dict[str, tuple[float, bool]]:
    """For each bomb, the CPU time in milliseconds, and whether the form refuses it."""
    from django.conf import settings

    found = {}
    # A collection is due once the site is loaded, and would add 45 ms to the first bomb.
    gc.collect()
    for what, name, value in _generate_bombs():
        if len(value) > settings.MAX_UPLOAD_BYTES:
            raise ValueError(f"{what} is larger than MAX_UPLOAD_BYTES")
        results = [_validate(name, value) for _ in range(TIMES)]
        found[what] = (
            max(seconds for seconds, _ in results) * 1000,
            all(is_refused for _, is_refused in results),
        )
    return found


def _validate(name: str, value: bytes) -> tuple[float, bool]:
    """The CPU time in seconds to validate one bad field, and whether the form has its error."""
    from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
    from django.utils.datastructures import MultiValueDict

    from drawings.forms.submission import SubmissionForm

    image = value if name == "image" else _grey_png()
    text = {} if name == "image" else {name: value.decode()}
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict()
    if name != "canvas_data":
        files["image"] = SimpleUploadedFile("bomb.png", image)
    begin = time.thread_time()
    errors = SubmissionForm(text, files).errors
    return time.thread_time() - begin, name in errors


def _generate_bombs() -> Iterator[tuple[str, str, bytes]]:
    """Yield a description, the form's field and its bytes."""
    inflating = _compress_zeros(INFLATED_BYTES)
    yield "a PNG of 169 megapixels", "image", samples.huge_png()  # type: ignore[no-untyped-call]
    for kind, what, start in (
        (b"IDAT", "pixels inflate", b""),
        (b"zTXt", "text inflates", b"a\0\0"),
        (b"iCCP", "colour profile inflates", b"a\0\0"),
    ):
        png = _grey_png(png_chunk(kind, start + inflating))
        yield f"a PNG whose {what} to 1 GB", "image", png
    for name in ("canvas_data", "strokes"):
        yield f"{name} of lists, a million deep", name, b"[" * 1_000_000
        yield f"{name} of a million digits", name, b"[" + b"9" * 1_000_000 + b"]"
        yield f"{name} of 900,000 numbers", name, b"[" + b"1," * 900_000 + b"1]"
    yield (
        "strokes of 60,000 operations",
        "strokes",
        _encode_document([{"tool": "clear", "t": 0}] * 60_000),
    )
    points = {name: [1] * 200_001 for name in ("x", "y", "radius", "t")}
    stroke = {"tool": "pen", "shade": 0, "antialiased": True, **points}
    yield "a stroke of 200,001 points", "strokes", _encode_document([stroke])
    paper = base64.b64encode(_grey_png(png_chunk(b"IDAT", inflating))).decode()
    yield (
        "strokes on a base image that inflates to 1 GB",
        "strokes",
        _encode_document([], {"image": paper}),
    )


def _compress_zeros(number: int) -> bytes:
    """The zlib stream of this number of zero bytes."""
    compressor = zlib.compressobj(9)
    block = bytes(10_000_000)
    parts = [compressor.compress(block) for _ in range(number // len(block))]
    return b"".join([*parts, compressor.flush()])


def _grey_png(chunk: bytes = b"") -> bytes:
    """A grey PNG of 200 x 200, with a chunk before its IDAT."""
    field = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    png = png_from_blob(pixels.write_blob(field), *field.shape)
    header = len(PNG_SIGNATURE) + 25
    return png[:header] + chunk + png[header:]


def _encode_document(
    operations: list[dict[str, object]], paper: dict[str, str] | None = None
) -> bytes:
    size = {"width": 200, "height": 200}
    document = {"version": 2, **size, "paper": paper, "operations": operations}
    return json.dumps(document, separators=(",", ":")).encode()
