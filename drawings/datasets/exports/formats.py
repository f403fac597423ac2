"""The export formats, by name. A format's name is also its file suffix."""

from collections.abc import Callable
from typing import NamedTuple

from drawings.datasets import PYARROW_MISSING
from drawings.datasets.exports import csv, image_folder, ndjson, npz, parquet
from drawings.datasets.exports.source import Progress, Source
from drawings.datasets.exports.zip_writer import Sink
from drawings.queries.filters import DrawingFilter


class Format(NamedTuple):
    name: str
    label: str
    content_type: str
    write: Callable[[Sink, Source], Progress]


FORMATS = {
    each.name: each
    for each in (
        Format("npz", "NumPy arrays", "application/octet-stream", npz.write_npz),
        Format("zip", "Folders of PNGs", "application/zip", image_folder.write_image_folder),
        Format("ndjson", "Strokes as JSON", "application/x-ndjson", ndjson.write_ndjson),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", parquet.write_parquet),
        Format("csv", "Table without pixels", "text/csv; charset=utf-8", csv.write_csv),
    )
}

NOTHING_SELECTED = "No drawing is selected, so there is nothing to export."


def find_problem(name: str, drawing_filter: DrawingFilter) -> str | None:
    """Returns a sentence that says why the drawings cannot be exported, or None if they can."""
    if name == "parquet" and not parquet.is_installed():
        return PYARROW_MISSING
    if not Source(drawing_filter).drawings().exists():
        return NOTHING_SELECTED
    return None
