"""The main pages: the studio, the gallery, and a drawing."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import urlencode
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from drawings.forms import validated
from drawings.forms.gallery import GalleryForm
from drawings.forms.image import ColormapForm
from drawings.forms.submission import BaseImageForm, SubmissionForm
from drawings.http import access
from drawings.http.filenames import file_name
from drawings.imaging import colormaps
from drawings.models import Drawing
from drawings.queries import pagination
from drawings.queries.cards import find_neighbours
from drawings.queries.filters import DrawingFilter
from drawings.queries.replicas import may_lag

PAGE_SIZE = 24
# The extensions of the files that a drawing's page offers, by their names in the template.
FILE_EXTENSIONS = {
    **{extension: extension for extension in ("png", "svg", "npy", "csv", "json")},
    "strokes": "strokes.json",
}
# Built once, because building the query takes longer than running it.
PAGE_ROWS = Drawing.objects.for_page()
SHARED_IMAGE_SIDE = 600  # pixels: large enough for link previews


@lru_cache(maxsize=1)
def first_modules() -> list[str]:
    """The URLs of the modules that the pen needs, which the canvas page preloads.

    All others follow the first stroke, or a pause.
    """
    raster = [f"raster/{name}" for name in ("paper", "rasteriser")]
    canvas = [f"canvas/{name}" for name in ("renderer", "pointer", "tools", "viewport")]
    return [static(f"drawings/js/{name}.js") for name in (*raster, *canvas)]


@gzip_page
@require_safe
def studio(request: HttpRequest) -> HttpResponse:
    """The page to draw on. ?on= names a drawing to use as the base image, in its colormap."""
    form = BaseImageForm(request.GET)
    base = None
    if form.is_valid() and form.cleaned_data["on"]:
        base = Drawing.objects.published().for_lists().filter(pk=form.cleaned_data["on"]).first()
    colormap = base.colormap if base else settings.DEFAULT_COLORMAP
    return render_studio(request, SubmissionForm(initial={"colormap": colormap}))


def render_studio(request: HttpRequest, form: SubmissionForm, status: int = 200) -> HttpResponse:
    """Render the page to draw on, with the form's errors if it has any."""
    cmap = form["colormap"].value() or ""
    is_known = colormaps.is_colormap(cmap)
    context = {
        "form": form,
        "sizes": settings.CANVAS_SIZES,
        "first_modules": first_modules(),
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
        "requires_approval": settings.REQUIRE_APPROVAL,
        "cmap": cmap if is_known else settings.DEFAULT_COLORMAP,
        # For pictures that are sent without a script: photographs look right in grey.
        "picture_cmap": cmap if is_known and form.is_bound else "gray",
    }
    return render(request, "drawings/studio.html", context, status=status)


@gzip_page
@require_safe
@may_lag
def gallery(request: HttpRequest) -> HttpResponse:
    """Published drawings, newest first, PAGE_SIZE per page."""
    form = validated(GalleryForm(request.GET))
    query, position = form.query("q", "cmap", "artist"), form.query("before", "after")
    colours = form.query("in")
    cursor = pagination.Cursor(**position)
    page = pagination.read_card_page(DrawingFilter.published(**query), cursor, PAGE_SIZE)
    here, shown = {**query, **position}, {**query, **colours}
    shown_in = colours.get("in", "")
    context = {
        "cards": [card.labels(shown_in) for card in page.drawings],
        "q": query.get("q", ""),
        "cmap": query.get("cmap", ""),
        "artist": query.get("artist", ""),
        "shown_in": shown_in,
        "selection": urlencode(query),
        "here": here,
        "own_colours": urlencode(here),
        "newest": urlencode(shown),
        "newer": page.newer and urlencode({**shown, "after": page.newer.after}),
        "older": page.older and urlencode({**shown, "before": page.older.before}),
        "is_first_page": cursor == pagination.Cursor() or (page.drawings and not page.newer),
    }
    return render(request, "drawings/gallery.html", context)


@gzip_page
@vary_on_cookie  # the page shows more to the drawing's owner
@require_safe
@may_lag
def drawing(request: HttpRequest, id: UUID) -> HttpResponse:
    """The page of one drawing, in its own colormap or in ?cmap=."""
    cmap = validated(ColormapForm(request.GET)).cleaned_data["cmap"]
    try:
        drawing = access.get_drawing(request, id, PAGE_ROWS)
    except access.AwaitingApprovalError:
        response = render(request, "drawings/waiting.html")
        response["Cache-Control"] = "no-store"  # it may be approved at any moment
        return response

    is_own = access.is_own(request, id)
    may_see_parent = access.may_see_parent(request, drawing)
    parent = drawing.parent if may_see_parent else None
    context = {
        **page_context(request, drawing, cmap or drawing.colormap),
        # The other drawings and the gallery are shown in the chosen colormap, even if it happens to
        # be this drawing's own.
        "chosen_cmap": cmap,
        "walk_query": f"?cmap={cmap}" if cmap else "",
        "gallery_query": f"?in={cmap}" if cmap else "",
        "is_own": is_own,
        "has_strokes": drawing.has_strokes and may_see_parent,
        "parent": parent,
        **find_neighbours(id)._asdict(),
    }
    response = render(request, "drawings/drawing.html", context)
    if is_own or not access.is_public(drawing) or (parent and not access.is_public(parent)):
        response["Cache-Control"] = "private, no-store"
    return response


def page_context(request: HttpRequest, drawing: Drawing, cmap: str) -> dict[str, Any]:
    """Returns the part of a drawing page's context that is the same for every client."""
    query: dict[str, Any] = {"cmap": cmap} if cmap != drawing.colormap else {}
    share_scale = max(1, min(8, SHARED_IMAGE_SIDE // max(drawing.width, drawing.height)))
    url = drawing.get_absolute_url()
    share_url = f"{url}image.png?{urlencode({**query, 'scale': share_scale})}"
    return {
        "drawing": drawing,
        "name": str(drawing),
        "alt": drawing.alt,
        "cmap": cmap,
        "query": urlencode(query),
        "url": url,
        "page_url": request.build_absolute_uri(url),
        "share_url": request.build_absolute_uri(share_url),
        "share_width": drawing.width * share_scale,
        "share_height": drawing.height * share_scale,
        "files": {
            name: file_name(drawing, extension) for name, extension in FILE_EXTENSIONS.items()
        },
        "all_by_artist": urlencode({"artist": drawing.artist}),
    }
