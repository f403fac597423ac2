"""wall.csv: the metadata of each drawing, without pixels, for spreadsheets and pandas."""

import csv
import io

from drawings.datasets.exports.source import Progress, Record, Source, iso_timestamp
from drawings.datasets.exports.zip_writer import Sink

COLUMNS = (
    "id", "title", "artist", "colormap", "width", "height", "vmin", "vmax", "created_at", "split",
)  # fmt: skip
# Spreadsheets evaluate a cell that begins with one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(out: Sink, source: Source) -> Progress:
    has_status = source.has_status
    header = (*COLUMNS, "status") if has_status else COLUMNS
    out.write(_encode_rows([header]))
    for batch in source.read_metadata():
        out.write(_encode_rows([_row(record, has_status) for record in batch]))
        yield source.counts.total()


def _row(record: Record, has_status: bool) -> tuple[object, ...]:
    row = (
        record.id,
        escape_formula(record.title),
        escape_formula(record.artist),
        record.colormap,
        record.width,
        record.height,
        record.vmin,
        record.vmax,
        iso_timestamp(record.created_at),
        record.split,
    )
    return (*row, record.status) if has_status else row


def escape_formula(text: str) -> str:
    """Returns the text, after an apostrophe if a spreadsheet would evaluate it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _encode_rows(rows: list[tuple[object, ...]]) -> bytes:
    """Returns CSV lines (RFC 4180) in UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
