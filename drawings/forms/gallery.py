"""Forms that select published drawings to list or plot."""

from typing import Any

from django import forms

from drawings.models import ARTIST_LENGTH
from drawings.models.validators import validate_colormap, validate_line
from drawings.queries.filters import DrawingFilter
from drawsite.lib.days import end_of_day, start_of_day


class CursorForm(forms.Form):
    """Selects a page of a list: the drawings before or after an id."""

    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)


class SearchForm(forms.Form):
    """Selects drawings by words and colormap, or by exact artist name.

    An artist can't be combined with words or a colormap: no index serves such a query.
    """

    q = forms.CharField(required=False, max_length=100, validators=[validate_line])
    cmap = forms.CharField(required=False, validators=[validate_colormap])
    artist = forms.CharField(
        required=False, max_length=ARTIST_LENGTH, strip=False, validators=[validate_line]
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("artist") and (data.get("q") or data.get("cmap")):
            self.add_error(
                "artist", "An exact artist name can't be combined with words or a colormap."
            )
        return data


class GalleryForm(SearchForm, CursorForm):
    """Selects a page of the gallery, and with `in` the colormap to show it in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Python's syntax does not allow a class attribute of this name.
        self.fields["in"] = forms.CharField(required=False, validators=[validate_colormap])

    def query(self, *names: str) -> dict[str, Any]:
        """These values of a valid form, as parameters for a URL's query string."""
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class PlotsForm(SearchForm):
    """Selects drawings like SearchForm, and by days (UTC, both ends included)."""

    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("since", "The first day must not be after the last day.")
        return data

    def query(self) -> dict[str, str]:
        """The values of a valid form, as parameters for a URL's query string."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def drawing_filter(self) -> DrawingFilter:
        """Returns the filter for the published drawings that a valid form selects."""
        data = self.cleaned_data
        since, until = data["since"], data["until"]
        return DrawingFilter.published(
            q=data["q"],
            cmap=data["cmap"],
            artist=data["artist"],
            since=since and start_of_day(since),
            until=until and end_of_day(until),
        )
