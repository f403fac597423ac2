"""Probes and metrics for monitoring."""

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
    """Liveness: the process responds."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: 503, with the fault, if the process can't serve requests."""
    if (fault := readiness.current_fault()) is not None:
        return JsonResponse({"status": "not ready", "fault": fault}, status=503)
    return JsonResponse({"status": "ready"})


@never_cache
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Metrics for clients that send METRICS_TOKEN. 404 if the setting is empty."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    content, content_type = metrics.render_exposition()
    return HttpResponse(content, content_type=content_type)
