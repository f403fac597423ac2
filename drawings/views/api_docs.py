"""The API's reference, for people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from drawings.http.errors import api_root


@gzip_page
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    # Imported here, because the API is loaded only when it is first requested.
    from drawings.api.reference import context

    return render(request, "drawings/api.html", context(request.build_absolute_uri(api_root())))
