"""Pages where visitors report drawings to the moderators."""

from uuid import UUID

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from drawings.forms import validated
from drawings.forms.report import ReportForm
from drawings.http import throttling
from drawings.http.client_address import client_address
from drawings.http.errors import wants_json
from drawings.models import MAX_WAITING_REPORTS, Drawing, Report
from drawings.services import senders
from drawsite.db.transactions import write_transaction


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """Report a drawing. Further reports from the same sender are dropped while one is open."""
    drawing = get_object_or_404(Drawing.objects.published().for_lists(), pk=id)
    if request.method != "POST":
        return render_report(request, drawing, ReportForm())
    throttling.admit_sender(request, "report")
    form = ReportForm(request.POST)
    if not wants_json(request) and not form.is_valid():
        return render_report(request, drawing, form, status=422)
    validated(form, status=422)
    sender = senders.sender_of(client_address(request))
    try:
        with write_transaction():
            report = Report(drawing=drawing, sender=sender, **form.cleaned_data)
            is_repeated = not store_report(report)
    except IntegrityError as error:  # the drawing was deleted meanwhile
        raise Http404 from error
    query = {"again": "yes"} if is_repeated else None
    return redirect(reverse("drawings:report-thanks", args=[id], query=query))


def store_report(report: Report) -> bool:
    """Store a report. Returns False instead if its sender has an open one for the drawing.

    If the drawing has MAX_WAITING_REPORTS open reports, returns True without storing another.
    """
    reports = Report.objects.filter(drawing=report.drawing)
    own = reports.filter(sender=report.sender)
    own.filter(settled_at__isnull=False).delete()
    if own.exists():
        return False
    if reports.waiting()[:MAX_WAITING_REPORTS].count() < MAX_WAITING_REPORTS:
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
