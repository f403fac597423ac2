"""A drawing's image.png, and the colours of the colormaps."""

import math
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from drawings.forms import validated
from drawings.forms.image import ImageForm
from drawings.http import access
from drawings.http.caching import drawing_response, has_canonical_query
from drawings.http.plot_slots import plot_slot
from drawings.imaging import colormaps, pixels
from drawings.imaging.png import png_from_blob
from drawings.queries.replicas import may_lag

# Larger images may take long to compress, and queries for them are unbounded, so they need a slot
# of the plot worker.
MAX_PIXELS = pixels.MAX_SIDE**2
# matplotlib's releases hardly ever change a colormap's colours.
COLORMAP_SECONDS = 24 * 3600


@require_safe
@may_lag
def image(request: HttpRequest, id: UUID) -> HttpResponse:
    """image.png: the drawing through a colormap's palette."""
    # Most conditional requests end in a 304, so the blob is read only when the ETag is stale.
    is_conditional = "HTTP_IF_NONE_MATCH" in request.META
    row = access.get_image_row(request, id, with_blob=not is_conditional)
    query = request.META["QUERY_STRING"]
    option, _, value = query.partition("=")
    cmap, vmin, vmax, scale = row.colormap, row.vmin, row.vmax, 1
    if option == "cmap" and colormaps.is_colormap(value):
        cmap = value  # the commonest query: validating a form would take longer than the image
    elif query:
        form = validated(ImageForm(request.GET, row=row))
        cmap, vmin, vmax, scale = (form.cleaned_data[name] for name in form.fields)
    is_canonical = has_canonical_query(request, cmap=cmap, scale=scale)
    palette = colormaps.own_palette if is_canonical else colormaps.palette

    def make_png() -> bytes:
        blob = row.blob or access.get_image_row(request, id, with_blob=True).blob
        arguments = blob, row.height, row.width, palette(cmap, vmin, vmax), scale
        if math.prod((row.height, row.width)) * scale**2 <= MAX_PIXELS:
            return png_from_blob(*arguments)
        with plot_slot(request) as run:
            return run(png_from_blob, *arguments)

    return drawing_response(
        request,
        id,
        row,
        is_canonical,
        content_type="image/png",
        version=f"{cmap}-{vmin}-{vmax}-{scale}",
        make=make_png,
    )


@require_safe
def colormap_strip(request: HttpRequest, name: str) -> HttpResponse:
    """A colormap's 256 colours from left to right."""
    require_colormap(name)
    response = HttpResponse(colormaps.strip_png(name), content_type="image/png")
    return cached_colormap(request, response)


@require_safe
def colormap_json(request: HttpRequest, name: str) -> HttpResponse:
    """A colormap's 256 colours as hex strings, as `matplotlib.colors.ListedColormap` takes them."""
    require_colormap(name)
    return cached_colormap(request, JsonResponse(colormaps.hex_colours(name), safe=False))


def require_colormap(name: str) -> None:
    if not colormaps.is_colormap(name):
        raise Http404


def cached_colormap(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    scope = "public" if has_canonical_query(request) else "private"
    response["Cache-Control"] = f"{scope}, max-age={COLORMAP_SECONDS}"
    return response
