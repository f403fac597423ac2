"""wall.zip: an ImageFolder, as Hugging Face's `datasets` reads it once it is unpacked.

`<split>/<folder>/<id>.png` is a drawing as an 8-bit grey PNG, whose IDAT is the blob as it is
stored; the folder is made of its title. `<split>/metadata.jsonl` has a line for each of them, and
`README.md` is the dataset card.
"""

import json
from contextlib import ExitStack
from functools import lru_cache

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, iso
from drawings.datasets.exports.zip_writer import Deflater, Sink, ZipWriter
from drawings.imaging.png import png_from_blob
from drawings.models.text import words_in

METADATA = "metadata.jsonl"
FOLDER_LENGTH = 40
UNTITLED = "untitled"
# No folder of Windows is called so.
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
REMEMBERED_FOLDERS = 10_000

LAYOUT = """\
An ImageFolder: `<split>/<folder>/<id>.png` are 8-bit grey PNGs, in folders by the words of their
titles, and `<split>/metadata.jsonl` has a line for each, with these fields."""
FIELDS = {"file_name": "where the picture is, from the split's folder", **dataset_card.SAID}
LOADING = """\
Unpack it, then:

```python
from datasets import load_dataset

wall = load_dataset("imagefolder", data_dir="wall")  # the folder that it was unpacked to
picture, label = wall["train"][0]["image"], wall["train"][0]["label"]
```

```python
import numpy as np
import pandas as pd
from PIL import Image

table = pd.read_json("wall/train/metadata.jsonl", lines=True, dtype={"label": str, "artist": str})
x = np.stack([np.asarray(Image.open(f"wall/train/{name}")) for name in table.file_name])
```

The last line is for drawings of one size."""

# Of text alone: that takes json.dumps twice as long.
quoted = json.JSONEncoder(ensure_ascii=False).encode


def write(out: Sink, source: Source) -> Progress:
    has_status = source.has_status
    with ZipWriter(out, source.scratch) as archive:
        with ExitStack() as asides:
            lines: dict[str, Deflater] = {}
            for batch in source.whole():
                for record in batch:
                    split = record.split
                    name = f"{folder_of(record.title)}/{record.id}.png"
                    png = png_from_blob(record.blob, record.height, record.width)
                    archive.add(f"{split}/{name}", png)
                    if split not in lines:
                        lines[split] = asides.enter_context(archive.aside(f"{split}/{METADATA}"))
                    lines[split].write(_line(record, name, has_status).encode())
                yield source.counts.total()
        text = dataset_card.text(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)
        archive.add("README.md", text.encode())


@lru_cache(REMEMBERED_FOLDERS)
def folder_of(title: str) -> str:
    """The words of a title as the name of a folder that every system takes."""
    name = "-".join(words_in(title.casefold()))[:FOLDER_LENGTH].rstrip("-")
    if name in RESERVED:
        return f"{name}-"
    return name or UNTITLED


def _line(record: Record, name: str, has_status: bool) -> str:
    """Put together by hand: json.dumps would take a third of the whole export's time."""
    status = f', "status": "{record.status}"' if has_status else ""
    return (
        f'{{"file_name": {quoted(name)}, "id": "{record.id}", "label": {quoted(record.title)},'
        f' "artist": {quoted(record.artist)}, "colormap": {quoted(record.colormap)},'
        f' "width": {record.width}, "height": {record.height},'
        f' "vmin": {record.vmin}, "vmax": {record.vmax},'
        f' "created_at": "{iso(record.created_at)}", "split": "{record.split}"{status}}}\n'
    )
