"""Figures of one drawing: plot.png, plot.svg, plot.pdf."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from drawings.forms import PlotForm, sentences
from drawings.http import access, plot_slots
from drawings.http.caching import CONTENT_TYPES, cacheable, call, has_canonical_query
from drawings.http.errors import error_response
from drawings.http.filenames import file_name
from drawings.http.plot_slots import figure_turn, takes_turns
from drawings.models import Drawing
from drawings.plotting import drawing_plots
from drawings.queries.replicas import may_lag


@require_safe
@takes_turns
@may_lag
def plot(request: HttpRequest, id: UUID, form: str) -> HttpResponse:
    """plot.<form>: a matplotlib figure of the drawing, of ?kind=, in ?cmap=."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())
    asked = PlotForm(request.GET)
    if not asked.is_valid():
        return error_response(request, 400, sentences(asked))
    kind = asked.cleaned_data["kind"] or drawing_plots.DEFAULT_KIND
    cmap = asked.cleaned_data["cmap"] or drawing.colormap
    byline = f"by {drawing.artist}" if drawing.artist else ""

    def make() -> bytes:
        with figure_turn(request) as run:
            return run(
                drawing_plots.draw,
                drawing.field,
                kind=kind,
                form=form,
                title=str(drawing),
                byline=byline,
                cmap=cmap,
                vmin=drawing.vmin,
                vmax=drawing.vmax,
            )

    words = hashlib.sha256(repr((str(drawing), byline)).encode()).hexdigest()[:16]
    looks = f"{kind}-{cmap}-{drawing.vmin}-{drawing.vmax}"
    response = cacheable(
        request,
        id,
        drawing,
        has_canonical_query(request, kind=kind, cmap=cmap),
        content_type=CONTENT_TYPES[form],
        version=f"{form}-{looks}-{words}-{plot_slots.DRAWN_BY}",
        make=make,
    )
    # A PNG is shown where it is asked for; the others are downloads that can do nothing.
    return call(response, file_name(drawing, f"{kind}.{form}"), download=form != "png")
