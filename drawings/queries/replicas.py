"""Reads drawings from PostgreSQL's read replicas (DATABASE_REPLICA_URLS).

A replica lags behind the primary. So only views that allow this read from one, and not for clients
that have just changed something. All other queries go to the primary.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from drawings.models import Drawing

REPLICAS = tuple(alias for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS)
# How long a replica that did not answer is left alone.
REST_SECONDS = 10.0
# How long a client that has changed something reads from the primary.
CATCH_UP_SECONDS = 10
CHANGED_COOKIE = "changed"
QUERY_CANCELED = "57014"  # an SQLSTATE

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

logger = logging.getLogger(__name__)

_reading_from: ContextVar[str] = ContextVar("reading_from", default=DEFAULT_DB_ALIAS)
_resting_until: dict[str, float] = {}


class ReplicaRouter:
    """Reads drawings from the database that `may_lag` chose, and all else from the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _reading_from.get() if model is Drawing else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def may_lag(view: View[Arguments]) -> View[Arguments]:
    """Decorate a view to read drawings from a replica, if one answers, instead of the primary."""
    if not REPLICAS:
        return view

    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        alias = None if CHANGED_COOKIE in request.COOKIES else _choose_replica()
        if alias is None:
            return view(request, *args, **kwargs)
        try:
            with _read_from(alias):
                return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED:
                raise  # too slow a query, which would be as slow on the primary
            if not connections[alias].errors_occurred:
                raise  # the error is the primary's, which the view uses for other tables
            # Further lines may quote what the client sent.
            reason = str(error).partition("\n")[0]
            logger.error("%s did not answer, so the primary is used: %s", alias, reason)
            _resting_until[alias] = time.monotonic() + REST_SECONDS
        return view(request, *args, **kwargs)

    return wrapped


def use_primary() -> None:
    """Read drawings from the primary for the rest of a view that `may_lag`."""
    _reading_from.set(DEFAULT_DB_ALIAS)


def databases_to_search() -> list[str]:
    """The databases to search for a row, in this order. A replica may not have a new row yet."""
    return list(dict.fromkeys([_reading_from.get(), DEFAULT_DB_ALIAS]))


def _choose_replica() -> str | None:
    now = time.monotonic()
    available = [alias for alias in REPLICAS if _resting_until.get(alias, 0) <= now]
    return random.choice(available) if available else None  # noqa: S311 - not a secret


@contextmanager
def _read_from(alias: str) -> Iterator[None]:
    token = _reading_from.set(alias)
    try:
        yield
    finally:
        _reading_from.reset(token)


class ReadYourWritesMiddleware:
    """Sets a cookie on clients that change something: they read from the primary for a while."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            response.set_cookie(
                CHANGED_COOKIE,
                "1",
                max_age=CATCH_UP_SECONDS,
                secure=settings.HTTPS,
                httponly=True,
                samesite="Lax",
            )
        return response
