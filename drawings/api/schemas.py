"""The parameters and bodies of the API's requests and responses.

Each value has a JSON Schema, and a sentence for people when it is invalid.
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

MOST_LISTED = 100
LISTED = 24
MOST_IN_ARRAY = 1_000
IN_ARRAY = 500
QUERY_LENGTH = 100

COLORMAPS = [name for _, names in colormaps.grouped_colormaps() for name in names]

STATUSES = tuple(models.Drawing.Status.values)
Status = Literal["published", "pending", "hidden"]
Split = Literal["train", "validation", "test"]
Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]


# --- Parameters -----------------------------------------------------------------------------


def whole(least: int, most: int) -> Callable[[str], int]:
    sentence = f"Give a whole number from {least:,} to {most:,}."

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(sentence)
        return int(text)

    return parse


def one_of(*values: str) -> Callable[[str], str]:
    sentence = f"Give {', '.join(values[:-1])} or {values[-1]}."

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(sentence)
        return text

    return parse


def text(check: Callable[[str], None], most: int) -> Callable[[str], str]:
    """A parser of text that one of the site's validators accepts."""

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
    """Parse a time, or a date as its first moment; in UTC unless it has a zone."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:  # JSON may hold any type here
        raise ValueError(
            "Give a date or a time as ISO 8601 has it, such as 2026-11-30 or 2026-11-30T18:00:00Z."
        ) from error
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # the zone moves it out of datetime's range
        return time.replace(tzinfo=UTC)


def parse_cursor(text: str) -> str:
    if not re.fullmatch(CURSOR_PATTERN, text):
        raise ValueError("Take the cursor as it is in next, or leave it out.")
    return text


def number_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def text_schema(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": most})


def enum_schema(values: Sequence[str | int]) -> WithJsonSchema:
    kind = "string" if isinstance(values[0], str) else "integer"
    return WithJsonSchema({"type": kind, "enum": list(values)})


# None means that the parameter is absent; null is not allowed.
Words = Annotated[
    str | None, PlainValidator(text(validate_line, QUERY_LENGTH)), text_schema(QUERY_LENGTH)
]
Artist = Annotated[
    str | None, PlainValidator(text(validate_line, ARTIST_LENGTH)), text_schema(ARTIST_LENGTH)
]
Colormap = Annotated[
    str | None, PlainValidator(text(validate_colormap, QUERY_LENGTH)), enum_schema(COLORMAPS)
]
Side = Annotated[
    int | None,
    PlainValidator(whole(pixels.MIN_SIDE, pixels.MAX_SIDE)),
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
StatusAsked = Annotated[str | None, PlainValidator(one_of(*STATUSES)), enum_schema(STATUSES)]


class ExportQuery(BaseModel):
    """Which drawings: all that is given must hold."""

    q: Words = Field(
        None, description="Words that the title or the artist's name has, or begins with."
    )
    artist: Artist = Field(None, description="The artist's name, exactly.")
    cmap: Colormap = Field(None, description="The colormap.")
    since: Time = Field(None, description="Drawn at this time or later.")
    until: Time = Field(None, description="Drawn before this time.")
    status: StatusAsked = Field(
        None, description="Published drawings, unless a token may read the others."
    )


class PageQuery(ExportQuery):
    """These as well, for a page at a time."""

    width: Side = Field(None, description="The width in pixels.")
    height: Side = Field(None, description="The height in pixels.")
    updated_since: Time = Field(
        None,
        description="New or changed at this time or later: then the oldest change comes first.",
    )
    cursor: Cursor = Field(None, description="Where to go on, as `next` has it.")


class ListQuery(PageQuery):
    limit: Annotated[int, PlainValidator(whole(1, MOST_LISTED)), number_schema(1, MOST_LISTED)] = (
        Field(LISTED, description="How many drawings at most.")
    )


class ArrayQuery(PageQuery):
    limit: Annotated[
        int, PlainValidator(whole(1, MOST_IN_ARRAY)), number_schema(1, MOST_IN_ARRAY)
    ] = Field(IN_ARRAY, description="How many drawings at most.")


class StatisticsQuery(BaseModel):
    days: Annotated[str, PlainValidator(one_of("30", "365")), enum_schema([30, 365])] = Field(
        "30", description="The last so many days.", json_schema_extra={"default": 30}
    )


class StatusChange(BaseModel):
    """What staff decides about a drawing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Status = Field(description="What the drawing is from now on.")
    updated_at: Time = Field(
        None,
        description="As it was when the decision was made: who changed the drawing since is not"
        " overruled.",
    )


# --- Response bodies ------------------------------------------------------------------------


class ResponseBody(BaseModel):
    """Fields are only ever added: clients ignore those that they do not know."""


class Drawing(ResponseBody):
    id: UUID = Field(description="A UUIDv7: it begins with the time, so ids sort by it.")
    url: Url = Field(description="The page for people.")
    image_url: Url = Field(description="PNG in the drawing's colours.")
    pixels_url: Url = Field(description="The brightness as NumPy's file, uint8 (height, width).")
    strokes_url: Url | None = Field(description="How it was drawn; null if that is not known.")
    title: str = Field(description="May be empty.", max_length=TITLE_LENGTH)
    artist: str = Field(description="May be empty.", max_length=ARTIST_LENGTH)
    colormap: str = Field(description="matplotlib's name of it.")
    width: int = Field(description="In pixels.", ge=pixels.MIN_SIDE, le=pixels.MAX_SIDE)
    height: int = Field(description="In pixels.", ge=pixels.MIN_SIDE, le=pixels.MAX_SIDE)
    vmin: int = Field(description="The brightness of the colormap's first colour.", ge=0, le=255)
    vmax: int = Field(description="The brightness of the colormap's last colour.", ge=0, le=255)
    status: Status = Field(description="Only published drawings are everybody's to see.")
    created_at: datetime = Field(description="When it came to the wall.")
    updated_at: datetime = Field(
        description="When it was stored or last changed, by the database's clock."
    )
    parent: UUID | None = Field(
        description="The id of the drawing that it was drawn on; null if there is none to see."
    )
    split: Split = Field(description="Its part of the data set. It never changes.")


class DrawingList(ResponseBody):
    drawings: list[Drawing]
    next: Url | None = Field(description="The next page; null at the end, and only there.")


class Day(ResponseBody):
    day: date = Field(description="In UTC.")
    drawings: int | None = Field(
        description="How many came, whatever became of them; null if not counted yet.", ge=0
    )


class ColormapCount(ResponseBody):
    colormap: str
    drawings: int = Field(ge=1)


class Statistics(ResponseBody):
    days: list[Day] = Field(description="The oldest first, today last.")
    colormaps: list[ColormapCount] = Field(description="The commonest first.")
    sampled: int = Field(description="Of how many of the newest drawings.", ge=0)


class Errors(ResponseBody):
    """What is wrong, in sentences for people."""

    errors: dict[str, list[str]] = Field(
        description="By field; `request` is the request as a whole.",
        json_schema_extra={"minProperties": 1},
    )


# --- Request bodies -------------------------------------------------------------------------


class Submission(BaseModel):
    """A drawing, with its pixels as `pixels` or as `image`. For the schema alone: what is sent goes
    through the site's own form."""

    pixels: list[list[Annotated[int, Field(ge=0, le=255)]]] | None = Field(
        None,
        description="Rows of brightness from the top: 0 is black, 255 is white paper.",
        min_length=pixels.MIN_SIDE,
        max_length=pixels.MAX_SIDE,
    )
    image: str | None = Field(None, description="A picture file in base64.")
    title: str | None = Field(None, max_length=TITLE_LENGTH)
    artist: str | None = Field(None, max_length=ARTIST_LENGTH)
    colormap: str | None = Field(None, description="matplotlib's name of it.")
    strokes: dict[str, Any] | None = Field(None, description="How the image was drawn.")
    submission_key: UUID | None = Field(
        None, description="A random UUID of your own: sent twice, the drawing is stored once."
    )
