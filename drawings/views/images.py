"""A drawing as a picture, and the colormaps' swatches."""

import math
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from drawings.forms import ImageForm, sentences
from drawings.http import access
from drawings.http.caching import cacheable, has_canonical_query
from drawings.http.errors import error_response
from drawings.http.plot_slots import figure_turn, takes_turns
from drawings.imaging import colormaps, pixels
from drawings.queries.replicas import may_lag

# More than a drawing itself may have take long to compress. With a limit of its own, as no end of
# queries ask for them.
MOST_PIXELS = pixels.MAX_SIDE**2
# A colormap's colours change with matplotlib's releases, if ever.
STRIP_SECONDS = 24 * 3600


@require_safe
@takes_turns
@may_lag
def image(request: HttpRequest, id: UUID) -> HttpResponse:
    """image.png: the drawing through a colormap's palette."""
    # Who has a copy mostly learns that it is still good: the blob is read if it is not.
    has_copy = "HTTP_IF_NONE_MATCH" in request.META
    picture = access.get_picture(request, id, with_blob=not has_copy)
    query = request.META["QUERY_STRING"]
    option, _, value = query.partition("=")
    cmap, vmin, vmax, scale = picture.colormap, picture.vmin, picture.vmax, 1
    if option == "cmap" and colormaps.is_colormap(
        value
    ):  # what most ask for; a form takes its time
        cmap = value
    elif query:
        form = ImageForm(request.GET, drawing=picture)
        if not form.is_valid():
            return error_response(request, 400, sentences(form))
        cmap, vmin, vmax, scale = (form.cleaned_data[name] for name in form.fields)
    is_canonical = has_canonical_query(request, cmap=cmap, scale=scale)
    palette = colormaps.own_palette if is_canonical else colormaps.palette

    def make() -> bytes:
        blob = picture.blob or access.get_picture(request, id, with_blob=True).blob
        colours = palette(cmap, vmin, vmax)
        size = picture.height, picture.width
        if math.prod(size) * scale**2 <= MOST_PIXELS:
            return pixels.png_from_blob(blob, *size, colours, scale)
        with figure_turn(request) as run:
            return run(pixels.png_from_blob, blob, *size, colours, scale)

    return cacheable(
        request,
        id,
        picture,
        is_canonical,
        content_type="image/png",
        version=f"{cmap}-{vmin}-{vmax}-{scale}",
        make=make,
    )


@require_safe
def colormap_strip(request: HttpRequest, name: str) -> HttpResponse:
    """A colormap's 256 colours from left to right."""
    if not colormaps.is_colormap(name):
        raise Http404
    response = HttpResponse(colormaps.strip_png(name), content_type="image/png")
    scope = "public" if has_canonical_query(request) else "private"
    response["Cache-Control"] = f"{scope}, max-age={STRIP_SECONDS}"
    return response
