"""What is sent in: from the canvas page, and in the form that the Flask app took."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from drawings import access, limits, owners, refusals, senders
from drawings.errors import error_response, request_error, wants_json
from drawings.forms import FlaskForm, SubmissionForm, sentences
from drawings.models import Drawing
from drawings.views.pages import render_canvas
from drawings.writing import write_transaction


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """POST /drawings/: a new drawing; in a browser's address line, the way to the gallery."""
    if request.method != "POST":
        return redirect("drawings:gallery")
    if (refusal := refusals.early(request, "drawings")) is not None:
        return refusal
    form = SubmissionForm(request.POST, request.FILES)
    # Made before the transaction, which keeps other writers waiting.
    drawing = owner = None
    if form.is_valid():
        owner = owners.owner_of(request) or owners.new_owner(form.cleaned_data["submission_key"])
        drawing = form.drawing(owner=owner, **given_by(request))
    with write_transaction():
        if (refusal := refusals.exact(request, "drawings")) is not None:
            return refusal
        if drawing is not None:
            drawing, created = Drawing.objects.add_once(drawing)
    if drawing is None or owner is None:
        if wants_json(request):
            return error_response(request, 422, sentences(form))
        return render_canvas(request, form, status=422)
    response = answer(request, drawing, created)
    owners.remember(response, owner)
    return response


def answer(request: HttpRequest, drawing: Drawing, created: bool) -> HttpResponse:
    if wants_json(request):
        body = {
            "id": str(drawing.id),
            "url": request.build_absolute_uri(drawing.get_absolute_url()),
            "image_url": request.build_absolute_uri(drawing.image_url),
        }
        return JsonResponse(body, status=201 if created else 200)
    response = redirect(drawing)
    response.status_code = 303
    return response


def given_by(request: HttpRequest) -> dict[str, Any]:
    """The columns of a new drawing that its sender has no say in."""
    return {
        "status": Drawing.Status.PENDING if settings.REQUIRE_APPROVAL else Drawing.Status.PUBLISHED,
        "sender": senders.sender_of(limits.client_address(request)),
    }


# --- The Flask app's URLs -------------------------------------------------------------------


@csrf_exempt  # its clients know of no token, and the view uses no cookie that one could protect
@require_POST
def postmethod(request: HttpRequest) -> HttpResponse:
    """POST /postmethod: `canvas_data`, answered with the new drawing's id."""
    if is_from_another_site(request):
        return request_error(request, 403, "Pages of other sites may not draw on this wall.")
    if (refusal := refusals.early(request, "drawings")) is not None:
        return refusal
    form = FlaskForm(request.POST)
    drawing = form.drawing(**given_by(request)) if form.is_valid() else None
    with write_transaction():
        if (refusal := refusals.exact(request, "drawings")) is not None:
            return refusal
        if drawing is not None:
            drawing.save(force_insert=True)
    if drawing is None:
        return error_response(request, 422, sentences(form))
    return JsonResponse({"unique_id": str(drawing.id)})


def is_from_another_site(request: HttpRequest) -> bool:
    """Whether a browser sends this for another site's page; programs name no origin.

    Else any page could have its visitors fill the wall, each within the limits of an address.
    """
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.get_host()


@require_safe
def flask_results(request: HttpRequest) -> HttpResponse:
    return redirect("drawings:gallery", permanent=True)


@require_safe
def flask_result(request: HttpRequest, id: UUID) -> HttpResponse:
    """A drawing by its id, or by the one that it had in the Flask app."""
    drawings = Drawing.objects.for_lists()
    drawing = drawings.filter(pk=id).first() or get_object_or_404(drawings, flask_id=id)
    with suppress(access.Waiting):  # which the drawing's page says
        access.admitted(request, drawing.id, drawing)
    return redirect(drawing, permanent=True)
