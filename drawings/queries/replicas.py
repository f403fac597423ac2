"""Reads from copies of the database that PostgreSQL keeps itself: DATABASE_REPLICA_URLS.

A replica is a moment behind, so it is asked only where a view says that this will do, and by
nobody who has changed something a moment ago. Everything else goes to the primary.
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
# One that did not answer is not asked again for so long.
REST_SECONDS = 10.0
# Who has changed something reads from the primary for so long.
CATCH_UP_SECONDS = 10
COOKIE = "changed"
QUERY_CANCELED = "57014"  # PostgreSQL's code

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

logger = logging.getLogger(__name__)

_reading_from: ContextVar[str] = ContextVar("reading_from", default=DEFAULT_DB_ALIAS)
_resting_until: dict[str, float] = {}


class Router:
    """Drawings are read from where `may_lag` says, everything else belongs to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _reading_from.get() if model is Drawing else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def may_lag(view: View[Arguments]) -> View[Arguments]:
    """The view reads drawings from a replica, if there is one that answers."""
    if not REPLICAS:
        return view

    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        alias = None if COOKIE in request.COOKIES else _choose()
        if alias is None:
            return view(request, *args, **kwargs)
        try:
            with _reading(alias):
                return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED:
                raise  # it took too long there, and would on the primary
            if not connections[alias].errors_occurred:
                raise  # the primary's own, which was asked for something else
            # What follows the first line may quote what was sent.
            reason = str(error).partition("\n")[0]
            logger.error("%s did not answer, so the primary is asked: %s", alias, reason)
            _resting_until[alias] = time.monotonic() + REST_SECONDS
        return view(request, *args, **kwargs)

    return wrapped


def use_primary() -> None:
    """Read drawings from the primary for the rest of a view that `may_lag`."""
    _reading_from.set(DEFAULT_DB_ALIAS)


def where_to_look() -> list[str]:
    """The databases to look for a row in, in turn: one that was just sent is in the primary."""
    return list(dict.fromkeys([_reading_from.get(), DEFAULT_DB_ALIAS]))


def _choose() -> str | None:
    now = time.monotonic()
    awake = [alias for alias in REPLICAS if _resting_until.get(alias, 0) <= now]
    return random.choice(awake) if awake else None  # noqa: S311 - chance, not a secret


@contextmanager
def _reading(alias: str) -> Iterator[None]:
    token = _reading_from.set(alias)
    try:
        yield
    finally:
        _reading_from.reset(token)


class OwnChanges:
    """Lets who has changed something see it, by a cookie that says no more than that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            response.set_cookie(
                COOKIE,
                "1",
                max_age=CATCH_UP_SECONDS,
                secure=settings.HTTPS,
                httponly=True,
                samesite="Lax",
            )
        return response
