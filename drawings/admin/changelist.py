"""The admin's list of drawings, which pages by cursor: it never counts rows or skips over them."""

import re
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from drawings.models import SENDER_BYTES, Drawing, DrawingQuerySet
from drawings.models.stamps import read_clock
from drawings.queries import pagination
from drawings.queries.filters import DrawingFilter

CURSOR_PARAMETERS = ("before", "after", "oldest")


class SinceFilter(admin.SimpleListFilter):
    """Filters by the time in the drawing's id."""

    title = "date"
    parameter_name = "since"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("today", "Today"),
            ("week", "Past 7 days"),
            ("month", "This month"),
            ("year", "This year"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> QuerySet[Drawing]:
        return DrawingFilter(since=self.start()).apply(cast(DrawingQuerySet, queryset))

    def start(self) -> datetime | None:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        starts = {
            "today": today,
            "week": today - timedelta(days=7),
            "month": today.replace(day=1),
            "year": today.replace(month=1, day=1),
        }
        return starts.get(self.value() or "")


class ReportedFilter(admin.SimpleListFilter):
    """Filters drawings with open reports."""

    title = "reports"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        allowed = may_use(self, request, "drawings.view_report")
        return [("yes", "Reported")] if allowed else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> QuerySet[Drawing]:
        return DrawingFilter(reported=bool(self.value())).apply(cast(DrawingQuerySet, queryset))


class SenderFilter(admin.SimpleListFilter):
    """Filters by sender. Shown only while in use (links lead to it), so that it can be removed."""

    title = "sender"
    parameter_name = "sender"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        allowed = may_use(self, request, "drawings.curate_drawing")
        value = self.value()
        return [(value, f"Sender {value[:8]}")] if allowed and value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> QuerySet[Drawing]:
        return DrawingFilter(sender=self.sender()).apply(cast(DrawingQuerySet, queryset))

    def sender(self) -> bytes:
        """Returns the sender's hash. Raises IncorrectLookupParameters for malformed values."""
        value = self.value() or ""
        if value and not re.fullmatch(f"[0-9a-f]{{{2 * SENDER_BYTES}}}", value):
            raise IncorrectLookupParameters
        return bytes.fromhex(value)


def may_use(spec: admin.SimpleListFilter, request: HttpRequest, permission: str) -> bool:
    """Whether the user has the filter's permission.

    Raises PermissionDenied if the request uses the filter without it: if the filter were ignored,
    an action on the whole list would affect every drawing.
    """
    allowed = request.user.has_perm(permission)
    if spec.value() and not allowed:
        raise PermissionDenied
    return allowed


class DrawingChangeList(ChangeList):
    """A changelist with cursor pagination: newest, newer, older, oldest."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Drawing]:
        # The cursor must not become a filter, nor part of the filters' links.
        for name in CURSOR_PARAMETERS:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        queryset: QuerySet[Drawing] = super().get_queryset(request, exclude_parameters)
        return queryset

    def get_results(self, request: HttpRequest) -> None:
        self.drawing_filter = self._drawing_filter()
        # Before reading the rows, so that later changes count as unseen.
        self.seen_at = read_clock(DEFAULT_DB_ALIAS)
        page = pagination.read_page(self.drawing_filter, parse_cursor(request), self.list_per_page)
        self.result_list = page.drawings
        # The counts of this page only: the whole list is never counted.
        self.result_count = self.full_result_count = len(page.drawings)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.pages = []
        if page.newer or page.older:
            self.pages = [
                ("Newest", self._address({}) if page.newer else ""),
                ("Newer", page.newer and self._address({"after": page.newer.after})),
                ("Older", page.older and self._address({"before": page.older.before})),
                ("Oldest", self._address({"oldest": 1}) if page.older else ""),
            ]

    def _drawing_filter(self) -> DrawingFilter:
        """Returns the filter for the search and the sidebar. Raises IncorrectLookupParameters."""
        status = self.params.get("status__exact", "")
        if status and status not in Drawing.Status:
            raise IncorrectLookupParameters
        chosen: dict[str, Any] = {}
        for spec in self.filter_specs:
            if isinstance(spec, SinceFilter):
                chosen["since"] = spec.start()
            elif isinstance(spec, SenderFilter):
                chosen["sender"] = spec.sender()
            elif isinstance(spec, ReportedFilter):
                chosen["reported"] = bool(spec.value())
        return DrawingFilter(q=self.query.strip(), status=status, **chosen)

    def _address(self, cursor: dict[str, Any]) -> str:
        return f"?{urlencode(sorted({**self.params, **cursor}.items()))}"


def parse_cursor(request: HttpRequest) -> pagination.Cursor:
    """Returns the cursor in the query string.

    Raises IncorrectLookupParameters for malformed ids; the admin then redirects to the first page.
    """
    try:
        before, after = (
            UUID(text) if (text := request.GET.get(name)) else None for name in ("before", "after")
        )
    except ValueError as error:
        raise IncorrectLookupParameters from error
    return pagination.Cursor(before, after, oldest="oldest" in request.GET)
