"""The admin's statistics: numbers of drawings, as tables and matplotlib plots."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from drawings.forms import validated
from drawings.http.plot_slots import uncounted_plot_slot
from drawings.models import BlockedSender, BlockedWord, Drawing, Report
from drawings.plotting import drawing_plots
from drawings.queries import statistics

SPANS = (30, 365)
COLORMAPS_SHOWN = 12
PLOT_CACHE_SECONDS = 300


class SpanForm(forms.Form):
    """The number of days to show."""

    days = forms.TypedChoiceField(
        choices=[(span, span) for span in SPANS], coerce=int, required=False, empty_value=None
    )


class PlotForm(SpanForm):
    """The options of a plot."""

    theme = forms.ChoiceField(choices=[(theme, theme) for theme in drawing_plots.THEMES])
    size = forms.ChoiceField(choices=[(size, size) for size in drawing_plots.SIZES])


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    _require_permission(request)
    form = validated(SpanForm(request.GET))
    span = form.cleaned_data["days"] or SPANS[0]
    days = statistics.count_last_days(span)
    counted = [day for day in days if day.drawings is not None]
    total = sum(day.drawings or 0 for day in counted)
    most = max(counted, key=lambda day: day.drawings or 0)
    colormaps = statistics.count_colormaps()
    context = {
        **admin.site.each_context(request),
        "title": "Statistics",
        "opts": Drawing._meta,
        "span": span,
        "days_query": f"days={span}&",
        "spans": SPANS,
        "days": days[::-1],
        "total": total,
        "missing": len(days) - len(counted),
        "days_alt": f"Bar chart: {total:,} drawings in the last {span} days; the most,"
        f" {most.drawings:,}, on {most.day:%d %B %Y}.",
        "numbers": _count_rows(request),
        "colormaps": colormaps,
        "colormaps_alt": "Bar chart of the most common colormaps. The table has the numbers.",
        "sampled": sum(number for _, number in colormaps),
    }
    return render(request, "admin/drawings/drawing/statistics.html", context)


@require_safe
def plot(request: HttpRequest, name: str) -> HttpResponse:
    """days.png and colormaps.png, with ?theme= and ?size=."""
    _require_permission(request)
    form = validated(PlotForm(request.GET))
    style = {option: form.cleaned_data[option] for option in ("theme", "size")}
    if name == "days":
        days = statistics.count_last_days(form.cleaned_data["days"] or SPANS[0])
        make = partial(drawing_plots.draw_days_png, *zip(*days, strict=True), **style)
    elif name == "colormaps":
        common = statistics.count_colormaps()[:COLORMAPS_SHOWN]
        make = partial(drawing_plots.draw_shares_png, common, **style)
    else:
        raise Http404
    with uncounted_plot_slot() as run:
        png = run(make)
    response = HttpResponse(png, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={PLOT_CACHE_SECONDS}"
    return response


def _require_permission(request: HttpRequest) -> None:
    if not request.user.has_perm("drawings.view_drawing"):
        raise PermissionDenied


def _count_rows(request: HttpRequest) -> list[tuple[str, str]]:
    """Returns labels and numbers of the rows that the user may view."""
    rows: list[tuple[str, str, QuerySet[Any]]] = [
        (f"{status.label} drawings", "drawing", Drawing.objects.filter(status=status))
        for status in Drawing.Status
    ]
    rows += [
        ("Open reports", "report", Report.objects.waiting()),
        ("Blocked senders", "blockedsender", BlockedSender.objects.all()),
        ("Blocked words", "blockedword", BlockedWord.objects.all()),
    ]
    return [
        (name, statistics.count_bounded(of))
        for name, model, of in rows
        if request.user.has_perm(f"drawings.view_{model}")
    ]
