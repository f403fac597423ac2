"""The admin's pages for reports, blocked words and blocked senders."""

from datetime import date
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from drawings.admin import thumbnails
from drawings.admin.selecting import CheckedSelection
from drawings.models import BlockedSender, BlockedWord, Report
from drawings.services import moderation, senders

MAX_LISTED = 1_000


class CappedPaginator(Paginator):
    """Counts at most MAX_LISTED rows, because counting all would read all."""

    @cached_property
    def count(self) -> int:
        return cast(QuerySet[Report], self.object_list[:MAX_LISTED]).count()


class WaitingFilter(admin.SimpleListFilter):
    """Filters reports by state: open ones by default."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("settled", "Settled"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        choices = super().choices(changelist)
        yield {**next(choices), "display": "Open"}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        state = self.value()
        return queryset if state == "all" else queryset.filter(settled_at__isnull=state is None)


@admin.register(Report)
class ReportAdmin(CheckedSelection):
    """Lists open reports, oldest first. The filter's other lists have the newest first."""

    list_display = ("drawing_link", "reason", "said", "created_at", "settled_at")
    list_display_links = None
    list_filter = (WaitingFilter,)
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0
    actions = ("settle",)
    readonly_fields = fields = ("drawing_link", "reason", "said", "created_at", "settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return Report.objects.with_drawing()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",) if request.GET.get(WaitingFilter.parameter_name) else ("pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns False: visitors make reports."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        """Returns False: staff settle reports, and deleting a drawing deletes its reports."""
        return False

    @admin.display(description="Drawing")
    def drawing_link(self, report: Report) -> SafeString:
        url = reverse("admin:drawings_drawing_change", args=[report.drawing_id])
        thumbnail = thumbnails.thumbnail(report.drawing)
        return format_html('<a href="{}">{} <bdi>{}</bdi></a>', url, thumbnail, report.drawing)

    @admin.display(description="Note")
    def said(self, report: Report) -> SafeString | None:
        return format_html("<bdi>{}</bdi>", report.note) if report.note else None

    @admin.action(
        description="Settle selected reports (keeps the drawings)", permissions=["change"]
    )
    def settle(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        reports = list(queryset[:MAX_LISTED])
        number = moderation.settle_reports(reports, cast(int, request.user.pk))
        drawings = "1 drawing" if number == 1 else f"{number:,} drawings"
        self.message_user(request, f"The selected reports of {drawings} are settled.")


@admin.register(BlockedWord)
class BlockedWordAdmin(CheckedSelection):
    ordering = ("word",)
    search_fields = ("word",)


@admin.register(BlockedSender)
class BlockedSenderAdmin(CheckedSelection):
    """Lists blocked senders. Staff block in the list of drawings, and unblock by deleting here."""

    list_display = ("__str__", "note", "created_at", "lapses")
    ordering = ("-pk",)
    readonly_fields = ("created_at", "lapses")
    fields = ("note", "created_at", "lapses")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns False: a sender is the hash of an address, so nobody could type it in."""
        return False

    @admin.display(description="Expires by")
    def lapses(self, blocked: BlockedSender) -> date:
        return blocked.created_at.date() + senders.LIFE
