"""plot.png, plot.svg and plot.pdf: plots of one drawing."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from drawings.forms import validated
from drawings.forms.image import PlotForm
from drawings.http import access
from drawings.http.caching import (
    CONTENT_TYPES,
    drawing_response,
    has_canonical_query,
    set_filename,
)
from drawings.http.filenames import file_name
from drawings.http.plot_slots import PLOTTING_VERSION, plot_slot
from drawings.models import Drawing
from drawings.plotting import drawing_plots
from drawings.queries.replicas import may_lag


@require_safe
@may_lag
def plot(request: HttpRequest, id: UUID, format: str) -> HttpResponse:
    """plot.<format>: a plot of the requested ?kind=, in the drawing's colormap or in ?cmap=."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_images())
    options = validated(PlotForm(request.GET)).cleaned_data
    kind = options["kind"] or drawing_plots.DEFAULT_KIND
    cmap = options["cmap"] or drawing.colormap
    byline = f"by {drawing.artist}" if drawing.artist else ""

    def make_plot() -> bytes:
        with plot_slot(request) as run:
            return run(
                drawing_plots.draw_plot,
                drawing.field,
                kind=kind,
                format=format,
                title=str(drawing),
                byline=byline,
                cmap=cmap,
                vmin=drawing.vmin,
                vmax=drawing.vmax,
            )

    labels = hashlib.sha256(repr((str(drawing), byline)).encode()).hexdigest()[:16]
    look = f"{kind}-{cmap}-{drawing.vmin}-{drawing.vmax}"
    response = drawing_response(
        request,
        id,
        drawing,
        has_canonical_query(request, kind=kind, cmap=cmap),
        content_type=CONTENT_TYPES[format],
        version=f"{format}-{look}-{labels}-{PLOTTING_VERSION}",
        make=make_plot,
    )
    # Browsers show a PNG in place; the other formats are sandboxed downloads.
    return set_filename(response, file_name(drawing, f"{kind}.{format}"), download=format != "png")
