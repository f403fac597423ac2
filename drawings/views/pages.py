"""Pages for people: the canvas, the gallery, one drawing."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from drawings.forms import ColoursForm, GalleryForm, OnForm, SubmissionForm, sentences
from drawings.http import access
from drawings.http.errors import error_response
from drawings.http.filenames import file_name
from drawings.imaging import colormaps
from drawings.models import Drawing
from drawings.queries import pagination
from drawings.queries.cards import find_neighbours
from drawings.queries.replicas import may_lag

PAGE_SIZE = 24
# What files are called that the page offers, by what they end with.
FILES = {
    **{ending: ending for ending in ("png", "svg", "npy", "csv", "json")},
    "strokes": "strokes.json",
}
ROWS = Drawing.objects.for_page()  # building it takes longer than running it
SHARED_PICTURE_SIDE = 600  # what link previews show well


@gzip_page
@require_safe
def canvas(request: HttpRequest) -> HttpResponse:
    """The page to draw on; with ?on=, in the colours of the drawing that it is to begin with."""
    form = OnForm(request.GET)
    ground = None
    if form.is_valid() and form.cleaned_data["on"]:
        ground = Drawing.objects.published().for_lists().filter(pk=form.cleaned_data["on"]).first()
    colormap = ground.colormap if ground else "gray"
    return render_canvas(request, SubmissionForm(initial={"colormap": colormap}))


def render_canvas(request: HttpRequest, form: SubmissionForm, status: int = 200) -> HttpResponse:
    """The page to draw on, with what was wrong with a form that was refused."""
    cmap = form["colormap"].value() or ""
    context = {
        "form": form,
        "sizes": settings.CANVAS_SIZES,
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
        "requires_approval": settings.REQUIRE_APPROVAL,
        "cmap": cmap if colormaps.is_colormap(cmap) else "gray",
    }
    return render(request, "drawings/canvas.html", context, status=status)


@gzip_page
@require_safe
@may_lag
def gallery(request: HttpRequest) -> HttpResponse:
    """Published drawings, newest first, PAGE_SIZE a page."""
    form = GalleryForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    asked = form.cleaned_data
    cursor = pagination.Cursor(before=asked["before"], after=asked["after"])
    selection = {name: asked[name] for name in ("q", "cmap") if asked[name]}
    page = pagination.read_cards(
        pagination.Selection(status=Drawing.Status.PUBLISHED, **selection), cursor, PAGE_SIZE
    )
    context = {
        "cards": [card.labels() for card in page.drawings],
        "q": asked["q"],
        "cmap": asked["cmap"],
        "is_selection": bool(selection),
        "newest": urlencode(selection),
        "newer": page.newer and urlencode({**selection, "after": page.newer.after}),
        "older": page.older and urlencode({**selection, "before": page.older.before}),
        "is_first_page": cursor == pagination.Cursor() or (page.drawings and not page.newer),
    }
    return render(request, "drawings/gallery.html", context)


@gzip_page
@vary_on_cookie  # its owner's has more on it
@require_safe
@may_lag
def drawing(request: HttpRequest, id: UUID) -> HttpResponse:
    """One drawing, large, in its own colours or in those of ?cmap=."""
    form = ColoursForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    try:
        drawing = access.get_drawing(request, id, ROWS)
    except access.Waiting:
        response = render(request, "drawings/waiting.html")
        response["Cache-Control"] = "no-store"  # it may be approved at any moment
        return response

    is_own = access.is_own(request, id)
    may_see_parent = access.may_see_parent(request, drawing)
    parent = drawing.parent if may_see_parent else None
    cmap = form.cleaned_data["cmap"] or drawing.colormap
    query = {"cmap": cmap} if cmap != drawing.colormap else {}
    share_scale = max(1, min(8, SHARED_PICTURE_SIDE // max(drawing.width, drawing.height)))
    url = drawing.get_absolute_url()
    share_url = f"{url}image.png?{urlencode({**query, 'scale': share_scale})}"
    context = {
        "drawing": drawing,
        "is_own": is_own,
        "query": urlencode(query),
        "has_strokes": drawing.has_strokes and may_see_parent,
        "parent": parent,
        "url": url,
        "page_url": request.build_absolute_uri(url),
        "share_url": request.build_absolute_uri(share_url),
        "share_width": drawing.width * share_scale,
        "share_height": drawing.height * share_scale,
        "files": {name: file_name(drawing, ending) for name, ending in FILES.items()},
        "all_by_artist": urlencode({"artist": drawing.artist}),
        "cmap": cmap,
        **find_neighbours(id)._asdict(),
    }
    response = render(request, "drawings/drawing.html", context)
    if is_own or not access.is_public(drawing) or (parent and not access.is_public(parent)):
        response["Cache-Control"] = "private, no-store"
    return response
