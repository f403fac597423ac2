"""A drawing as data: its pixels and its strokes."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from drawings.forms import validated
from drawings.forms.image import ColormapForm
from drawings.http import access
from drawings.http.caching import (
    drawing_response,
    gzip_response,
    has_canonical_query,
    set_filename,
)
from drawings.http.filenames import file_name
from drawings.http.plot_slots import plot_slot
from drawings.imaging import colormaps, pixels, rasteriser, strokes, svg
from drawings.models import Drawing
from drawings.queries.replicas import may_lag
from drawings.services import verification

# The limit during a request; `manage.py verify_strokes` allows more.
VERIFY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
@may_lag
def pixels_npy(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.npy: an (H, W) uint8 array, for `np.load(..., allow_pickle=False)`."""

    def make_npy(drawing: Drawing) -> bytes:
        out = io.BytesIO()
        np.save(out, np.ascontiguousarray(drawing.field), allow_pickle=False)
        return out.getvalue()

    return pixels_response("npy", "application/octet-stream", request, id, make_npy)


@require_safe
@may_lag
def pixels_csv(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.csv: one line for each row of pixels, for `np.loadtxt(..., delimiter=",")`."""

    def make_csv(drawing: Drawing) -> bytes:
        return pixels.csv_from_field(drawing.field)

    return gzip_response(request, pixels_response("csv", "text/csv", request, id, make_csv))


@require_safe
@may_lag
def pixels_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.json: an object with id, width, height, vmin, vmax, and pixels as a list of rows."""

    def make_json(drawing: Drawing) -> bytes:
        names = ("width", "height", "vmin", "vmax")
        values = {"id": str(drawing.id), **{name: getattr(drawing, name) for name in names}}
        head = json.dumps(values).encode().removesuffix(b"}")
        return head + b', "pixels": ' + pixels.json_from_field(drawing.field) + b"}"

    return gzip_response(
        request, pixels_response("json", "application/json", request, id, make_json)
    )


def pixels_response(
    format: str,
    content_type: str,
    request: HttpRequest,
    id: UUID,
    make: Callable[[Drawing], bytes],
) -> HttpResponse:
    """Returns the drawing's pixels in a format, as a download."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_images())
    response = drawing_response(
        request,
        id,
        drawing,
        has_canonical_query(request),
        content_type=content_type,
        version=f"{format}-{drawing.vmin}-{drawing.vmax}",
        make=lambda: make(drawing),
    )
    return set_filename(response, file_name(drawing, format))


@require_safe
@may_lag
def strokes_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.json: the drawing's strokes, in the format of docs/strokes.md.

    Returns the stored text as it is: inflating it releases the GIL, parsing it would not.
    """
    drawing = get_drawing_with_strokes(request, id)
    with damage_as_404(drawing):
        response = drawing_response(
            request,
            id,
            least_public(drawing),
            has_canonical_query(request),
            content_type="application/json",
            version="strokes",
            make=lambda: strokes.unpack_text(bytes(drawing.strokes or b"")),
        )
    return set_filename(response, file_name(drawing, "strokes.json"))


@require_safe
@may_lag
def strokes_svg(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg: the strokes as lines and shapes, in the drawing's colormap or in ?cmap=."""
    form = validated(ColormapForm(request.GET))
    drawing = get_drawing_with_strokes(request, id)
    cmap = form.cleaned_data["cmap"] or drawing.colormap

    def make_svg() -> bytes:
        palette = colormaps.own_palette(cmap, drawing.vmin, drawing.vmax)
        data = bytes(drawing.strokes or b"")
        base = drawing.parent.field if drawing.parent else None
        try:
            with plot_slot(request) as run:
                return run(svg.from_packed, data, palette, base).encode()
        except strokes.MissingBaseImageError as error:
            raise Http404 from error
        except rasteriser.TooMuchWorkError:
            return svg.from_field(drawing.field, palette).encode()

    with damage_as_404(drawing):
        response = drawing_response(
            request,
            id,
            least_public(drawing),
            has_canonical_query(request, cmap=cmap),
            content_type="image/svg+xml",
            version=f"svg-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=make_svg,
        )
    return set_filename(response, file_name(drawing, "svg"))


def get_drawing_with_strokes(request: HttpRequest, id: UUID) -> Drawing:
    """Returns a drawing whose strokes produce its pixels. Verifies the strokes first if needed.

    The drawing's parent is None or one that the client may see. Raises Http404, or RefusedError if
    the plot worker has no slot for the verification.
    """

    def find() -> Drawing:
        drawings = Drawing.objects.with_strokes_to_show().for_strokes()
        drawing = access.get_drawing(request, id, drawings)
        if not access.may_see_parent(request, drawing):
            raise Http404
        return drawing

    drawing = find()
    if drawing.strokes_agree is None:
        # This needs a slot, because strokes that take too long are tried again on each request.
        with plot_slot(request) as run, damage_as_404(drawing):
            drawing = find()  # another request may have verified it meanwhile
            if drawing.strokes_agree is None and not verification.verify_strokes(
                drawing, VERIFY_SECONDS, run
            ):
                logger.error("The strokes of drawing %s do not produce its pixels", drawing.id)
                raise Http404
    return drawing


def least_public(drawing: Drawing) -> Drawing:
    """Returns the drawing, or its parent if that is not public, because strokes show both."""
    parent = drawing.parent
    return drawing if parent is None or access.is_public(parent) else parent


@contextmanager
def damage_as_404(drawing: Drawing) -> Iterator[None]:
    """Raise Http404 if the drawing is deleted meanwhile, or its strokes are damaged (logged)."""
    try:
        yield
    except Drawing.DoesNotExist as error:
        raise Http404 from error
    except (strokes.BadStrokesError, verification.UncheckedError) as error:
        logger.error("The strokes of drawing %s cannot be used: %s", drawing.id, error)
        raise Http404 from error
