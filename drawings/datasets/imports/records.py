"""What sources give, and the columns of a drawing that it becomes."""

import hashlib
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from drawings.imaging import pixels, strokes, uploads
from drawings.imaging.png import is_grey_png, split_png
from drawsite.lib import uuid7

# Of the keys below: what is imported again is known by it.
NAMESPACE = UUID("5bd24ac8-6d0e-5b63-9d0c-3f0e7b1f6a11")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The names and values of a drawing's columns.
Columns = dict[str, Any]
Data = bytes | pixels.Field


class BadSourceError(Exception):
    """A source, or all that is left of it, cannot be read; the message is a sentence."""


class BadRecordError(ValueError):
    """A record that can be no drawing; the message is a sentence."""


class Options(NamedTuple):
    size: tuple[int, int]  # width, height: of what is drawn anew
    label: str | None = None  # the title of what has none, and of every bitmap
    polarity: Literal["ink", "paper"] = "ink"  # what the high numbers of others' arrays are
    max_bytes: int = 2_000_000  # of a picture, as on the site


class Task(NamedTuple):
    """A record, and how to make columns of it, in another process: all of it can be pickled."""

    where: str
    data: Data
    make: Callable[[Any], Columns]


Tasks = Generator[Task, None, None]


class Source(NamedTuple):
    tasks: Tasks  # BadSourceError where it breaks off
    total: int | None = None  # how many, if that is known


def bad(where: str, reason: str) -> Task:
    """The task of a record that could not be read."""
    return Task(where, reason.encode(), refuse)


def refuse(reason: bytes) -> Columns:
    raise BadRecordError(reason.decode())


# --- Columns --------------------------------------------------------------------------------


def of_own(
    field: pixels.Field,
    values: Mapping[str, Any],
    document: strokes.Document | None = None,
    blob: bytes | None = None,
) -> Columns:
    """Of a record of this project's own exports, by the names that they have in ImageFolder.

    `blob` is the field's, if it is there already.
    """
    shape = (values.get("height"), values.get("width"))
    if shape not in ((None, None), field.shape):
        raise BadRecordError("Its picture is not as large as its width and height say.")
    vmin, vmax = values.get("vmin", 0), values.get("vmax", pixels.WHITE)
    if not (type(vmin) is type(vmax) is int and 0 <= vmin <= vmax <= pixels.WHITE):
        raise BadRecordError("vmin and vmax must be whole numbers from 0 to 255, vmin no greater.")
    columns = {
        **_of_pixels(field, blob),
        "id": _uuid(values.get("id")),
        "title": _text(values, "label"),
        "artist": _text(values, "artist"),
        "colormap": _text(values, "colormap", "gray"),
        "vmin": vmin,
        "vmax": vmax,
        "created_at": time_of(values.get("created_at")),
    }
    if "status" in values:
        columns["status"] = _text(values, "status")
    if document is not None:
        columns |= _of_strokes(document, field)
    return columns


def of_own_picture(
    data: bytes, values: Mapping[str, Any], document: strokes.Document | None = None
) -> Columns:
    """The same of a record with a picture, whose pixels are kept as they are."""
    if not is_grey_png(data):
        raise BadRecordError("Its picture must be an 8-bit grey PNG.")
    if (kept := split_png(data)) is not None:
        with suppress(pixels.BadBlobError):
            return of_own(pixels.read_blob(*kept), values, document, kept.blob)
    return of_own(uploads.field_from_image_file(data), values, document)


def of_others(
    field: pixels.Field, *, key: UUID, title: str, created_at: datetime, artist: str = ""
) -> Columns:
    """Of a record from elsewhere; `key` is what it is known by when it comes again."""
    return {
        **_of_pixels(field),
        "id": id_of(created_at, key),
        "submission_key": key,
        "title": title,
        "artist": artist,
        "created_at": created_at,
    }


def _of_pixels(field: pixels.Field, blob: bytes | None = None) -> Columns:
    if not all(pixels.MIN_SIDE <= side <= pixels.MAX_SIDE for side in field.shape):
        raise BadRecordError(
            f"It must be {pixels.MIN_SIDE} to {pixels.MAX_SIDE} pixels a side, not"
            f" {field.shape[1]} x {field.shape[0]}."
        )
    if pixels.is_blank(field):
        raise BadRecordError("This is blank: it has only one shade.")
    height, width = field.shape
    return {"blob": blob or pixels.write_blob(field), "height": height, "width": width}


def _of_strokes(document: strokes.Document, field: pixels.Field) -> Columns:
    strokes.check(document)
    strokes.embedded_base_image(document)
    if (document["height"], document["width"]) != field.shape:
        raise BadRecordError("The strokes are not as large as the picture.")
    return {"strokes": strokes.pack(document), "parent_id": strokes.base_drawing_id(document)}


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRecordError("Its id must be a UUID.") from error


def _text(values: Mapping[str, Any], name: str, default: str = "") -> str:
    value = values.get(name, default)
    if not isinstance(value, str):
        raise BadRecordError(f"{name} must be text.")
    return value


# --- Values of others -----------------------------------------------------------------------


def line_of(value: Any) -> str:
    """A label as one line of text."""
    if value is None:
        return ""
    if type(value) not in (str, int):
        raise BadRecordError("A label must be text or a whole number.")
    return " ".join(str(value).split())


def time_of(value: Any) -> datetime:
    """An ISO 8601 text, or Quick, Draw!'s "2017-03-02 23:25:10.07453 UTC", in UTC."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        time = value if value.tzinfo else value.replace(tzinfo=UTC)
        return time.astimezone(UTC)  # type: ignore[no-any-return]
    except (ValueError, OverflowError, AttributeError, TypeError) as error:
        raise BadRecordError("Its time must be as 2026-01-31T12:00:00+00:00.") from error


def time_in(modified: float, position: int) -> datetime:
    """When a record was made that does not say so: as its file, and in the file's order."""
    return EPOCH + timedelta(seconds=max(0.0, modified), microseconds=position)


def id_of(created_at: datetime, key: UUID) -> UUID:
    """The UUIDv7 of a time and a key: the same for the same, and in the order of the times.

    To the microsecond, by RFC 9562's method 3 (section 6.2).
    """
    if created_at < EPOCH:
        raise BadRecordError("Its time must not be before 1970.")
    return uuid7.from_time(created_at, key.int)


def key_of(kind: str, name: str) -> UUID:
    """What a record of a kind of source is known by that has a name of its own there.

    BadRecordError if the name is no text.
    """
    try:
        return uuid5(NAMESPACE, f"{kind}:{name}")
    except UnicodeEncodeError as error:
        raise BadRecordError("Its key_id is not text.") from error


def key_of_pixels(kind: str, field: pixels.Field, *texts: str) -> UUID:
    """The same of one that has none: by its pixels and by what is said of it."""
    digest = hashlib.sha256(repr((field.shape, texts)).encode())
    digest.update(field.tobytes())
    return key_of(kind, digest.hexdigest())
