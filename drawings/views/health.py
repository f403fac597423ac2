"""For those who watch the server: is it alive, and can it serve?"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from drawings.readiness import readiness


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
