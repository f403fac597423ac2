"""A drawing as pictures and as data, and the colormaps' swatches."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import numpy as np
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from drawings import (
    access,
    figures,
    images,
    limits,
    pixels,
    refusals,
    strokes,
    svg,
    turns,
    verification,
)
from drawings.errors import error_response
from drawings.forms import ColoursForm, ImageForm, PlotForm, sentences
from drawings.models import Drawing
from drawings.replicas import may_lag

# A drawing that is hidden or deleted is gone from caches after this long.
CACHE_SECONDS = 300
# A colormap's colours change with matplotlib's releases, if ever.
STRIP_SECONDS = 24 * 3600

SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"

# What somebody who waits for strokes may have verified; verify_strokes does the longer ones.
VERIFY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
@may_lag
def image(request: HttpRequest, id: UUID) -> HttpResponse:
    """image.png: the drawing through a colormap's palette."""
    # Who has a copy mostly learns that it is still good: the blob is read if it is not.
    has_copy = "HTTP_IF_NONE_MATCH" in request.META
    picture = access.get_picture(request, id, with_blob=not has_copy)
    query = request.META["QUERY_STRING"]
    option, _, value = query.partition("=")
    cmap, vmin, vmax, scale = picture.colormap, picture.vmin, picture.vmax, 1
    if option == "cmap" and images.is_colormap(value):  # what most ask for; a form takes its time
        cmap = value
    elif query:
        form = ImageForm(request.GET, drawing=picture)
        if not form.is_valid():
            return error_response(request, 400, sentences(form))
        cmap, vmin, vmax, scale = (form.cleaned_data[name] for name in form.fields)
    is_canonical = has_canonical_query(request, cmap=cmap, scale=scale)
    palette = images.own_palette if is_canonical else images.palette

    def make() -> bytes:
        blob = picture.blob or access.get_picture(request, id, with_blob=True).blob
        colours = palette(cmap, vmin, vmax)
        return pixels.png_from_blob(blob, picture.height, picture.width, colours, scale)

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
@may_lag
def plot(request: HttpRequest, id: UUID) -> HttpResponse:
    """plot.png: the drawing through a matplotlib figure."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())
    form = PlotForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    cmap = form.cleaned_data["cmap"] or drawing.colormap
    span = {"vmin": drawing.vmin, "vmax": drawing.vmax}

    def make() -> bytes:
        with figure_turn(request) as run:
            return run(figures.image_png, drawing.field, cmap=cmap, **span)

    try:
        return cacheable(
            request,
            id,
            drawing,
            has_canonical_query(request, kind="image", cmap=cmap),
            content_type="image/png",
            version=f"plot-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=make,
        )
    except (limits.TooOftenError, turns.BusyError) as error:
        return refusals.come_back(request, error)


@require_safe
@may_lag
def pixels_npy(request: HttpRequest, id: UUID) -> HttpResponse:
    """pixels.npy: the field as NumPy's own file, for `np.load(..., allow_pickle=False)`."""
    drawing = access.get_drawing(request, id, Drawing.objects.for_pictures())

    def make() -> bytes:
        out = io.BytesIO()
        np.save(out, np.ascontiguousarray(drawing.field), allow_pickle=False)
        return out.getvalue()

    response = cacheable(
        request,
        id,
        drawing,
        has_canonical_query(request),
        content_type="application/octet-stream",
        version="npy",
        make=make,
    )
    response["Content-Disposition"] = f'attachment; filename="drawing-{drawing.id}.npy"'
    return response


@require_safe
@may_lag
def strokes_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.json: how it was drawn, as docs/strokes.md describes it.

    The text as it was stored: to inflate it keeps no other thread waiting, as to read it would.
    """
    try:
        drawing = get_drawing_with_strokes(request, id)
    except (limits.TooOftenError, turns.BusyError) as error:
        return refusals.come_back(request, error)
    with damage_is_absence(drawing):
        return cacheable(
            request,
            id,
            drawing,
            has_canonical_query(request),
            content_type="application/json",
            version="strokes",
            make=lambda: strokes.unpack_text(bytes(drawing.strokes or b"")),
        )


@require_safe
@may_lag
def strokes_svg(request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg: its strokes as lines and shapes, in its own colours or in those of ?cmap=."""
    form = ColoursForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    try:
        return strokes_svg_in(form.cleaned_data["cmap"], request, id)
    except (limits.TooOftenError, turns.BusyError) as error:
        return refusals.come_back(request, error)


def strokes_svg_in(cmap: str, request: HttpRequest, id: UUID) -> HttpResponse:
    """strokes.svg in a colormap, "" for the drawing's own.

    Raises turns.BusyError, or limits.TooOftenError.
    """
    drawing = get_drawing_with_strokes(request, id)
    cmap = cmap or drawing.colormap
    # What was drawn on is in the file as well: for who may see that.
    parent = drawing.parent_id and access.get_drawing(
        request, drawing.parent_id, Drawing.objects.for_lists()
    )

    def make() -> bytes:
        palette = images.own_palette(cmap, drawing.vmin, drawing.vmax)
        data = bytes(drawing.strokes or b"")
        ground = parent.field if parent else None
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
            drawing,
            has_canonical_query(request, cmap=cmap),
            content_type="image/svg+xml",
            version=f"svg-{cmap}-{drawing.vmin}-{drawing.vmax}",
            make=make,
        )
    # An SVG that is opened is a page of this site: a download then, and one that can do nothing.
    response["Content-Security-Policy"] = SANDBOX
    response["Content-Disposition"] = f'attachment; filename="drawing-{drawing.id}.svg"'
    if parent and not access.is_public(parent):
        response["Cache-Control"] = "private, no-store"
    return response


def get_drawing_with_strokes(request: HttpRequest, id: UUID) -> Drawing:
    """A drawing whose strokes come to its pixels: verified now, if nobody has done it yet.

    Raises Http404, limits.TooOftenError, or turns.BusyError.
    """
    drawings = Drawing.objects.with_strokes_to_show().for_strokes()
    drawing = access.get_drawing(request, id, drawings)
    if drawing.strokes_agree is None:
        # Limited, as what takes too long to be verified is tried each time that it is asked for.
        with figure_turn(request) as run, damage_is_absence(drawing):
            # Somebody else may have had it verified while this one waited for its turn.
            drawing = access.get_drawing(request, id, drawings)
            if drawing.strokes_agree is None and not verification.verify(
                drawing, VERIFY_SECONDS, run
            ):
                logger.error("The strokes of drawing %s do not come to its pixels", drawing.id)
                raise Http404
    return drawing


@contextmanager
def figure_turn(request: HttpRequest) -> Iterator[turns.Run]:
    """A turn for a client that has not used up FIGURE_RATE. What is in a cache needs none.

    Raises limits.TooOftenError, or turns.BusyError.
    """
    verdict = limits.count("figure", limits.client_address(request), settings.FIGURE_RATE)
    if not verdict.allowed:
        raise limits.TooOftenError(verdict.retry_after)
    with turns.one_at_a_time() as run:
        yield run


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
    scope = "public" if has_canonical_query(request) else "private"
    response["Cache-Control"] = f"{scope}, max-age={STRIP_SECONDS}"
    return response


def has_canonical_query(request: HttpRequest, **options: str | int) -> bool:
    """Whether the query string has these options alone, each in its one spelling, or left out.

    There is no end of others: what they bring must not crowd out what a cache has use for.
    """
    query = request.META["QUERY_STRING"]
    asked = {name: value for name, value in options.items() if query and name in request.GET}
    return bool(query == urlencode(asked))


def cacheable(
    request: HttpRequest,
    id: UUID,
    drawing: access.HasStatus,
    is_canonical: bool,
    *,
    content_type: str,
    version: str,
    make: Callable[[], bytes],
) -> HttpResponse:
    """What `make` makes of a drawing, or 304 if the client has it.

    The pixels of a row never change, so its id, the version (whatever else the bytes depend on)
    and the library that chose the colours name the bytes: nothing is made just to be compared.
    Shared caches may keep it if its query string is canonical.
    """
    etag = f'"{id.hex}-{version}-{images.LIBRARY_VERSION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        make(), content_type=content_type
    )
    response["ETag"] = etag
    if access.is_public(drawing):
        scope = "public" if is_canonical else "private"
        response["Cache-Control"] = f"{scope}, max-age={CACHE_SECONDS}"
    else:
        response["Cache-Control"] = "private, no-store"
    return response
