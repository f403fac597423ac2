"""What an artist may do with the drawings that this browser has sent."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from drawings.forms import CursorForm, TitleForm, sentences
from drawings.http import access, owner_cookie, throttling
from drawings.http.errors import error_response, request_error, wants_json
from drawings.models import Drawing
from drawings.queries import pagination
from drawsite.db.transactions import write_transaction

PAGE_SIZE = 24

only_for_this_browser = cache_control(private=True, no_store=True)


@only_for_this_browser
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """All that this browser has sent and not taken back, newest first, PAGE_SIZE a page."""
    form = CursorForm(request.GET)
    if not form.is_valid():
        return error_response(request, 400, sentences(form))
    owner = owner_cookie.owner_of(request)
    page: pagination.Page[Drawing] = pagination.Page([], None, None)
    cursor = pagination.Cursor(**form.cleaned_data)
    if owner is not None:
        page = pagination.read(pagination.Selection(owner=owner), cursor, PAGE_SIZE)
    context = {
        "drawings": page.drawings,
        "newer": page.newer and f"after={page.newer.after}",
        "older": page.older and f"before={page.older.before}",
        "is_first_page": cursor == pagination.Cursor(),
    }
    response = render(request, "drawings/mine.html", context)
    if owner is not None:
        owner_cookie.remember(response, owner)
    return response


@only_for_this_browser
@require_http_methods(["GET", "HEAD", "POST"])
def retitle(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change what the artist calls a drawing and is called, under the rules of a new one."""
    drawing = access.get_own_drawing(request, id)
    if drawing.status == Drawing.Status.HIDDEN:
        return refuse_hidden(request)
    if request.method != "POST":
        said = {"title": drawing.title, "artist": drawing.artist}
        return render_retitle(request, drawing, TitleForm(initial=said))
    if (refusal := throttling.of_sending(request, "drawings")) is not None:
        return refusal
    form = TitleForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            return error_response(request, 422, sentences(form))
        return render_retitle(request, drawing, form, status=422)
    with write_transaction():
        is_changed = change_title(drawing, **form.cleaned_data)
    if not is_changed:
        access.get_own_drawing(request, id)  # Http404 if it was deleted
        return refuse_hidden(request)
    messages.success(request, "The title is changed.")
    return redirect(drawing)


def change_title(drawing: Drawing, title: str, artist: str) -> bool:
    """Whether it could be changed, which staff may have prevented meanwhile."""
    if (title, artist) == (drawing.title, drawing.artist):
        return True
    values = {"title": title, "artist": artist}
    if settings.REQUIRE_APPROVAL:  # of the title as well
        values["status"] = Drawing.Status.PENDING
    # In one statement: what staff hide at the same time stays hidden.
    rows = Drawing.objects.filter(pk=drawing.pk).exclude(status=Drawing.Status.HIDDEN)
    return rows.change(**values) == 1


def render_retitle(
    request: HttpRequest, drawing: Drawing, form: TitleForm, status: int = 200
) -> HttpResponse:
    context = {
        "drawing": drawing,
        "form": form,
        "waits_again": settings.REQUIRE_APPROVAL and access.is_public(drawing),
    }
    return render(request, "drawings/retitle.html", context, status=status)


def refuse_hidden(request: HttpRequest) -> HttpResponse:
    return request_error(
        request,
        403,
        "Staff have hidden this drawing, so it keeps its title. You may take it back.",
    )


@only_for_this_browser
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a drawing, after asking once more."""
    drawing = access.get_own_drawing(request, id)
    if request.method != "POST":
        return render(request, "drawings/take_back.html", {"drawing": drawing})
    with write_transaction():
        drawing.delete()
    messages.success(request, f"“{drawing}” is taken back and deleted for good.")
    return redirect("drawings:mine")
