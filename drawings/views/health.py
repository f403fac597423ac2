"""For those who watch the server: is it alive, and can it serve?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from drawings.models import Drawing


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can serve: 503 and what is wrong, if it cannot."""
    if (fault := _fault()) is not None:
        return JsonResponse({"status": "not ready", "fault": fault}, status=503)
    return JsonResponse({"status": "ready"})


def _fault() -> str | None:
    try:
        # A real table: SQLite makes a deleted file anew, and "SELECT 1" succeeds on that.
        Drawing.objects.for_lists().first()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are not applied"
    except DatabaseError:
        return "the database does not answer"
    return None
