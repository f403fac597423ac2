"""A drawing as pictures and as data, and the colormaps' swatches."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from drawings import access, images, strokes, svg, turns, verification
from drawings.errors import error_response, request_error
from drawings.forms import ColoursForm, ImageForm, PlotForm, sentences
from drawings.models import Drawing

# A drawing that is hidden or deleted is gone from shared caches after this long.
PUBLIC_SECONDS = 300
# A colormap's colours change with matplotlib's releases, if ever.
STRIP_SECONDS = 24 * 3600

BUSY_SECONDS = 5
# What somebody who waits for strokes may have verified; verify_strokes does the longer ones.
VERIFY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
def image(request: HttpRequest, id: UUID) -> HttpResponse:
    """image.png: the drawing through a colormap's palette."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())
    form = ImageForm(request.GET, drawing=drawing)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    options = form.cleaned_data
    return cacheable(
        request,
        drawing,
        content_type="image/png",
        version=f"{options['cmap']}-{options['vmin']}-{options['vmax']}-{options['scale']}",
        make=lambda: drawing.image_png(**options),
    )


@require_safe
def plot(request: HttpRequest, id: UUID) -> HttpResponse:
    """plot.png: the drawing through a matplotlib figure."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())
    form = PlotForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    cmap = form.cleaned_data["cmap"] or drawing.colormap
    try:
        return cacheable(
            request,
            drawing,
            content_type="image/png",
            version=f"plot-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=lambda: images.plot_png(
                drawing.field, cmap=cmap, vmin=drawing.vmin, vmax=drawing.vmax
            ),
        )
    except turns.BusyError:
        return busy(request)


@require_safe
def pixels_npy(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.npy: the field as NumPy's own file, for `np.load(..., allow_pickle=False)`."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())

    def make() -> bytes:
        out = io.BytesIO()
        np.save(out, np.ascontiguousarray(drawing.field), allow_pickle=False)
        return out.getvalue()

    response = cacheable(
        request, drawing, content_type="application/octet-stream", version="npy", make=make
    )
    response["Content-Disposition"] = f'attachment; filename="drawing-{drawing.id}.npy"'
    return response


@require_safe
def strokes_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.json: how it was drawn, as docs/strokes.md describes it."""
    try:
        drawing = get_drawing_with_strokes(request, id)
    except turns.BusyError:
        return busy(request)
    with damage_is_absence(drawing):
        return cacheable(
            request,
            drawing,
            content_type="application/json",
            version="strokes",
            make=lambda: strokes.unpack_text(bytes(drawing.strokes or b"")),
        )


@require_safe
def strokes_svg(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg: its strokes as lines and shapes, in its own colours or in those of ?cmap=."""
    form = ColoursForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    try:
        return strokes_svg_in(form.cleaned_data["cmap"], request, id)
    except turns.BusyError:
        return busy(request)


def strokes_svg_in(cmap: str, request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg in a colormap, "" for the drawing's own. Raises turns.BusyError."""
    drawing = get_drawing_with_strokes(request, id)
    cmap = cmap or drawing.colormap
    # What was drawn on is in the file as well: for who may see that.
    parent = drawing.parent_id and access.get_drawing(
        request, drawing.parent_id, Drawing.objects.for_lists()
    )

    def traced() -> bytes:
        palette = images.palette(cmap, drawing.vmin, drawing.vmax)
        document = drawing.document
        if strokes.paper_drawing(document) is None:
            ground = strokes.image_of_paper(document)
        elif parent:
            ground = parent.field
        else:  # it was deleted
            raise Http404
        try:
            return svg.from_strokes(document, palette, ground).encode()
        except strokes.TooMuchError:
            return svg.from_field(drawing.field, palette).encode()

    def make() -> bytes:
        with turns.one_at_a_time():
            return traced()

    with damage_is_absence(drawing):
        response = cacheable(
            request,
            drawing,
            content_type="image/svg+xml",
            version=f"svg-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=make,
        )
    # An attachment: an SVG that is opened is a page of this site.
    response["Content-Disposition"] = f'attachment; filename="drawing-{drawing.id}.svg"'
    if parent and not access.is_public(parent):
        response["Cache-Control"] = "private, no-store"
    return response


def get_drawing_with_strokes(request: HttpRequest, id: UUID) -> Drawing:
    """A drawing whose strokes come to its pixels: verified now, if nobody has done it yet.

    Raises Http404, or turns.BusyError.
    """
    drawings = Drawing.objects.with_strokes_to_show().for_strokes()
    drawing = access.get_drawing(request, id, drawings)
    if drawing.strokes_agree is None:
        with turns.one_at_a_time(), damage_is_absence(drawing):
            # Somebody else may have had it verified while this one waited for its turn.
            drawing = access.get_drawing(request, id, drawings)
            if drawing.strokes_agree is None and not verification.verify(drawing, VERIFY_SECONDS):
                logger.error("The strokes of drawing %s do not come to its pixels", drawing.id)
                raise Http404
    return drawing


def busy(request: HttpRequest) -> HttpResponse:
    return request_error(
        request,
        503,
        f"The server is busy with other drawings. Try again in {BUSY_SECONDS} seconds.",
        retry_after=BUSY_SECONDS,
    )


@contextmanager
def damage_is_absence(drawing: Drawing) -> Iterator[None]:
    """Strokes that cannot be read are as good as none; who keeps the server reads of it."""
    try:
        yield
    except (strokes.BadStrokesError, verification.UncheckedError) as error:
        logger.error("The strokes of drawing %s cannot be used: %s", drawing.id, error)
        raise Http404 from error


@require_safe
def colormap_strip(request: HttpRequest, name: str) -> HttpResponse:
    """A colormap's 256 colours from left to right."""
    if not images.is_colormap(name):
        raise Http404
    response = HttpResponse(images.strip_png(name), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={STRIP_SECONDS}"
    return response


def cacheable(
    request: HttpRequest,
    drawing: Drawing,
    *,
    content_type: str,
    version: str,
    make: Callable[[], bytes],
) -> HttpResponse:
    """What `make` makes of a drawing, or 304 if the client has it.

    The pixels of a row never change, so its id, the version (whatever else the bytes depend on)
    and the library that chose the colours name the bytes: nothing is made just to be compared.
    """
    etag = f'"{drawing.id.hex}-{version}-{images.LIBRARY_VERSION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        make(), content_type=content_type
    )
    response["ETag"] = etag
    response["Cache-Control"] = (
        f"public, max-age={PUBLIC_SECONDS}" if access.is_public(drawing) else "private, no-store"
    )
    return response
