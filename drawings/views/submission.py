"""What is sent in: from the canvas page, and in the form that the Flask app took."""

from contextlib import suppress
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from drawings.forms import FlaskForm, SubmissionForm, sentences
from drawings.http import access, owner_cookie
from drawings.http.errors import error_response, wants_json
from drawings.models import Drawing
from drawings.services import submissions
from drawings.views.pages import render_canvas


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """POST /drawings/: a new drawing; in a browser's address line, the way to the gallery."""
    if request.method != "POST":
        return redirect("drawings:gallery")

    def find_owner(sent: Drawing) -> UUID:
        return owner_cookie.owner_of(request) or owner_cookie.new_owner(
            sent.submission_key, bytes(sent.blob)
        )

    receipt = submissions.receive(
        request,
        lambda: SubmissionForm(request.POST, request.FILES, owner=owner_cookie.owner_of(request)),
        find_owner,
    )
    if isinstance(receipt, HttpResponse):
        return receipt
    if receipt.drawing is None or receipt.owner is None:
        if wants_json(request):
            return error_response(request, 422, sentences(receipt.form))
        return render_canvas(request, cast(SubmissionForm, receipt.form), status=422)
    response = answer(request, receipt.drawing, receipt.is_new)
    owner_cookie.remember(response, receipt.owner)
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


# --- The Flask app's URLs -------------------------------------------------------------------


@csrf_exempt  # its clients know of no token, and the view uses no cookie that one could protect
@require_POST
def postmethod(request: HttpRequest) -> HttpResponse:
    """POST /postmethod: `canvas_data`, answered with the new drawing's id."""
    if (refusal := submissions.refuse_another_site(request)) is not None:
        return refusal
    receipt = submissions.receive(request, lambda: FlaskForm(request.POST))
    if isinstance(receipt, HttpResponse):
        return receipt
    if receipt.drawing is None:
        return error_response(request, 422, sentences(receipt.form))
    return JsonResponse({"unique_id": str(receipt.drawing.id)})


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
