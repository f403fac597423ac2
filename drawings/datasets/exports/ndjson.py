"""wall.ndjson: a line of JSON for each drawing, in the format of Quick, Draw! with more keys.

Quick, Draw!'s keys come first: `key_id`, `word` (the title), `countrycode`, `timestamp`,
`recognized`, `drawing` (for each stroke the lists of x and y in pixels and t in milliseconds). The
other keys make an import exact; `image` is the base64 of the drawing's 8-bit grey PNG.
"""

import base64
import json

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, iso_timestamp, strokes_json
from drawings.datasets.exports.zip_writer import Sink
from drawings.imaging.png import png_from_blob
from drawings.imaging.strokes import STROKE_TOOLS, Document

INK_TOOLS = STROKE_TOOLS - {"eraser"}

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LAYOUT = """\
A line of JSON for each drawing, in the format of Quick, Draw!'s raw data. `drawing` has only the
strokes in ink; `image` has all pixels, and `strokes` every operation. Only verified strokes are
included. To include more, run `manage.py verify_strokes` before you export."""
FIELDS = {
    "key_id": dataset_card.FIELD_DESCRIPTIONS["id"],
    "word": dataset_card.FIELD_DESCRIPTIONS["label"],
    "countrycode": "always empty: the site does not ask for it",
    "timestamp": dataset_card.FIELD_DESCRIPTIONS["created_at"],
    "recognized": "always true: nothing recognises the drawings",
    "drawing": "`[[x, ...], [y, ...], [t, ...]]` for each stroke: pixels from the top left, ms",
    **{
        name: dataset_card.FIELD_DESCRIPTIONS[name]
        for name in dataset_card.FIELD_DESCRIPTIONS
        if name not in ("id", "label", "created_at")
    },
    "image": "base64 of the 8-bit grey PNG",
    "strokes": f"the strokes document; {dataset_card.STROKES_NULL}",
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


def write_ndjson(out: Sink, source: Source) -> Progress:
    for batch in source.read_with_pixels():
        for record in batch:
            out.write(_line(record, source.has_status).encode())
            # Kilobytes of compressed strokes may become megabytes of JSON.
            yield source.counts.total()


def card_text(source: Source) -> str:
    """Returns the dataset card, for a file beside the export."""
    return dataset_card.render_card(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)


def _line(record: Record, has_status: bool) -> str:
    text = strokes_json(record)
    png = png_from_blob(record.blob, record.height, record.width)
    values = {
        "key_id": record.id,
        "word": record.title,
        "countrycode": "",
        "timestamp": iso_timestamp(record.created_at),
        "recognized": True,
        "drawing": [] if text is None else ink_strokes(json.loads(text)),
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
    # The document's own text, so that its numbers stay exactly as they were sent.
    return f'{encode(values)[:-1]},"strokes":{text or "null"}}}\n'


def ink_strokes(document: Document) -> list[list[list[float]]]:
    """Returns the strokes drawn with ink, each [xs, ys, ts], as in Quick, Draw!.

    Clearing removes the strokes before it, and flipping moves them. x and y are in pixels, t in
    milliseconds.
    """
    drawn: list[list[list[float]]] = []
    for operation in document["operations"]:
        tool = operation["tool"]
        if tool in INK_TOOLS:
            drawn.append([operation["x"], operation["y"], operation["t"]])
        elif tool == "clear":
            drawn.clear()
        elif tool == "flip":
            axis, side = (0, "width") if operation["axis"] == "horizontal" else (1, "height")
            for stroke in drawn:
                stroke[axis] = [round(document[side] - value, 2) for value in stroke[axis]]
    return drawn
