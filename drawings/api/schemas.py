"""The API's parameters, request bodies and response bodies.

Each value has a JSON Schema, and a sentence that tells people why it is invalid.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from drawings import models
from drawings.api.pagination import CURSOR_PATTERN
from drawings.imaging import colormaps, pixels
from drawings.models import ARTIST_LENGTH, TITLE_LENGTH
from drawings.models.validators import validate_colormap, validate_line

MAX_LIST_LIMIT = 100
DEFAULT_LIST_LIMIT = 24
MAX_ARRAY_LIMIT = 1_000
DEFAULT_ARRAY_LIMIT = 500
QUERY_LENGTH = 100

COLORMAPS = [name for _, names in colormaps.grouped_colormaps() for name in names]

STATUSES = tuple(models.Drawing.Status.values)
Status = Literal["published", "pending", "hidden"]
Split = Literal["train", "validation", "test"]
Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]


# --- Parameters -----------------------------------------------------------------------------


def whole_number_parser(least: int, most: int) -> Callable[[str], int]:
    sentence = f"Give a whole number from {least:,} to {most:,}."

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(sentence)
        return int(text)

    return parse


def choice_parser(*values: str) -> Callable[[str], str]:
    sentence = f"Give {', '.join(values[:-1])} or {values[-1]}."

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(sentence)
        return text

    return parse


def text_parser(check: Callable[[str], None], most: int) -> Callable[[str], str]:
    """Returns a parser for text that a validator accepts, with at most `most` characters."""

    def parse(text: str) -> str:
        if len(text) > most:
            raise ValueError(f"Give at most {most} characters.")
        try:
            check(text)
        except ValidationError as error:
            raise ValueError(error.message) from error
        return text

    return parse


def parse_time(text: Any) -> datetime:
    """Returns a UTC time from an ISO 8601 time or date (midnight). Without a zone, it is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:  # in JSON, the value may have any type
        raise ValueError(
            "Give a date or a time in ISO 8601, such as 2026-11-30 or 2026-11-30T18:00:00Z."
        ) from error
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # the zone moves it out of datetime's range
        return time.replace(tzinfo=UTC)


def parse_cursor(text: str) -> str:
    if not re.fullmatch(CURSOR_PATTERN, text):
        raise ValueError("Copy the cursor from next unchanged, or leave it out.")
    return text


def number_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def text_schema(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": most})


def enum_schema(values: Sequence[str | int]) -> WithJsonSchema:
    kind = "string" if isinstance(values[0], str) else "integer"
    return WithJsonSchema({"type": kind, "enum": list(values)})


# None means that the parameter is absent. Clients can't send null.
Words = Annotated[
    str | None, PlainValidator(text_parser(validate_line, QUERY_LENGTH)), text_schema(QUERY_LENGTH)
]
Artist = Annotated[
    str | None,
    PlainValidator(text_parser(validate_line, ARTIST_LENGTH)),
    text_schema(ARTIST_LENGTH),
]
Colormap = Annotated[
    str | None, PlainValidator(text_parser(validate_colormap, QUERY_LENGTH)), enum_schema(COLORMAPS)
]
Side = Annotated[
    int | None,
    PlainValidator(whole_number_parser(pixels.MIN_SIDE, pixels.MAX_SIDE)),
    number_schema(pixels.MIN_SIDE, pixels.MAX_SIDE),
]
Time = Annotated[
    datetime | None,
    PlainValidator(parse_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ]
        }
    ),
]
Cursor = Annotated[
    str | None,
    PlainValidator(parse_cursor),
    WithJsonSchema({"type": "string", "pattern": CURSOR_PATTERN}),
]
StatusFilter = Annotated[
    str | None, PlainValidator(choice_parser(*STATUSES)), enum_schema(STATUSES)
]


class ExportQuery(BaseModel):
    """Selects the drawings that match all the filters given."""

    q: Words = Field(
        None,
        description="Words, or beginnings of words, in the title or the artist's name."
        " Each Chinese, Japanese or Korean character and each emoji is a word.",
    )
    artist: Artist = Field(None, description="The artist's exact name.")
    cmap: Colormap = Field(None, description="The colormap.")
    since: Time = Field(None, description="Created at this time or later.")
    until: Time = Field(None, description="Created before this time.")
    status: StatusFilter = Field(
        None, description="By default `published`. Other statuses need a token with Read."
    )


class PageQuery(ExportQuery):
    """Selects one page of the matching drawings."""

    width: Side = Field(None, description="The width in pixels.")
    height: Side = Field(None, description="The height in pixels.")
    updated_since: Time = Field(
        None,
        description="New or changed at this time or later. Sorts the oldest change first.",
    )
    cursor: Cursor = Field(None, description="Where to continue: copy it from `next`.")


class ListQuery(PageQuery):
    limit: Annotated[
        int,
        PlainValidator(whole_number_parser(1, MAX_LIST_LIMIT)),
        number_schema(1, MAX_LIST_LIMIT),
    ] = Field(DEFAULT_LIST_LIMIT, description="The maximum number of drawings.")


class ArrayQuery(PageQuery):
    limit: Annotated[
        int,
        PlainValidator(whole_number_parser(1, MAX_ARRAY_LIMIT)),
        number_schema(1, MAX_ARRAY_LIMIT),
    ] = Field(DEFAULT_ARRAY_LIMIT, description="The maximum number of drawings.")


class StatisticsQuery(BaseModel):
    days: Annotated[str, PlainValidator(choice_parser("30", "365")), enum_schema([30, 365])] = (
        Field(
            "30", description="The number of days, up to today.", json_schema_extra={"default": 30}
        )
    )


class StatusChange(BaseModel):
    """A moderator's decision about a drawing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Status = Field(description="The drawing's new status.")
    updated_at: Time = Field(
        None,
        description="The drawing's `updated_at` when you decided. If the drawing has changed since,"
        " nothing happens, and the response is 409.",
    )


# --- Response bodies ------------------------------------------------------------------------


class ResponseBody(BaseModel):
    """The base of all response bodies. Fields are only ever added; clients ignore unknown ones."""


class Drawing(ResponseBody):
    id: UUID = Field(description="A UUIDv7. It begins with the time, so ids sort by time.")
    url: Url = Field(description="The drawing's page.")
    image_url: Url = Field(description="The PNG in the drawing's own colormap.")
    pixels_url: Url = Field(description="The pixels as a NumPy file: uint8, (height, width).")
    strokes_url: Url | None = Field(description="The strokes; null if there are none to see.")
    title: str = Field(description="May be empty.", max_length=TITLE_LENGTH)
    artist: str = Field(description="May be empty.", max_length=ARTIST_LENGTH)
    colormap: str = Field(description="The name of a colormap: one of matplotlib's, or crayons.")
    width: int = Field(description="In pixels.", ge=pixels.MIN_SIDE, le=pixels.MAX_SIDE)
    height: int = Field(description="In pixels.", ge=pixels.MIN_SIDE, le=pixels.MAX_SIDE)
    vmin: int = Field(description="The brightness of the colormap's first colour.", ge=0, le=255)
    vmax: int = Field(description="The brightness of the colormap's last colour.", ge=0, le=255)
    status: Status = Field(description="Only published drawings are public.")
    created_at: datetime = Field(description="When the drawing was received.")
    updated_at: datetime = Field(
        description="When the drawing was stored or last changed, by the database's clock."
    )
    parent: UUID | None = Field(
        description="The id of the drawing that this was drawn on; null if there is none to see."
    )
    split: Split = Field(description="The dataset split, which never changes.")


class DrawingList(ResponseBody):
    drawings: list[Drawing]
    next: Url | None = Field(description="The next page. Null only on the last page.")


class Day(ResponseBody):
    day: date = Field(description="In UTC.")
    drawings: int | None = Field(
        description="Drawings received, whatever their status now; null if not yet counted.", ge=0
    )


class ColormapCount(ResponseBody):
    colormap: str
    drawings: int = Field(ge=1)


class Statistics(ResponseBody):
    days: list[Day] = Field(description="From the oldest day to today.")
    colormaps: list[ColormapCount] = Field(description="The most common first.")
    sampled: int = Field(description="The number of newest drawings that `colormaps` counts.", ge=0)


class Errors(ResponseBody):
    """The problems of a request, in sentences for people."""

    errors: dict[str, list[str]] = Field(
        description="Sentences by field. `request` is the request as a whole.",
        json_schema_extra={"minProperties": 1},
    )


# --- Request bodies -------------------------------------------------------------------------


class Submission(BaseModel):
    """A new drawing, with either `pixels` or `image`.

    Only for the OpenAPI document: request_bodies.JsonForm validates the values.
    """

    pixels: list[list[Annotated[int, Field(ge=0, le=255)]]] | None = Field(
        None,
        description="Rows of brightness values, from the top: 0 is black, 255 is white.",
        min_length=pixels.MIN_SIDE,
        max_length=pixels.MAX_SIDE,
    )
    image: str | None = Field(None, description="An image file in base64.")
    title: str | None = Field(None, max_length=TITLE_LENGTH)
    artist: str | None = Field(None, max_length=ARTIST_LENGTH)
    colormap: str | None = Field(
        None, description="The name of a colormap: one of matplotlib's, or crayons."
    )
    strokes: dict[str, Any] | None = Field(None, description="The strokes that produce the image.")
    submission_key: UUID | None = Field(
        None, description="A random UUID that you choose. A drawing sent twice is stored once."
    )
