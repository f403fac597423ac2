"""Views to compare the site with, behind the same server and middleware."""

import io
import json
import os
import sys
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path


def empty_view(request: HttpRequest) -> HttpResponse:
    """An empty response: the least work that a view can do."""
    return HttpResponse()


def flask_image(request: HttpRequest, id: UUID) -> HttpResponse:
    """A drawing's image as the Flask app made it: a text file of numbers, drawn by a figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    numbers = json.loads(Path(settings.DATA_DIR, "images", f"{id}.csv").read_text())
    figure = Figure()
    axes = figure.add_subplot(1, 1, 1)
    axes.imshow(np.array(numbers).reshape(200, 200))
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call]
    return HttpResponse(out.getvalue(), content_type="image/png")


def loaded_modules(request: HttpRequest) -> JsonResponse:
    """The modules that the worker which handles this request has loaded."""
    return JsonResponse({"pid": os.getpid(), "modules": sorted(sys.modules)})


urlpatterns = [
    path("bench/empty", empty_view),
    path("bench/flask/<uuid:id>.png", flask_image),
    path("bench/modules", loaded_modules),
    path("", include("drawsite.urls")),
]

handler400 = "drawings.http.errors.bad_request"
handler403 = "drawings.http.errors.permission_denied"
handler404 = "drawings.http.errors.not_found"
handler500 = "drawings.http.errors.server_error"
