"""wall.zip: an ImageFolder, which Hugging Face's `datasets` reads once it is unpacked.

`<split>/<folder>/<id>.png` is a drawing as an 8-bit grey PNG, whose IDAT is the stored blob; the
folder is named after its title. `<split>/metadata.jsonl` has a line for each drawing, and
`README.md` is the dataset card.
"""

import json
from contextlib import ExitStack
from functools import lru_cache

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, iso_timestamp
from drawings.datasets.exports.zip_writer import Deflater, Sink, ZipWriter
from drawings.imaging.png import png_from_blob
from drawings.models.text import words_in

METADATA_NAME = "metadata.jsonl"
FOLDER_LENGTH = 40
UNTITLED = "untitled"
# Windows does not allow folders with these names.
RESERVED_NAMES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
CACHED_FOLDER_NAMES = 10_000

LAYOUT = """\
An ImageFolder: `<split>/<folder>/<id>.png` are 8-bit grey PNGs, in folders named after their
titles, and `<split>/metadata.jsonl` has a line for each, with these fields."""
FIELDS = {
    "file_name": "the path of the image in the split's folder",
    **dataset_card.FIELD_DESCRIPTIONS,
}
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

The last line works only if all drawings have the same size."""

# For a text, twice as fast as json.dumps.
encode_json = json.JSONEncoder(ensure_ascii=False).encode


def write_image_folder(out: Sink, source: Source) -> Progress:
    has_status = source.has_status
    with ZipWriter(out, source.scratch) as archive:
        with ExitStack() as deferred:
            metadata: dict[str, Deflater] = {}
            for batch in source.read_with_pixels():
                for record in batch:
                    split = record.split
                    name = f"{folder_name(record.title)}/{record.id}.png"
                    png = png_from_blob(record.blob, record.height, record.width)
                    archive.add(f"{split}/{name}", png)
                    if split not in metadata:
                        metadata[split] = deferred.enter_context(
                            archive.open_deferred_entry(f"{split}/{METADATA_NAME}")
                        )
                    metadata[split].write(_metadata_line(record, name, has_status).encode())
                yield source.counts.total()
        text = dataset_card.render_card(source, layout=LAYOUT, fields=FIELDS, loading=LOADING)
        archive.add("README.md", text.encode())


@lru_cache(CACHED_FOLDER_NAMES)
def folder_name(title: str) -> str:
    """Returns the words of a title as a folder name that is valid on every system."""
    name = "-".join(words_in(title.casefold()))[:FOLDER_LENGTH].rstrip("-")
    if name in RESERVED_NAMES:
        return f"{name}-"
    return name or UNTITLED


def _metadata_line(record: Record, name: str, has_status: bool) -> str:
    """Returns a line of metadata.jsonl.

    It is formatted by hand, because json.dumps would take a third of the whole export's time.
    """
    status = f', "status": "{record.status}"' if has_status else ""
    return (
        f'{{"file_name": {encode_json(name)}, "id": "{record.id}",'
        f' "label": {encode_json(record.title)},'
        f' "artist": {encode_json(record.artist)}, "colormap": {encode_json(record.colormap)},'
        f' "width": {record.width}, "height": {record.height},'
        f' "vmin": {record.vmin}, "vmax": {record.vmax},'
        f' "created_at": "{iso_timestamp(record.created_at)}",'
        f' "split": "{record.split}"{status}}}\n'
    )
