"""For those who watch the server: is it alive, and can it serve?"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from drawings.services.readiness import readiness
from drawsite.observability import metrics


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can serve: 503 and what is wrong, if it cannot."""
    if (fault := readiness.fault()) is not None:
        return JsonResponse({"status": "not ready", "fault": fault}, status=503)
    return JsonResponse({"status": "ready"})


@never_cache
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """GET /metrics, for who has METRICS_TOKEN; without one in the settings there is nothing."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    content, content_type = metrics.exposition()
    return HttpResponse(content, content_type=content_type)
