"""Request bodies with a new drawing: the site's form encoding, or JSON."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest

from drawings.api.schemas import Submission
from drawings.forms.submission import SubmissionForm, UploadField, refuse_blank
from drawings.imaging import pixels
from drawsite.lib import strict_json
from drawsite.lib.refusals import RefusedError

FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
JSON = "application/json"
TEXT_FIELDS = ("title", "artist", "colormap", "submission_key")


def read_form(request: HttpRequest) -> SubmissionForm:
    """Returns an unvalidated form with the body's values.

    Raises RefusedError: 400 if the body is not JSON, 422 if it is not an object, 415 for other
    types.
    """
    if request.content_type in FORM_TYPES:
        return SubmissionForm(request.POST, request.FILES)
    if request.content_type != JSON:
        kinds = ", ".join((*FORM_TYPES, JSON))
        raise RefusedError(415, f"Send a body of one of these types: {kinds}.")
    try:
        values = strict_json.loads(request.body)
    except ValueError as error:
        raise RefusedError(400, "The body is not JSON.") from error
    if not isinstance(values, dict):
        raise RefusedError(422, "Send a JSON object.")
    return JsonForm({name: value for name, value in values.items() if value is not None})


class RowsField(forms.Field):
    """Rows of whole numbers; cleans to an (H, W) uint8 array."""

    def clean(self, value: Any) -> pixels.Field | None:
        return None if value is None else refuse_blank(parse_rows(value))


def parse_rows(rows: Any) -> pixels.Field:
    """Returns rows of numbers as an (H, W) uint8 array. Raises ValidationError for other values."""
    sides = f"{pixels.MIN_SIDE} to {pixels.MAX_SIDE}"
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValidationError("This must be a list of rows, each a list of numbers.")
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or not all(
        pixels.MIN_SIDE <= side <= pixels.MAX_SIDE for side in (len(rows), *lengths)
    ):
        raise ValidationError(f"Send {sides} rows of equal length, with {sides} numbers each.")
    # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
    if not {type(number) for row in rows for number in row} <= {int, float}:
        raise ValidationError("Every pixel must be a number.")
    if not all(0 <= number <= 255 for row in rows for number in row):  # refuses NaN too
        raise ValidationError("Every number must be from 0 to 255.")
    numbers = np.array(rows, np.float64)
    if (numbers % 1).any():
        raise ValidationError("Every number must be a whole number.")
    return numbers.astype(np.uint8)


class Base64Field(forms.Field):
    """An image file in base64; cleans to an (H, W) uint8 array."""

    def clean(self, value: Any) -> pixels.Field | None:
        if value is None:
            return None
        try:
            data = base64.b64decode(value, validate=True)
        except (TypeError, ValueError) as error:
            raise ValidationError("This must be an image file in base64.") from error
        return UploadField().clean(SimpleUploadedFile("image", data))


class JsonForm(SubmissionForm):
    """The site's form, filled with the values of a JSON object."""

    pixel_fields = image_fields = ("image", "pixels")

    canvas_data = None  # type: ignore[assignment]  # JSON has `pixels` instead
    image = Base64Field(required=False)  # type: ignore[assignment]
    pixels = RowsField(required=False)
    field_order = ("image", "pixels")  # before the strokes, as in SubmissionForm

    def __init__(self, values: Mapping[str, Any]) -> None:
        data = dict(values)
        self.problems: dict[str, str] = {}
        for name in TEXT_FIELDS:
            # A CharField would accept any value, converted by str().
            if not isinstance(data.get(name, ""), str):
                self.problems[name] = "This must be text."
                del data[name]
        if "strokes" in data:
            try:
                data["strokes"] = dump_strokes(data["strokes"])
            except ValueError as error:
                self.problems["strokes"] = str(error)
                del data["strokes"]
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name, problem in self.problems.items():
            self.add_error(name, problem)
        return data


def dump_strokes(document: Any) -> str:
    """Returns a strokes document as JSON. Raises ValueError for other types or deep nesting."""
    if not isinstance(document, dict):
        raise ValueError("This must be an object.")
    try:
        return json.dumps(document, separators=(",", ":"))
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error


# --- For the OpenAPI document ---------------------------------------------------------------

_OBJECT = Submission.model_json_schema()
_TEXT = {"type": "string"}
_FORM = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "format": "binary", "description": "An image file."},
        "canvas_data": {
            **_TEXT,
            "description": "A flat JSON list of 40,000 brightness values: 200 rows of 200.",
        },
        **{
            name: {**_TEXT, "description": _OBJECT["properties"][name].get("description", "")}
            for name in ("title", "artist", "colormap", "submission_key")
        },
        "strokes": {**_TEXT, "description": "The strokes that produce the image, as JSON."},
    },
}
_EXAMPLE = {
    "pixels": [[16 * row + column for column in range(16)] for row in range(16)],
    "title": "Shades",
}
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": _OBJECT, "example": _EXAMPLE},
            **{kind: {"schema": _FORM} for kind in FORM_TYPES},
        },
    }
}
