"""The page with the API's reference."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from drawings.http.errors import api_root


@gzip_page
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    # Imported here, because the API loads only on its first request.
    from drawings.api.reference import build_context

    context = build_context(request.build_absolute_uri(api_root()))
    return render(request, "drawings/api.html", context)
