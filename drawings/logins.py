"""Logins that are tried too often.

django-axes locks a name out from an address after AXES_FAILURE_LIMIT tries that failed, for
AXES_COOLOFF_TIME; LOGIN_RATE limits what one address tries, whatever the names.
"""

from collections.abc import Mapping
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from drawings import limits
from drawings.errors import request_error

# No account has a longer name, and PostgreSQL keeps none of any length.
NAME_LENGTH = 150


class PatientBackend(AxesStandaloneBackend):  # type: ignore[misc]  # axes has no types
    """Comes before the backend that looks at passwords, and lets nobody in itself."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> None:
        """PermissionDenied for a client that has tried too often: no password is looked at."""
        if request is None:  # no client: a program of the host's own
            return
        verdict = limits.hit("login", limits.client_address(request), settings.LOGIN_RATE)
        if not verdict.allowed:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.wait = verdict.retry_after  # type: ignore[attr-defined]
            raise PermissionDenied
        super().authenticate(request, username, password, **kwargs)


def address(request: HttpRequest) -> str | None:
    """The client's address as axes keeps it: of an IPv6 household the first, None if unknown."""
    client = limits.client_address(request).partition("/")[0]
    return None if client == "unknown" else client


def name(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """The name that is tried as axes keeps it: its first NAME_LENGTH characters."""
    return (credentials or request.POST).get("username", "")[:NAME_LENGTH]


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: Mapping[str, str] | None
) -> HttpResponse:
    """The answer to who tried too often, in place of the login form's."""
    seconds = getattr(request, "wait", None) or _seconds_locked(request, credentials)
    return request_error(
        request,
        429,
        f"Too many tries to log in. Wait {seconds} seconds, then try again.",
        retry_after=seconds,
    )


def _seconds_locked(request: HttpRequest, credentials: Mapping[str, str] | None) -> int:
    """How long axes still refuses this name from this address: since the last try it counted."""
    from axes.models import AccessAttempt  # only once Django has its models

    tries = AccessAttempt.objects.filter(
        username=name(request, credentials), ip_address=address(request)
    )
    latest = tries.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    since = timezone.now() - (latest or timezone.now())
    return max(1, int((settings.AXES_COOLOFF_TIME - since).total_seconds()))
