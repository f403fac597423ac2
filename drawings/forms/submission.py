"""Forms for new drawings and their titles."""

from typing import Any
from uuid import UUID

import numpy as np
from django import forms
from django.core.exceptions import ValidationError

from drawings.imaging import pixels, uploads
from drawings.imaging.strokes import (
    BadStrokesError,
    Document,
    base_drawing_id,
    embedded_base_image,
    pack_text,
    parse,
)
from drawings.models import ARTIST_LENGTH, TITLE_LENGTH, BlockedWord, Drawing
from drawings.models.text import folded_words
from drawings.models.validators import validate_colormap, validate_line
from drawings.queries.base_images import find_base_drawing
from drawsite.lib import strict_json

# The Flask app's canvas.
LIST_SIDE = 200
LIST_LENGTH = LIST_SIDE * LIST_SIDE
# In floating point, weights that add up to 1 turn white into 255.00000000000003.
ROUNDING = 1e-9


class UploadField(forms.FileField):
    """An image file; cleans to an (H, W) uint8 array."""

    def clean(self, data: Any, initial: Any = None) -> pixels.Field | None:
        file = super().clean(data, initial)
        if file is None:
            return None
        try:
            field = uploads.field_from_image_file(file.read())
        except uploads.BadImageError as error:
            raise ValidationError(str(error)) from error
        return refuse_blank(field)


def refuse_blank(field: pixels.Field) -> pixels.Field:
    """Returns the field. Raises ValidationError if all its pixels have the same shade."""
    if pixels.is_blank(field):
        raise ValidationError("This is blank: it has only one shade. Draw something first.")
    return field


def parse_brightness_list(text: str) -> pixels.Field:
    """Parse the Flask app's format: a flat JSON list of 40,000 numbers from 0 to 255.

    Returns a (200, 200) uint8 array, rounded half up. Raises ValidationError for any other text.
    """
    wrong_length = ValidationError(
        f"Send a list of exactly {LIST_LENGTH:,} numbers:"
        f" {LIST_SIDE} rows of {LIST_SIDE}, from the top left."
    )
    if text.count(",") >= LIST_LENGTH:  # too long: don't parse it
        raise wrong_length
    try:
        numbers = strict_json.loads(text)
    except ValueError as error:
        raise ValidationError("This is not JSON. Send a list of numbers.") from error
    if not isinstance(numbers, list) or len(numbers) != LIST_LENGTH:
        raise wrong_length
    # By type, not isinstance: JSON's true is a bool, and Python's bool is an int.
    if not {type(number) for number in numbers} <= {int, float}:
        raise ValidationError("Every item of the list must be a number.")
    if not all(-ROUNDING <= number <= 255 + ROUNDING for number in numbers):  # refuses NaN too
        raise ValidationError("Every number must be from 0 to 255.")
    return pixels.field_from_numbers(np.array(numbers, np.float64), LIST_SIDE, LIST_SIDE)


class BrightnessListField(forms.CharField):
    """A brightness list as JSON; cleans to a (200, 200) uint8 array."""

    def clean(self, value: Any) -> pixels.Field | None:
        text = super().clean(value)
        return None if text in self.empty_values else refuse_blank(parse_brightness_list(text))


class StrokesField(forms.CharField):
    """A strokes document as JSON; cleans to the text and the parsed document."""

    def clean(self, value: Any) -> tuple[str, Document] | None:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            document = parse(text)
            embedded_base_image(document)
        except BadStrokesError as error:
            raise ValidationError(str(error)) from error
        return text, document


class TitleForm(forms.Form):
    """A drawing's title and its artist's name."""

    title = forms.CharField(required=False, max_length=TITLE_LENGTH, validators=[validate_line])
    artist = forms.CharField(required=False, max_length=ARTIST_LENGTH, validators=[validate_line])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        texts = {name: data[name] for name in ("title", "artist") if data.get(name)}
        blocked = BlockedWord.objects.found_in(*texts.values())
        for name, text in texts.items():
            if blocked & folded_words(text):
                self.add_error(name, "This contains a word that isn't allowed here.")
        return data


class SubmissionForm(TitleForm):
    """A new drawing: an image file or a brightness list, with its title, colormap and strokes."""

    # The fields that can hold the pixels. Strokes can accompany those in `image_fields`.
    pixel_fields: tuple[str, ...] = ("image", "canvas_data")
    image_fields: tuple[str, ...] = ("image",)

    image = UploadField(required=False)
    canvas_data = BrightnessListField(required=False)
    colormap = forms.CharField(required=False, validators=[validate_colormap])
    submission_key = forms.UUIDField(required=False)
    strokes = StrokesField(required=False)  # after the image, which clean_strokes reads

    def __init__(self, *args: Any, owner: UUID | None = None, **kwargs: Any) -> None:
        """`owner` is the sender's UUID: owners may draw on their own unpublished drawings."""
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean_strokes(self) -> dict[str, Any]:
        """Returns values for the columns that come from the strokes: `strokes`, `parent`, ..."""
        if self.cleaned_data["strokes"] is None:
            return {}
        text, document = self.cleaned_data["strokes"]
        size = document["height"], document["width"]
        image = self.sent_image()
        if image is None and self.errors.keys().isdisjoint(self.image_fields):
            raise ValidationError("Send strokes together with the image that they produce.")
        if image is not None and image.shape != size:
            raise ValidationError("Their width and height must be those of the image.")
        try:
            columns = {"strokes": pack_text(text)}
        except BadStrokesError as error:
            raise ValidationError(str(error)) from error
        if (base_id := base_drawing_id(document)) is None:
            return columns
        parent = find_base_drawing(base_id, self.owner)
        if parent is None:  # hidden or deleted meanwhile; the image is still stored
            return {**columns, "strokes_agree": False}
        if (parent.height, parent.width) != size:
            raise ValidationError("paper.drawing must be as large as the image.")
        return {**columns, "parent": parent}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        given = [
            name for name in self.pixel_fields if name in self.errors or data.get(name) is not None
        ]
        if not given:
            self.add_error("image", "Send an image file.")
        elif len(given) == 2:
            self.add_error(given[1], f"Send either {' or '.join(given)}, not both.")
        return data

    def sent_image(self) -> pixels.Field | None:
        """Returns the image as an (H, W) uint8 array, or None if none was sent."""
        sent = (self.cleaned_data.get(name) for name in self.image_fields)
        return next((field for field in sent if field is not None), None)

    def build_drawing(self) -> Drawing:
        """Returns the unsaved Drawing that a valid form describes."""
        data = self.cleaned_data
        values = {name: data[name] for name in ("title", "artist", "submission_key")}
        if data["colormap"]:
            values["colormap"] = data["colormap"]
        if (image := self.sent_image()) is not None:
            return Drawing.from_field(image, **values, **data["strokes"])
        return Drawing.from_brightness_list(data["canvas_data"], **values)


class FlaskForm(forms.Form):
    """The form for clients of the Flask app."""

    canvas_data = BrightnessListField()

    def build_drawing(self) -> Drawing:
        """Returns the unsaved Drawing that a valid form describes."""
        return Drawing.from_brightness_list(self.cleaned_data["canvas_data"])


class BaseImageForm(forms.Form):
    """The drawing that the studio uses as the base image."""

    on = forms.UUIDField(required=False)
