"""Parquet, for DuckDB, Spark, Dask, pandas and Hugging Face's `datasets`: one file, or a folder
with shards for each split.

`image` is {bytes: the drawing as an 8-bit grey PNG, path: "<id>.png"}. `datasets` decodes it,
because the schema's metadata has the features that `datasets` expects. `strokes` is the strokes
document as JSON.
"""

import json
from contextlib import ExitStack
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from drawings.datasets.exports import dataset_card
from drawings.datasets.exports.source import Progress, Record, Source, strokes_json
from drawings.datasets.exports.zip_writer import Sink
from drawings.datasets.splits import SPLITS, Split
from drawings.imaging.png import png_from_blob

if TYPE_CHECKING:
    import pyarrow as pa

# Readers hold one row group in memory, and so does the writer of each split.
ROW_GROUP_ROWS = 1_000
ROW_GROUP_BYTES = 16_000_000
SHARD_BYTES = 500_000_000


LAYOUT = """\
A row for each drawing, in the order of the ids. Only verified strokes are included. To include
more, run `manage.py verify_strokes` before you export."""
FIELDS = {
    "image": "`bytes`: an 8-bit grey PNG, `path`: its name; an image feature of `datasets`",
    **dataset_card.FIELD_DESCRIPTIONS,
    "strokes": f"the strokes document as JSON; {dataset_card.STROKES_NULL}",
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

The last line works only if all drawings have the same size."""


def is_installed() -> bool:
    return find_spec("pyarrow") is not None


def write_parquet(out: Sink, source: Source) -> Progress:
    """Write one file with all splits."""
    with ShardWriter(out, source.has_status) as shard:
        for batch in source.read_with_pixels():
            shard.add(batch)
            yield source.counts.total()


def write_folder(folder: Path, source: Source) -> Progress:
    """Write `data/<split>-00000.parquet` and so on, and README.md, the dataset card."""
    data = folder / "data"
    data.mkdir()
    with ExitStack() as stack:
        shards = {
            split: stack.enter_context(SplitWriter(data, split, source.has_status))
            for split in SPLITS
        }
        for batch in source.read_with_pixels():
            for split in SPLITS:
                shards[split].add([record for record in batch if record.split == split])
            yield source.counts.total()
    text = dataset_card.render_card(
        source,
        layout=LAYOUT,
        fields=FIELDS,
        loading=LOADING,
        data_files="data/{split}-*.parquet",
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


class SplitWriter:
    """Writes the files of a split, each of about SHARD_BYTES; no file if there are no drawings."""

    def __init__(self, data: Path, split: Split, has_status: bool) -> None:
        self._data, self._split, self._has_status = data, split, has_status
        self._number = 0
        self._open = ExitStack()
        self._shard: ShardWriter | None = None

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
            self._shard = self._open.enter_context(ShardWriter(out, self._has_status))
            self._number += 1
        self._shard.add(records)
        if self._shard.size >= SHARD_BYTES:
            self._open.close()
            self._shard = None


class ShardWriter:
    """Writes one Parquet file, which is complete once its `with` block ends without an error."""

    def __init__(self, out: Sink, has_status: bool) -> None:
        from pyarrow import parquet

        self._file = CountingFile(out)
        self._schema = schema(has_status)
        texts = ["label", "artist", "colormap", "split", "status"]
        metadata = [name for name in self._schema.names if name not in ("image", "strokes")]
        self._writer = parquet.ParquetWriter(
            self._file,
            self._schema,
            # The pixels are already compressed.
            compression=dict.fromkeys(("image.path", *metadata, "strokes"), "zstd"),
            use_dictionary=[name for name in texts if name in self._schema.names],
            write_statistics=metadata,
        )
        self._pending: list[Record] = []
        self._pending_strokes: list[str | None] = []
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
        """The number of bytes written so far."""
        return self._file.position

    def add(self, records: list[Record]) -> None:
        for record in records:
            # Inflated here, because its size counts: 7 kB may inflate to 1.6 MB.
            text = strokes_json(record)
            self._pending.append(record)
            self._pending_strokes.append(text)
            self._pending_bytes += len(record.blob) + len(text or "")
            if len(self._pending) >= ROW_GROUP_ROWS or self._pending_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_batch(
                _record_batch(self._pending, self._pending_strokes, self._schema)
            )
        self._pending, self._pending_strokes, self._pending_bytes = [], [], 0


class CountingFile:
    """The file object that pyarrow needs: it counts bytes, because pyarrow calls tell()."""

    closed = False

    def __init__(self, out: Sink) -> None:
        self.out: Sink | None = out  # None after an error: what pyarrow still writes is dropped
        self.position = 0

    def write(self, data: bytes) -> int:
        if self.out is not None:
            self.out.write(data)
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None: ...

    def close(self) -> None: ...


@lru_cache(maxsize=2)
def schema(has_status: bool) -> "pa.Schema":
    """Returns the column types, with the features of `datasets` in the metadata."""
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
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(columns.items(), metadata=metadata)


def _record_batch(
    records: list[Record], strokes: list[str | None], types: "pa.Schema"
) -> "pa.RecordBatch":
    import pyarrow as pa

    pngs = [png_from_blob(each.blob, each.height, each.width) for each in records]
    images = {"bytes": pa.array(pngs, pa.binary()), "path": [f"{each.id}.png" for each in records]}
    columns: dict[str, Any] = {
        **dict(zip(Record._fields, zip(*records, strict=True), strict=True)),
        "image": pa.StructArray.from_arrays(list(images.values()), list(images)),
        "strokes": strokes,
    }
    columns["label"] = columns["title"]
    return pa.record_batch({name: columns[name] for name in types.names}, types)
