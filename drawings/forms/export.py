"""Validates which drawings to export, for the admin's page and for the command."""

from typing import Any, cast

from django import forms

from drawings.datasets.exports.formats import FORMATS
from drawings.imaging import colormaps
from drawings.models import ARTIST_LENGTH, Drawing
from drawings.models.validators import validate_line
from drawings.queries.filters import DrawingFilter
from drawsite.lib.days import end_of_day, start_of_day

FILTER_FIELDS = ("q", "cmap", "artist", "since", "until", "status")
BAD_DAY = "Enter a day as YYYY-MM-DD."


class DayField(forms.DateField):
    """A day (UTC)."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {"invalid": BAD_DAY}
    input_formats = ["%Y-%m-%d"]


def may_see_unpublished(user: Any) -> bool:
    """Whether the user may see drawings that are not published."""
    return bool(user.has_perm("drawings.view_drawing"))


def colormap_choices() -> list[tuple[str, Any]]:
    groups = colormaps.grouped_colormaps()
    return [("", "Any"), *((group, [(name, name) for name in names]) for group, names in groups)]


class FilterForm(forms.Form):
    """Which drawings to export."""

    q = forms.CharField(
        required=False,
        max_length=100,
        validators=[validate_line],
        label="Text",
        help_text="Words in the title or the artist's name, or the drawing's id.",
    )
    cmap = forms.ChoiceField(
        required=False,
        choices=colormap_choices,
        label="Colormap",
        error_messages={"invalid_choice": "There is no colormap of this name."},
    )
    artist = forms.CharField(
        required=False,
        max_length=ARTIST_LENGTH,
        validators=[validate_line],
        help_text="The exact name.",
    )
    since = DayField(required=False, help_text="The first day, in UTC.")
    until = DayField(required=False, help_text="The last day, in UTC.")
    status = forms.ChoiceField(choices=Drawing.Status.choices)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "This day is before the first day.")
        return data

    def drawing_filter(self) -> DrawingFilter:
        """Returns the filter for the drawings that a valid form selects."""
        data = {name: self.cleaned_data[name] for name in FILTER_FIELDS}
        since, until = data["since"], data["until"]
        data["since"] = since and start_of_day(since)
        data["until"] = until and end_of_day(until)
        return DrawingFilter(**data)


class ExportForm(FilterForm):
    """Which drawings to export, and the format. `user` limits the statuses to choose from."""

    field_order = ["format"]

    format = forms.ChoiceField(
        choices=[(name, f"{each.label} (.{name})") for name, each in FORMATS.items()]
    )

    def __init__(self, user: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_see_unpublished(user):
            status = Drawing.Status.PUBLISHED
            cast(forms.ChoiceField, self.fields["status"]).choices = [(status, status.label)]
