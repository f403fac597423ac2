"""wall.ndjson: a line of JSON for each drawing, as Quick, Draw! has them, and what makes it exact.

Quick, Draw!'s keys come first: `key_id`, `word` (the title), `countrycode`, `timestamp`,
`recognized`, `drawing` (for each stroke the lists of x and y in pixels and t in milliseconds). The
others are this project's own; `image` is the base64 of the drawing's 8-bit grey PNG.
"""

import base64
import json

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, iso, strokes_text
from drawings.datasets.exports.zip_writer import Sink
from drawings.imaging.png import png_from_blob
from drawings.imaging.strokes import STROKE_TOOLS, Document

INK = STROKE_TOOLS - {"eraser"}

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LAYOUT = """\
A line of JSON for each drawing, in the form of Quick, Draw!'s raw data. `drawing` has only what was
drawn with ink; `image` has all pixels, and `strokes` all that was done. Only strokes that
were verified are here: `manage.py verify_strokes` verifies the rest, before an export."""
FIELDS = {
    "key_id": dataset_card.SAID["id"],
    "word": dataset_card.SAID["label"],
    "countrycode": "empty: the wall does not ask",
    "timestamp": dataset_card.SAID["created_at"],
    "recognized": "always true: nobody was asked to guess",
    "drawing": "`[[x, ...], [y, ...], [t, ...]]` for each stroke: pixels from the top left, ms",
    **{
        name: dataset_card.SAID[name]
        for name in dataset_card.SAID
        if name not in ("id", "label", "created_at")
    },
    "image": "base64 of the 8-bit grey PNG",
    "strokes": f"the strokes document; {dataset_card.STROKES}",
}
LOADING = """\
```python
import base64, io, json
import numpy as np
from PIL import Image

with open("wall.ndjson", encoding="utf-8") as lines:
    for line in lines:
        drawing = json.loads(line)
        field = np.asarray(Image.open(io.BytesIO(base64.b64decode(drawing["image"]))))
```"""


def write(out: Sink, source: Source) -> Progress:
    for batch in source.whole():
        for record in batch:
            out.write(_line(record, source.has_status).encode())
            # Strokes of some kilobytes may be a line of some megabytes.
            yield source.counts.total()


def card_text(source: Source) -> str:
    """The dataset card, for a file beside the lines."""
    return dataset_card.text(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)


def _line(record: Record, has_status: bool) -> str:
    text = strokes_text(record)
    png = png_from_blob(record.blob, record.height, record.width)
    said = {
        "key_id": record.id,
        "word": record.title,
        "countrycode": "",
        "timestamp": iso(record.created_at),
        "recognized": True,
        "drawing": [] if text is None else ink(json.loads(text)),
        "artist": record.artist,
        "colormap": record.colormap,
        "width": record.width,
        "height": record.height,
        "vmin": record.vmin,
        "vmax": record.vmax,
        "split": record.split,
        **({"status": record.status} if has_status else {}),
        "image": base64.b64encode(png).decode(),
    }
    # The document as it was sent, number by number.
    return f'{encode(said)[:-1]},"strokes":{text or "null"}}}\n'


def ink(document: Document) -> list[list[list[float]]]:
    """What was drawn with ink, as Quick, Draw! has it, where it has come to lie in the end."""
    drawn: list[list[list[float]]] = []
    for operation in document["operations"]:
        tool = operation["tool"]
        if tool in INK:
            drawn.append([operation["x"], operation["y"], operation["t"]])
        elif tool == "clear":
            drawn.clear()
        elif tool == "flip":
            axis, side = (0, "width") if operation["axis"] == "horizontal" else (1, "height")
            for stroke in drawn:
                stroke[axis] = [round(document[side] - at, 2) for at in stroke[axis]]
    return drawn
