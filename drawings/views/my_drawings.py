"""Pages where visitors list, rename and delete the drawings that their browser sent."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from drawings.forms import validated
from drawings.forms.gallery import CursorForm
from drawings.forms.submission import TitleForm
from drawings.http import access, owner_cookie, throttling
from drawings.http.errors import wants_json
from drawings.models import Drawing
from drawings.queries import pagination
from drawings.queries.filters import DrawingFilter
from drawsite.db.transactions import write_transaction
from drawsite.lib.refusals import RefusedError

PAGE_SIZE = 24

HIDDEN = "A moderator has hidden this drawing, so its title can't be changed. You can delete it."

only_for_this_browser = cache_control(private=True, no_store=True)


@only_for_this_browser
@require_safe
def my_drawings(request: HttpRequest) -> HttpResponse:
    """The drawings that this browser has sent, newest first, PAGE_SIZE per page."""
    form = validated(CursorForm(request.GET))
    owner = owner_cookie.owner_of(request)
    page: pagination.Page[Drawing] = pagination.Page([], None, None)
    cursor = pagination.Cursor(**form.cleaned_data)
    if owner is not None:
        page = pagination.read_page(DrawingFilter(owner=owner), cursor, PAGE_SIZE)
    context = {
        "drawings": page.drawings,
        "newer": page.newer and f"after={page.newer.after}",
        "older": page.older and f"before={page.older.before}",
        "is_first_page": cursor == pagination.Cursor(),
    }
    response = render(request, "drawings/my_drawings.html", context)
    if owner is not None:
        owner_cookie.set_cookie(response, owner)
    return response


@only_for_this_browser
@require_http_methods(["GET", "HEAD", "POST"])
def retitle(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change the title and artist of a drawing, under the same rules as for a new one."""
    drawing = access.get_own_drawing(request, id)
    if drawing.status == Drawing.Status.HIDDEN:
        raise RefusedError(403, HIDDEN)
    if request.method != "POST":
        current = {"title": drawing.title, "artist": drawing.artist}
        return render_retitle(request, drawing, TitleForm(initial=current))
    throttling.admit_sender(request, "submit")
    form = TitleForm(request.POST)
    if not wants_json(request) and not form.is_valid():
        return render_retitle(request, drawing, form, status=422)
    validated(form, status=422)
    with write_transaction():
        is_changed = change_title(drawing, **form.cleaned_data)
    if not is_changed:
        access.get_own_drawing(request, id)  # Http404 if it was deleted
        raise RefusedError(403, HIDDEN)
    messages.success(request, "Saved.")
    return redirect(drawing)


def change_title(drawing: Drawing, title: str, artist: str) -> bool:
    """Change a drawing's title. Returns False, and changes nothing, if staff have hidden it."""
    if (title, artist) == (drawing.title, drawing.artist):
        return True
    values = {"title": title, "artist": artist}
    if settings.REQUIRE_APPROVAL:  # a changed title needs approval, too
        values["status"] = Drawing.Status.PENDING
    # One statement, so that a drawing that staff hide at the same time stays hidden.
    rows = Drawing.objects.filter(pk=drawing.pk).exclude(status=Drawing.Status.HIDDEN)
    return rows.update_stamped(**values) == 1


def render_retitle(
    request: HttpRequest, drawing: Drawing, form: TitleForm, status: int = 200
) -> HttpResponse:
    context = {
        "drawing": drawing,
        "form": form,
        "waits_again": settings.REQUIRE_APPROVAL and access.is_public(drawing),
    }
    return render(request, "drawings/retitle.html", context, status=status)


@only_for_this_browser
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a drawing, after a confirmation page."""
    drawing = access.get_own_drawing(request, id)
    if request.method != "POST":
        return render(request, "drawings/take_back.html", {"drawing": drawing})
    with write_transaction():
        drawing.delete()
    messages.success(request, format_html("“<bdi>{}</bdi>” has been deleted.", drawing))
    return redirect("drawings:my-drawings")
