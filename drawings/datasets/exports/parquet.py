"""Parquet, which DuckDB, Spark, Dask, pandas and Hugging Face's `datasets` read: a folder with
shards of each split, or one file.

`image` is {bytes: the drawing as an 8-bit grey PNG, path: "<id>.png"}, which `datasets` decodes by
itself: what it calls the columns' features is in the schema's metadata. `strokes` is the strokes
document as JSON.
"""

import json
from contextlib import ExitStack
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, strokes_text
from drawings.datasets.exports.zip_writer import Sink
from drawings.datasets.splits import SPLITS, Split
from drawings.imaging.png import png_from_blob

if TYPE_CHECKING:
    import pyarrow as pa

# A group of rows is what a reader has in memory, and so has the writer of each split.
GROUP = 1_000
GROUP_BYTES = 16_000_000
SHARD_BYTES = 500_000_000

MISSING = (
    "Parquet takes pyarrow, which is not installed:"
    " .venv/bin/python -m pip install -r requirements-parquet.txt"
)

LAYOUT = """\
A row for each drawing, in the order of the ids. Only strokes that were verified are here:
`manage.py verify_strokes` verifies the rest, before an export."""
FIELDS = {
    "image": "`bytes`: an 8-bit grey PNG, `path`: its name; an image feature of `datasets`",
    **dataset_card.SAID,
    "strokes": f"the strokes document as JSON; {dataset_card.STROKES}",
}
LOADING = """\
```python
from datasets import load_dataset

wall = load_dataset("wall")  # the folder
picture, label = wall["train"][0]["image"], wall["train"][0]["label"]
```

```python
import io
import numpy as np
import pandas as pd
from PIL import Image

table = pd.read_parquet("wall/data")
x = np.stack([np.asarray(Image.open(io.BytesIO(each["bytes"]))) for each in table.image])
```

The last line is for drawings of one size."""


def is_installed() -> bool:
    return find_spec("pyarrow") is not None


def write(out: Sink, source: Source) -> Progress:
    """One file with all splits."""
    with Shard(out, source.has_status) as shard:
        for batch in source.whole():
            shard.add(batch)
            yield source.counts.total()


def write_folder(folder: Path, source: Source) -> Progress:
    """`data/<split>-00000.parquet` and so on, and the dataset card, in an empty folder."""
    data = folder / "data"
    data.mkdir()
    with ExitStack() as stack:
        shards = {
            split: stack.enter_context(Shards(data, split, source.has_status)) for split in SPLITS
        }
        for batch in source.whole():
            for split in SPLITS:
                shards[split].add([record for record in batch if record.split == split])
            yield source.counts.total()
    text = dataset_card.text(
        source,
        layout=LAYOUT,
        fields=FIELDS,
        loading=LOADING,
        data_files="data/{split}-*.parquet",
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


class Shards:
    """A split's files, each of about SHARD_BYTES; none without a drawing."""

    def __init__(self, data: Path, split: Split, has_status: bool) -> None:
        self._data, self._split, self._has_status = data, split, has_status
        self._number = 0
        self._open = ExitStack()
        self._shard: Shard | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def add(self, records: list[Record]) -> None:
        if not records:
            return
        if self._shard is None:
            path = self._data / f"{self._split}-{self._number:05}.parquet"
            out = self._open.enter_context(path.open("wb"))
            self._shard = self._open.enter_context(Shard(out, self._has_status))
            self._number += 1
        self._shard.add(records)
        if self._shard.size >= SHARD_BYTES:
            self._open.close()
            self._shard = None


class Shard:
    """One file of Parquet, which is whole where its `with` block ends without an error."""

    def __init__(self, out: Sink, has_status: bool) -> None:
        from pyarrow import parquet

        self._file = File(out)
        self._schema = schema(has_status)
        texts = ["label", "artist", "colormap", "split", "status"]
        said = [name for name in self._schema.names if name not in ("image", "strokes")]
        self._writer = parquet.ParquetWriter(
            self._file,
            self._schema,
            # Pixels are compressed already.
            compression=dict.fromkeys(("image.path", *said, "strokes"), "zstd"),
            use_dictionary=[name for name in texts if name in self._schema.names],
            write_statistics=said,
        )
        self._pending: list[Record] = []
        self._texts: list[str | None] = []  # their strokes
        self._pending_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        else:
            self._file.out = None
        self._writer.close()

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        return self._file.at

    def add(self, records: list[Record]) -> None:
        for record in records:
            # Now, as nobody knows before how large it is: 7 kB may inflate to 1.6 MB.
            text = strokes_text(record)
            self._pending.append(record)
            self._texts.append(text)
            self._pending_bytes += len(record.blob) + len(text or "")
            if len(self._pending) >= GROUP or self._pending_bytes >= GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_batch(_table(self._pending, self._texts, self._schema))
        self._pending, self._texts, self._pending_bytes = [], [], 0


class File:
    """What pyarrow takes for a file: it must tell where it is."""

    closed = False

    def __init__(self, out: Sink) -> None:
        self.out: Sink | None = out  # None once nothing more is to be written
        self.at = 0

    def write(self, data: bytes) -> int:
        if self.out is not None:
            self.out.write(data)
        self.at += len(data)
        return len(data)

    def tell(self) -> int:
        return self.at

    def flush(self) -> None: ...

    def close(self) -> None: ...


@lru_cache(maxsize=2)
def schema(has_status: bool) -> "pa.Schema":
    """The columns' types, and beside them what `datasets` calls their features."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    columns = {
        "image": pa.struct({"bytes": pa.binary(), "path": text}),
        **dict.fromkeys(("id", "label", "artist", "colormap"), text),
        **dict.fromkeys(("width", "height", "vmin", "vmax"), number),
        "created_at": pa.timestamp("us", tz="UTC"),
        "split": text,
        "strokes": text,
        **({"status": text} if has_status else {}),
    }
    features: dict[str, dict[str, str]] = {
        name: {"dtype": str(kind), "_type": "Value"} for name, kind in columns.items()
    }
    features["image"] = {"_type": "Image"}
    said = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(columns.items(), metadata=said)


def _table(records: list[Record], texts: list[str | None], types: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    pngs = [png_from_blob(each.blob, each.height, each.width) for each in records]
    images = {"bytes": pa.array(pngs, pa.binary()), "path": [f"{each.id}.png" for each in records]}
    made = {
        "image": pa.StructArray.from_arrays(list(images.values()), list(images)),
        "strokes": texts,
    }
    said = dict(zip(Record._fields, zip(*records, strict=True), strict=True))
    said["label"] = said["title"]
    return pa.record_batch({name: made.get(name, said.get(name)) for name in types.names}, types)
