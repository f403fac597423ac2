"""The records of sources, and the columns of the drawings that they become."""

import hashlib
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from drawings.imaging import pixels, strokes, uploads
from drawings.imaging.png import is_grey_png, split_png
from drawsite.lib import uuid7

# The namespace of the submission keys (UUIDv5). It never changes, and neither do the kinds that
# readers use for keys, so that a repeated import adds nothing.
NAMESPACE = UUID("5bd24ac8-6d0e-5b63-9d0c-3f0e7b1f6a11")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The names and values of a drawing's columns.
Columns = dict[str, Any]
Data = bytes | pixels.Field


class BadSourceError(Exception):
    """A source cannot be read, or not any further; the message is a sentence."""


class BadRecordError(ValueError):
    """A record cannot become a drawing; the message is a sentence."""


class Options(NamedTuple):
    size: tuple[int, int]  # width and height in pixels that strokes are rasterised at
    label: str | None = None  # the title of all bitmaps, and of other records without one
    polarity: Literal["ink", "paper"] = "ink"  # what high numbers mean in foreign arrays
    max_bytes: int = 2_000_000  # of an image file, as on the site


class Task(NamedTuple):
    """A record and the function that converts its data. All of it can be pickled, for workers."""

    where: str
    data: Data
    to_columns: Callable[[Any], Columns]


Tasks = Generator[Task, None, None]


class Source(NamedTuple):
    tasks: Tasks  # raises BadSourceError where the source cannot be read any further
    total: int | None = None  # the number of tasks, if it is known


def bad_record(where: str, reason: str) -> Task:
    """Returns a task that fails with this reason, for a record that could not be read."""
    return Task(where, reason.encode(), raise_bad_record)


def raise_bad_record(reason: bytes) -> Columns:
    raise BadRecordError(reason.decode())


# --- Columns --------------------------------------------------------------------------------


def columns_from_export(
    field: pixels.Field,
    values: Mapping[str, Any],
    document: strokes.Document | None = None,
    blob: bytes | None = None,
) -> Columns:
    """Returns the columns of a record of one of this project's exports.

    `values` has the names of the ImageFolder export. `blob` is the field as a blob, if it is known.
    Raises BadRecordError or BadStrokesError.
    """
    shape = (values.get("height"), values.get("width"))
    if shape not in ((None, None), field.shape):
        raise BadRecordError("The image's size does not match its width and height.")
    vmin, vmax = values.get("vmin", 0), values.get("vmax", pixels.WHITE)
    if not (type(vmin) is type(vmax) is int and 0 <= vmin <= vmax <= pixels.WHITE):
        raise BadRecordError("vmin and vmax must be whole numbers from 0 to 255, vmin no greater.")
    columns = {
        **_pixel_columns(field, blob),
        "id": _parse_uuid(values.get("id")),
        "title": _get_text(values, "label"),
        "artist": _get_text(values, "artist"),
        "colormap": _get_text(values, "colormap", "gray"),
        "vmin": vmin,
        "vmax": vmax,
        "created_at": parse_time(values.get("created_at")),
    }
    if "status" in values:
        columns["status"] = _get_text(values, "status")
    if document is not None:
        columns |= _stroke_columns(document, field)
    return columns


def columns_from_exported_png(
    data: bytes, values: Mapping[str, Any], document: strokes.Document | None = None
) -> Columns:
    """Like `columns_from_export`, for a record with an 8-bit grey PNG as its image.

    Raises BadImageError, too.
    """
    if not is_grey_png(data):
        raise BadRecordError("Its image must be an 8-bit grey PNG.")
    if (png := split_png(data)) is not None:
        with suppress(pixels.BadBlobError):
            return columns_from_export(pixels.read_blob(*png), values, document, png.blob)
    return columns_from_export(uploads.field_from_image_file(data), values, document)


def foreign_columns(
    field: pixels.Field, *, key: UUID, title: str, created_at: datetime, artist: str = ""
) -> Columns:
    """Returns the columns of a record of another project. `key` identifies it in later imports."""
    return {
        **_pixel_columns(field),
        "id": id_from_key(created_at, key),
        "submission_key": key,
        "title": title,
        "artist": artist,
        "created_at": created_at,
    }


def _pixel_columns(field: pixels.Field, blob: bytes | None = None) -> Columns:
    if not all(pixels.MIN_SIDE <= side <= pixels.MAX_SIDE for side in field.shape):
        raise BadRecordError(
            f"It must be {pixels.MIN_SIDE} to {pixels.MAX_SIDE} pixels a side, not"
            f" {field.shape[1]} x {field.shape[0]}."
        )
    if pixels.is_blank(field):
        raise BadRecordError("This is blank: it has only one shade.")
    height, width = field.shape
    return {"blob": blob or pixels.write_blob(field), "height": height, "width": width}


def _stroke_columns(document: strokes.Document, field: pixels.Field) -> Columns:
    strokes.check(document)
    strokes.embedded_base_image(document)
    if (document["height"], document["width"]) != field.shape:
        raise BadRecordError("The strokes and the image must have the same size.")
    return {"strokes": strokes.pack(document), "parent_id": strokes.base_drawing_id(document)}


def _parse_uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRecordError("Its id must be a UUID.") from error


def _get_text(values: Mapping[str, Any], name: str, default: str = "") -> str:
    value = values.get(name, default)
    if not isinstance(value, str):
        raise BadRecordError(f"{name} must be text.")
    return value


# --- Values of foreign records --------------------------------------------------------------


def single_line(value: Any) -> str:
    """Returns a label as one line of text. Raises BadRecordError unless it is text, int or None."""
    if value is None:
        return ""
    if type(value) not in (str, int):
        raise BadRecordError("A label must be text or a whole number.")
    return " ".join(str(value).split())


def parse_time(value: Any) -> datetime:
    """Returns a datetime or a text, with a time zone or without one, as a datetime in UTC.

    The text is in ISO 8601, or like Quick, Draw!'s "2017-03-02 23:25:10.07453 UTC". Raises
    BadRecordError if it is not a time.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        time = value if value.tzinfo else value.replace(tzinfo=UTC)
        return time.astimezone(UTC)  # type: ignore[no-any-return]
    except (ValueError, OverflowError, AttributeError, TypeError) as error:
        raise BadRecordError("Its time must be like 2026-01-31T12:00:00+00:00.") from error


def file_order_time(modified: float, position: int) -> datetime:
    """Returns the time of a record that has none: its file's, plus `position` microseconds.

    `modified` is in seconds since 1970. The drawings thus keep the order of the file.
    """
    return EPOCH + timedelta(seconds=max(0.0, modified), microseconds=position)


def id_from_key(created_at: datetime, key: UUID) -> UUID:
    """Returns a UUIDv7 that is always the same for a time and a key.

    Ids are ordered by time to the microsecond (RFC 9562, section 6.2, method 3). Raises
    BadRecordError if the time is before 1970.
    """
    if created_at < EPOCH:
        raise BadRecordError("Its time must not be before 1970.")
    return uuid7.from_time(created_at, key.int)


def key_from_name(kind: str, name: str) -> UUID:
    """Returns the submission key of a record with a name that is unique in its kind of source.

    Raises BadRecordError if the name cannot be encoded in UTF-8.
    """
    try:
        return uuid5(NAMESPACE, f"{kind}:{name}")
    except UnicodeEncodeError as error:
        raise BadRecordError("Its key_id is not text.") from error


def key_from_pixels(kind: str, field: pixels.Field, *texts: str) -> UUID:
    """Returns the submission key of a record without a name, by its pixels and texts."""
    digest = hashlib.sha256(repr((field.shape, texts)).encode())
    digest.update(field.tobytes())
    return key_from_name(kind, digest.hexdigest())
