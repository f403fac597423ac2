"""The options for rendering a drawing."""

from typing import Any

from django import forms

from drawings.models.validators import validate_colormap
from drawings.plotting import drawing_plots
from drawings.queries.image_row import ImageRow

MAX_LIMIT = 1_000_000
MAX_SCALE = 8


class ColormapForm(forms.Form):
    """The colormap to show a drawing in."""

    cmap = forms.CharField(required=False, validators=[validate_colormap])


class ImageForm(ColormapForm):
    """The options of image.png. They default to the drawing's own values."""

    vmin = forms.FloatField(required=False, min_value=-MAX_LIMIT, max_value=MAX_LIMIT)
    vmax = forms.FloatField(required=False, min_value=-MAX_LIMIT, max_value=MAX_LIMIT)
    scale = forms.IntegerField(required=False, min_value=1, max_value=MAX_SCALE)

    def __init__(self, *args: Any, row: ImageRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        own = {"cmap": self.row.colormap, "vmin": self.row.vmin, "vmax": self.row.vmax}
        for name, default in {**own, "scale": 1}.items():
            if data.get(name) in self.fields[name].empty_values:
                data[name] = default
        if not self.errors and data["vmin"] > data["vmax"]:
            self.add_error("vmin", "vmin must not be greater than vmax.")
        return data


class PlotForm(ColormapForm):
    """The options of plot.png, plot.svg and plot.pdf."""

    kind = forms.ChoiceField(required=False, choices=[(kind, kind) for kind in drawing_plots.KINDS])
