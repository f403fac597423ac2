"""Views that receive new drawings: POST /drawings/, and the Flask app's URLs."""

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from drawings.forms import validated
from drawings.forms.submission import FlaskForm, SubmissionForm
from drawings.http import access, owner_cookie, throttling
from drawings.http.client_address import client_address
from drawings.http.errors import wants_json
from drawings.models import Drawing
from drawings.services import submissions
from drawings.views.pages import render_studio


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """POST /drawings/: store a new drawing. GET redirects to the gallery."""
    if request.method != "POST":
        return redirect("drawings:gallery")
    throttling.admit_submission(request)
    owner = owner_cookie.owner_of(request)
    form = SubmissionForm(request.POST, request.FILES, owner=owner)
    if not wants_json(request) and not form.is_valid():
        return render_studio(request, form, status=422)
    drawing = validated(form, status=422).build_drawing()
    drawing.owner = owner or owner_cookie.new_owner(drawing.submission_key, bytes(drawing.blob))
    stored, is_new = submissions.store_submission(drawing, client_address(request))
    response = stored_response(request, stored, is_new)
    owner_cookie.set_cookie(response, drawing.owner)
    return response


def stored_response(request: HttpRequest, drawing: Drawing, is_new: bool) -> HttpResponse:
    """Returns the drawing's URLs as JSON, or redirects a browser to the drawing's page."""
    if not wants_json(request):
        response = redirect(drawing)
        response.status_code = 303
        return response
    urls = {
        "id": str(drawing.id),
        "url": request.build_absolute_uri(drawing.get_absolute_url()),
        "image_url": request.build_absolute_uri(drawing.image_url),
    }
    return JsonResponse(urls, status=201 if is_new else 200)


# --- The Flask app's URLs -------------------------------------------------------------------


@csrf_exempt  # clients of the Flask app have no CSRF token, and this view ignores cookies
@require_POST
def postmethod(request: HttpRequest) -> HttpResponse:
    """POST /postmethod: store `canvas_data`. Returns the new drawing's id as JSON."""
    access.refuse_other_sites(request)
    throttling.admit_submission(request)
    form = validated(FlaskForm(request.POST), status=422)
    drawing, _ = submissions.store_submission(form.build_drawing(), client_address(request))
    return JsonResponse({"unique_id": str(drawing.id)})


@require_safe
def flask_results(request: HttpRequest) -> HttpResponse:
    return redirect("drawings:gallery", permanent=True)


@require_safe
def flask_result(request: HttpRequest, id: UUID) -> HttpResponse:
    """Redirect to the drawing that has this id, here or in the Flask app."""
    drawings = Drawing.objects.for_lists()
    drawing = drawings.filter(pk=id).first() or get_object_or_404(drawings, flask_id=id)
    with suppress(access.AwaitingApprovalError):  # the drawing's page tells visitors to wait
        access.visible_or_404(request, drawing.id, drawing)
    return redirect(drawing, permanent=True)
