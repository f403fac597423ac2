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

from drawings.forms import ColoursForm, sentences
from drawings.http import access
from drawings.http.caching import cacheable, call, has_canonical_query, pack
from drawings.http.errors import error_response
from drawings.http.filenames import file_name
from drawings.http.plot_slots import figure_turn, takes_turns
from drawings.imaging import colormaps, pixels, strokes, svg
from drawings.models import Drawing
from drawings.queries.replicas import may_lag
from drawings.services import verification

# What somebody who waits for strokes may have verified; verify_strokes does the longer ones.
VERIFY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
@may_lag
def pixels_npy(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.npy: the field as NumPy's own file, for `np.load(..., allow_pickle=False)`."""

    def make(drawing: Drawing) -> bytes:
        out = io.BytesIO()
        np.save(out, np.ascontiguousarray(drawing.field), allow_pickle=False)
        return out.getvalue()

    return pixels_as("npy", "application/octet-stream", request, id, make)


@require_safe
@may_lag
def pixels_csv(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.csv: the field's lines, for `np.loadtxt(..., delimiter=",")`."""

    def make(drawing: Drawing) -> bytes:
        return pixels.csv_from_field(drawing.field)

    return pack(request, pixels_as("csv", "text/csv", request, id, make))


@require_safe
@may_lag
def pixels_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.json: {"id", "width", "height", "vmin", "vmax", "pixels": a list of lines}."""

    def make(drawing: Drawing) -> bytes:
        names = ("width", "height", "vmin", "vmax")
        head = {"id": str(drawing.id), **{name: getattr(drawing, name) for name in names}}
        said = json.dumps(head).encode().removesuffix(b"}")
        return said + b', "pixels": ' + pixels.json_from_field(drawing.field) + b"}"

    return pack(request, pixels_as("json", "application/json", request, id, make))


def pixels_as(
    form: str,
    content_type: str,
    request: HttpRequest,
    id: UUID,
    make: Callable[[Drawing], bytes],
) -> HttpResponse:
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())
    response = cacheable(
        request,
        id,
        drawing,
        has_canonical_query(request),
        content_type=content_type,
        version=f"{form}-{drawing.vmin}-{drawing.vmax}",
        make=lambda: make(drawing),
    )
    return call(response, file_name(drawing, form))


@require_safe
@takes_turns
@may_lag
def strokes_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.json: how it was drawn, as docs/strokes.md describes it.

    The text as it was stored: to inflate it keeps no other thread waiting, as to read it would.
    """
    drawing = get_drawing_with_strokes(request, id)
    with damage_is_absence(drawing):
        response = cacheable(
            request,
            id,
            strictest(drawing),
            has_canonical_query(request),
            content_type="application/json",
            version="strokes",
            make=lambda: strokes.unpack_text(bytes(drawing.strokes or b"")),
        )
    return call(response, file_name(drawing, "strokes.json"))


@require_safe
@takes_turns
@may_lag
def strokes_svg(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg: its strokes as lines and shapes, in its own colours or in those of ?cmap=."""
    form = ColoursForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    drawing = get_drawing_with_strokes(request, id)
    cmap = form.cleaned_data["cmap"] or drawing.colormap

    def make() -> bytes:
        palette = colormaps.own_palette(cmap, drawing.vmin, drawing.vmax)
        data = bytes(drawing.strokes or b"")
        ground = drawing.parent.field if drawing.parent else None
        try:
            with figure_turn(request) as run:
                return run(svg.from_packed, data, palette, ground).encode()
        except strokes.MissingPaperError as error:
            raise Http404 from error
        except strokes.TooMuchError:
            return svg.from_field(drawing.field, palette).encode()

    with damage_is_absence(drawing):
        response = cacheable(
            request,
            id,
            strictest(drawing),
            has_canonical_query(request, cmap=cmap),
            content_type="image/svg+xml",
            version=f"svg-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=make,
        )
    return call(response, file_name(drawing, "svg"))


def get_drawing_with_strokes(request: HttpRequest, id: UUID) -> Drawing:
    """A drawing whose strokes come to its pixels: verified now, if nobody has done it yet.

    Its parent is one that the client may see, or None.
    Raises Http404, limits.TooOftenError, or turns.BusyError.
    """

    def find() -> Drawing:
        drawings = Drawing.objects.with_strokes_to_show().for_strokes()
        drawing = access.get_drawing(request, id, drawings)
        if not access.may_see_parent(request, drawing):
            raise Http404
        return drawing

    drawing = find()
    if drawing.strokes_agree is None:
        # Limited, as what takes too long to be verified is tried each time that it is asked for.
        with figure_turn(request) as run, damage_is_absence(drawing):
            # Somebody else may have had it verified while this one waited for its turn.
            drawing = find()
            if drawing.strokes_agree is None and not verification.verify(
                drawing, VERIFY_SECONDS, run
            ):
                logger.error("The strokes of drawing %s do not come to its pixels", drawing.id)
                raise Http404
    return drawing


def strictest(drawing: Drawing) -> Drawing:
    """The drawing, or its parent if that is not public: what shows both is not public either."""
    parent = drawing.parent
    return drawing if parent is None or access.is_public(parent) else parent


@contextmanager
def damage_is_absence(drawing: Drawing) -> Iterator[None]:
    """Strokes that cannot be read are as good as none; who keeps the server reads of it. So are
    those of a drawing that was deleted since it was found."""
    try:
        yield
    except Drawing.DoesNotExist as error:
        raise Http404 from error
    except (strokes.BadStrokesError, verification.UncheckedError) as error:
        logger.error("The strokes of drawing %s cannot be used: %s", drawing.id, error)
        raise Http404 from error
