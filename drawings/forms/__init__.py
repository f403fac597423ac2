"""What may come in, and the one sentence for each thing that may not."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from drawings.http import access
from drawings.imaging import pixels
from drawings.imaging.strokes import (
    BadStrokesError,
    Document,
    image_of_paper,
    pack_text,
    paper_drawing,
    parse,
)
from drawings.models import (
    ARTIST_LENGTH,
    NOTE_LENGTH,
    TITLE_LENGTH,
    BlockedWord,
    Drawing,
    Report,
)
from drawings.models.text import folded_words
from drawings.models.validators import validate_colormap, validate_line
from drawings.plotting import drawing_plots
from drawings.queries.image_row import Picture
from drawings.queries.pagination import Selection
from drawsite.lib import strict_json

# The Flask app's canvas.
LIST_SIDE = 200
LIST_LENGTH = LIST_SIDE * LIST_SIDE
# Weights that add up to one still make 255.00000000000003 of white, in floating point.
ROUNDING = 1e-9

MAX_LIMIT = 1_000_000
MAX_SCALE = 8


class PictureField(forms.FileField):
    """A picture file; cleans to the field that it shows."""

    def clean(self, data: Any, initial: Any = None) -> pixels.Field | None:
        file = super().clean(data, initial)
        if file is None:
            return None
        try:
            field = pixels.field_from_picture(file.read())
        except pixels.BadPictureError as error:
            raise ValidationError(str(error)) from error
        return not_blank(field)


def not_blank(field: pixels.Field) -> pixels.Field:
    if pixels.is_blank(field):
        raise ValidationError("This is blank: it has only one shade. Draw something.")
    return field


def parse_brightness_list(text: str) -> pixels.Field:
    """The 200 x 200 field of a JSON list of 40,000 brightness numbers, 0 to 255, rounded half up.

    ValidationError says what is wrong with any other text.
    """
    wrong_length = ValidationError(
        f"Send a list of exactly {LIST_LENGTH:,} numbers:"
        f" {LIST_SIDE} lines of {LIST_SIDE}, from the top left."
    )
    if text.count(",") >= LIST_LENGTH:  # not worth the time to read
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
    if not all(-ROUNDING <= number <= 255 + ROUNDING for number in numbers):  # nor is NaN
        raise ValidationError("Every number must be from 0 to 255.")
    return pixels.field_from_numbers(np.array(numbers, np.float64), LIST_SIDE, LIST_SIDE)


class BrightnessListField(forms.CharField):
    """The text of a brightness list; cleans to its field."""

    def clean(self, value: Any) -> pixels.Field | None:
        text = super().clean(value)
        return None if text in self.empty_values else not_blank(parse_brightness_list(text))


class StrokesField(forms.CharField):
    """The text of a strokes document; cleans to the text and the document."""

    def clean(self, value: Any) -> tuple[str, Document] | None:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            document = parse(text)
            image_of_paper(document)
        except BadStrokesError as error:
            raise ValidationError(str(error)) from error
        return text, document


class TitleForm(forms.Form):
    """What an artist calls a drawing, and is called."""

    title = forms.CharField(required=False, max_length=TITLE_LENGTH, validators=[validate_line])
    artist = forms.CharField(required=False, max_length=ARTIST_LENGTH, validators=[validate_line])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        said = {name: data[name] for name in ("title", "artist") if data.get(name)}
        blocked = BlockedWord.objects.found_in(*said.values())
        for name, text in said.items():
            if blocked & folded_words(text):
                self.add_error(name, "This has a word that is not taken on this wall.")
        return data


class SubmissionForm(TitleForm):
    """A drawing sent to the wall: a picture file or a brightness list, and what is said of it."""

    # The fields that its pixels may come in; of these, those that strokes may come with.
    ways: tuple[str, ...] = ("image", "canvas_data")
    pictures: tuple[str, ...] = ("image",)

    image = PictureField(required=False)
    canvas_data = BrightnessListField(required=False)
    colormap = forms.CharField(required=False, validators=[validate_colormap])
    submission_key = forms.UUIDField(required=False)
    strokes = StrokesField(required=False)  # after the image: see clean_strokes

    def __init__(self, *args: Any, owner: UUID | None = None, **kwargs: Any) -> None:
        """`owner` is the sender's, who may draw on drawings of their own that nobody else sees."""
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean_strokes(self) -> dict[str, Any]:
        """The columns that a strokes document fills."""
        if self.cleaned_data["strokes"] is None:
            return {}
        text, document = self.cleaned_data["strokes"]
        size = document["height"], document["width"]
        picture = self.picture()
        if picture is None and self.errors.keys().isdisjoint(self.pictures):
            raise ValidationError("Send strokes together with the image that they come to.")
        if picture is not None and picture.shape != size:
            raise ValidationError("Their width and height must be those of the image.")
        try:
            columns = {"strokes": pack_text(text)}
        except BadStrokesError as error:
            raise ValidationError(str(error)) from error
        if (paper := paper_drawing(document)) is None:
            return columns
        parent = access.find_paper(paper, self.owner)
        if parent is None:  # hidden or deleted meanwhile: the picture is kept all the same
            return {**columns, "strokes_agree": False}
        if (parent.height, parent.width) != size:
            raise ValidationError("paper.drawing must be as large as the field.")
        return {**columns, "parent": parent}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        given = [name for name in self.ways if name in self.errors or data.get(name) is not None]
        if not given:
            self.add_error("image", "Send a picture file.")
        elif len(given) == 2:
            self.add_error(given[1], f"Send either {' or '.join(given)}, not both.")
        return data

    def picture(self) -> pixels.Field | None:
        """The field of the picture that was sent."""
        sent = (self.cleaned_data.get(name) for name in self.pictures)
        return next((field for field in sent if field is not None), None)

    def drawing(self, **values: Any) -> Drawing:
        """The drawing that a valid form describes, not stored, with values of other columns."""
        data = self.cleaned_data
        values |= {name: data[name] for name in ("title", "artist", "submission_key")}
        if data["colormap"]:
            values["colormap"] = data["colormap"]
        if (picture := self.picture()) is not None:
            return Drawing.from_field(picture, **values, **data["strokes"])
        return Drawing.from_brightness_list(data["canvas_data"], **values)


class FlaskForm(forms.Form):
    """What the Flask app's clients send."""

    canvas_data = BrightnessListField()

    def drawing(self, **values: Any) -> Drawing:
        """The drawing that a valid form describes, not stored, with values of other columns."""
        return Drawing.from_brightness_list(self.cleaned_data["canvas_data"], **values)


class NoteField(forms.CharField):
    """Text of any number of lines; cleans to one."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class ReportForm(forms.Form):
    """What a visitor finds wrong with a drawing."""

    reason = forms.ChoiceField(choices=Report.Reason.choices)
    note = NoteField(required=False, max_length=NOTE_LENGTH, validators=[validate_line])


class OnForm(forms.Form):
    """Which drawing a new one begins with."""

    on = forms.UUIDField(required=False)


class CursorForm(forms.Form):
    """Which page of a list."""

    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)


class WordsForm(forms.Form):
    """Which of the drawings on the wall, by their words and their colormap."""

    q = forms.CharField(required=False, max_length=100, validators=[validate_line])
    cmap = forms.CharField(required=False, validators=[validate_colormap])


class GalleryForm(WordsForm, CursorForm):
    """Which page of the gallery."""


class SelectionForm(WordsForm):
    """And by the artist's exact name, and the day (UTC) that they came on, both included.

    An artist stands alone, as no index has the artist's drawings by words or by colormap.
    """

    artist = forms.CharField(
        required=False, max_length=ARTIST_LENGTH, strip=False, validators=[validate_line]
    )
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("since", "since must not be later than until.")
        if data.get("artist") and (data.get("q") or data.get("cmap")):
            self.add_error("artist", "Give an artist alone: without q, without cmap.")
        return data

    def query(self) -> dict[str, str]:
        """What a valid form selects by, as it is spelled in an address."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def selection(self) -> Selection:
        """The published drawings that a valid form selects."""
        asked = self.cleaned_data
        since, until = asked["since"], asked["until"]
        return Selection(
            status=Drawing.Status.PUBLISHED,
            q=asked["q"],
            cmap=asked["cmap"],
            artist=asked["artist"],
            since=since and datetime.combine(since, time(), UTC),
            until=datetime.combine(until + timedelta(days=1), time(), UTC)
            if until and until < date.max
            else None,
        )


class ColoursForm(forms.Form):
    """In which colours a drawing is shown."""

    cmap = forms.CharField(required=False, validators=[validate_colormap])


class ImageForm(ColoursForm):
    """How image.png is made: whatever is not asked for is the drawing's own."""

    vmin = forms.FloatField(required=False, min_value=-MAX_LIMIT, max_value=MAX_LIMIT)
    vmax = forms.FloatField(required=False, min_value=-MAX_LIMIT, max_value=MAX_LIMIT)
    scale = forms.IntegerField(required=False, min_value=1, max_value=MAX_SCALE)

    def __init__(self, *args: Any, drawing: Picture, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drawing = drawing

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        own = {"cmap": self.drawing.colormap, "vmin": self.drawing.vmin, "vmax": self.drawing.vmax}
        for name, default in {**own, "scale": 1}.items():
            if data.get(name) in self.fields[name].empty_values:
                data[name] = default
        if not self.errors and data["vmin"] > data["vmax"]:
            self.add_error("vmin", "vmin must not be greater than vmax.")
        return data


class PlotForm(ColoursForm):
    """What a figure of a drawing shows."""

    kind = forms.ChoiceField(required=False, choices=[(kind, kind) for kind in drawing_plots.KINDS])


def sentences(form: forms.Form) -> dict[str, list[str]]:
    """A form's errors: field name to sentences."""
    return {
        "request" if name == NON_FIELD_ERRORS else name: [str(error) for error in errors]
        for name, errors in form.errors.items()
    }
