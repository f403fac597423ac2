"""The page where staff download datasets."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from drawings.datasets.exports.formats import find_problem
from drawings.forms.export import ExportForm
from drawings.http.exports import export_response
from drawings.models import Drawing


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the form, or respond to a valid one with the download."""
    if not request.user.has_perm("drawings.export_drawing"):
        raise PermissionDenied
    form = ExportForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        name, drawing_filter = form.cleaned_data["format"], form.drawing_filter()
        if (sentence := find_problem(name, drawing_filter)) is None:
            return export_response(request, name, drawing_filter)
        form.add_error(None, sentence)
    context = {
        **admin.site.each_context(request),
        "title": "Export",
        "opts": Drawing._meta,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "admin/drawings/drawing/export.html", context, status=status)
