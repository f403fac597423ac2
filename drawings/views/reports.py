"""What visitors find wrong with a drawing."""

from uuid import UUID

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from drawings.forms import ReportForm, sentences
from drawings.http import throttling
from drawings.http.errors import error_response, wants_json
from drawings.models import MOST_WAITING_REPORTS, Drawing, Report
from drawings.services import senders
from drawsite.db.transactions import write_transaction
from drawsite.ratelimit import limiter


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """Tell staff of a drawing. While a sender's report of it waits, more say no more."""
    drawing = get_object_or_404(Drawing.objects.published().for_lists(), pk=id)
    if request.method != "POST":
        return render_report(request, drawing, ReportForm())
    if (refusal := throttling.of_sending(request, "reports")) is not None:
        return refusal
    form = ReportForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            return error_response(request, 422, sentences(form))
        return render_report(request, drawing, form, status=422)
    sender = senders.sender_of(limiter.client_address(request))
    try:
        with write_transaction():
            again = not store(Report(drawing=drawing, sender=sender, **form.cleaned_data))
    except IntegrityError as error:  # the drawing was deleted meanwhile
        raise Http404 from error
    query = {"again": "yes"} if again else None
    return redirect(reverse("drawings:report-thanks", args=[id], query=query))


def store(report: Report) -> bool:
    """Whether the sender's last report does not wait any more. Then this one does, unless there are
    enough of others'."""
    reports = Report.objects.filter(drawing=report.drawing)
    own = reports.filter(sender=report.sender)
    own.filter(settled_at__isnull=False).delete()
    if own.exists():
        return False
    if reports.waiting()[:MOST_WAITING_REPORTS].count() < MOST_WAITING_REPORTS:
        Report.objects.bulk_create([report], ignore_conflicts=True)
    return True


def render_report(
    request: HttpRequest, drawing: Drawing, form: ReportForm, status: int = 200
) -> HttpResponse:
    return render(
        request, "drawings/report.html", {"drawing": drawing, "form": form}, status=status
    )


@require_safe
def thanks(request: HttpRequest, id: UUID) -> HttpResponse:
    context = {"id": id, "again": "again" in request.GET}
    return render(request, "drawings/report_thanks.html", context)
