"""wall.csv: what is said of each drawing, without pixels, for spreadsheets and pandas."""

import csv
import io

from drawings.datasets.exports.source import Progress, Record, Source, iso
from drawings.datasets.exports.zip_writer import Sink

COLUMNS = (
    "id", "title", "artist", "colormap", "width", "height", "vmin", "vmax", "created_at", "split",
)  # fmt: skip
# What a spreadsheet would take for a formula, or for the beginning of one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(out: Sink, source: Source) -> Progress:
    has_status = source.has_status
    head = (*COLUMNS, "status") if has_status else COLUMNS
    out.write(_lines([head]))
    for batch in source.said():
        out.write(_lines([_row(record, has_status) for record in batch]))
        yield source.counts.total()


def _row(record: Record, has_status: bool) -> tuple[object, ...]:
    row = (
        record.id,
        harmless(record.title),
        harmless(record.artist),
        record.colormap,
        record.width,
        record.height,
        record.vmin,
        record.vmax,
        iso(record.created_at),
        record.split,
    )
    return (*row, record.status) if has_status else row


def harmless(text: str) -> str:
    """The text, behind an apostrophe if a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: list[tuple[object, ...]]) -> bytes:
    """As RFC 4180 has them, but in UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
