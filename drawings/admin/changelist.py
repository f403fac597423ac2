"""The admin's list of drawings: as many as there may be, no page of it counts or skips any."""

import re
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from drawings.models import SENDER_BYTES, Drawing, DrawingQuerySet
from drawings.queries import pagination
from drawings.queries.filters import DrawingFilter

CURSOR_PARAMETERS = ("before", "after", "oldest")


class SinceFilter(admin.SimpleListFilter):
    """By when a drawing came, which its id tells."""

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
    """Whether reports of a drawing wait for staff."""

    title = "reports"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        allowed = may_use(self, request, "drawings.view_report")
        return [("yes", "Reported")] if allowed else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> QuerySet[Drawing]:
        return DrawingFilter(reported=bool(self.value())).apply(cast(DrawingQuerySet, queryset))


class SenderFilter(admin.SimpleListFilter):
    """By who sent a drawing: there to be taken off again, once a link has led to it."""

    title = "sender"
    parameter_name = "sender"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        allowed = may_use(self, request, "drawings.curate_drawing")
        value = self.value()
        return [(value, f"Sender {value[:8]}")] if allowed and value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> QuerySet[Drawing]:
        return DrawingFilter(sender=self.sender()).apply(cast(DrawingQuerySet, queryset))

    def sender(self) -> bytes:
        """Raises IncorrectLookupParameters for what is no sender."""
        value = self.value() or ""
        if value and not re.fullmatch(f"[0-9a-f]{{{2 * SENDER_BYTES}}}", value):
            raise IncorrectLookupParameters
        return bytes.fromhex(value)


def may_use(spec: admin.SimpleListFilter, request: HttpRequest, permission: str) -> bool:
    """Whether a filter is for this user. Raises PermissionDenied if it is used all the same: left
    out, it would let an action loose on everything."""
    allowed = request.user.has_perm(permission)
    if spec.value() and not allowed:
        raise PermissionDenied
    return allowed


class DrawingList(ChangeList):
    """Pages that begin at a drawing: newest, newer, older, oldest."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Drawing]:
        # Where in the list it is goes on into no filter and no search.
        for name in CURSOR_PARAMETERS:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        queryset: QuerySet[Drawing] = super().get_queryset(request, exclude_parameters)
        return queryset

    def get_results(self, request: HttpRequest) -> None:
        self.drawing_filter = self._drawing_filter()
        self.seen_at = timezone.now()  # before it is read: what changes after that was not seen
        page = pagination.read(self.drawing_filter, cursor_of(request), self.list_per_page)
        self.result_list = page.drawings
        # Of this page: what the whole list comes to is not counted.
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
        """What the search and the filters select. Raises IncorrectLookupParameters."""
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


def cursor_of(request: HttpRequest) -> pagination.Cursor:
    """Raises IncorrectLookupParameters, which the admin answers with the list's newest page."""
    try:
        before, after = (
            UUID(text) if (text := request.GET.get(name)) else None for name in ("before", "after")
        )
    except ValueError as error:
        raise IncorrectLookupParameters from error
    return pagination.Cursor(before, after, oldest="oldest" in request.GET)
