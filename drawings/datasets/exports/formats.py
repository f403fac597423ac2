"""The formats that there are, by their names, which are the files' suffixes as well."""

from collections.abc import Callable
from typing import NamedTuple

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
        Format("npz", "NumPy arrays", "application/octet-stream", npz.write),
        Format("zip", "Folders of PNGs", "application/zip", image_folder.write),
        Format("ndjson", "Strokes as JSON", "application/x-ndjson", ndjson.write),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", parquet.write),
        Format("csv", "Table without pixels", "text/csv; charset=utf-8", csv.write),
    )
}

EMPTY = "No drawing is selected, so there is nothing to export."


def problem(name: str, drawing_filter: DrawingFilter) -> str | None:
    """Why there can be no such export, in a sentence."""
    if name == "parquet" and not parquet.is_installed():
        return parquet.MISSING
    if not Source(drawing_filter).drawings().exists():
        return EMPTY
    return None
