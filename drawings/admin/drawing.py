"""The admin's pages for drawings."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from drawings.admin import bulk_actions, export, review, statistics, thumbnails
from drawings.admin.changelist import DrawingChangeList, ReportedFilter, SenderFilter, SinceFilter
from drawings.admin.selecting import CheckedSelection
from drawings.models import UNLISTED, Drawing, DrawingQuerySet, Report
from drawings.queries import search
from drawings.services import moderation

COLOUR_LIMITS = {"vmin", "vmax"}
FIELDS = ("title", "artist", "colormap", "status", "vmin", "vmax", "size", "id")


class DrawingForm(ModelForm):
    def clean(self) -> dict[str, Any]:
        """Refuse a new status if the artist has changed the title or name since the page loaded."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "status" in self.changed_data:
            # The row lock lasts until the page's transaction has saved the drawing.
            rows = Drawing.objects.filter(pk=self.instance.pk).select_for_update(no_key=True)
            for name, now in (rows.values("title", "artist").first() or {}).items():
                if self.data.get(self.add_initial_prefix(name), now) != now:
                    self.add_error(
                        "status",
                        f"The {name} was changed meanwhile, and is {now or 'empty'} now."
                        " Reload the page before you decide.",
                    )
        return data


@admin.register(Drawing)
class DrawingAdmin(CheckedSelection):
    form = DrawingForm
    list_display = (
        "thumbnail",
        "title_or_id",
        "artist_name",
        "status",
        "colormap",
        "created_at",
    )
    list_display_links = ("thumbnail", "title_or_id")
    list_filter = ("status", ReportedFilter, SenderFilter, SinceFilter)
    list_per_page = 50
    search_fields = ("title", "artist")
    # Any other order, and any count, would read the whole table.
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("publish", "keep", "hide", "delete_selected", "remove_sender", "block_sender")

    readonly_fields = ("picture", "reports", "id", "size", "sent_by", "created_at")

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "review": ("review/", review.page),
            "export": ("export/", export.page),
            "statistics": ("statistics/", statistics.page),
            "plot": ("statistics/<str:name>.png", statistics.plot),
        }
        return [
            path(route, self.admin_site.admin_view(view), name=f"drawings_drawing_{name}")
            for name, (route, view) in pages.items()
        ] + super().get_urls()

    def get_fields(self, request: HttpRequest, obj: Drawing | None = None) -> Any:
        """Leave out the fields that the user lacks permission for."""
        sees_reports = request.user.has_perm("drawings.view_report")
        picture = ("picture", "reports") if sees_reports else "picture"
        sent_by = ("sent_by",) if self.has_curate_permission(request) else ()
        return (picture, *FIELDS, *sent_by, "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Drawing | None = None) -> Any:
        readonly = self.readonly_fields
        return readonly if self.has_curate_permission(request) else (*readonly, "status")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        # A changelist selects binary columns even when it does not show them.
        return super().get_queryset(request).defer(*UNLISTED)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DrawingChangeList]:
        return DrawingChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Drawing], search_term: str
    ) -> tuple[QuerySet[Drawing], bool]:
        """Search for actions on the whole list. DrawingChangeList searches for its own pages."""
        drawings, term = cast(DrawingQuerySet, queryset), search_term.strip()
        # Drawings that were selected one by one need no search.
        if term and request.POST.get("select_across", "0") != "0":
            drawings = search.matching(drawings, term)
        return drawings, False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Allow the list's own filters, but no other lookups in a query string."""
        filters = (ReportedFilter, SenderFilter, SinceFilter)
        return lookup in {"status__exact", *(each.parameter_name for each in filters)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns False: visitors make drawings in the studio."""
        return False

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("drawings.curate_drawing")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether the user may see and settle reports of drawings."""
        return review.may_review(request) and request.user.has_perm("drawings.view_report")

    def has_block_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("drawings.add_blockedsender")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Whether the user may delete all drawings of a sender. Only curators can list those."""
        return self.has_delete_permission(request) and self.has_curate_permission(request)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Count reports without listing them. Deleting a drawing needs no permission for these."""
        reports = Report.objects.filter(drawing__in=objs).count()
        counts = {"drawings": len(objs), "reports": reports}
        return [str(drawing) for drawing in objs], counts, set(), []

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Add hidden inputs with the initial values, so that `clean` knows what the page showed."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field is not None:
            field.show_hidden_initial = True
        return field

    def save_model(self, request: HttpRequest, obj: Drawing, form: Any, change: bool) -> None:
        """Save only the fields changed on the page, so as not to undo others' changes."""
        changed = set(form.changed_data)
        if changed & COLOUR_LIMITS:  # validated as a pair
            changed |= COLOUR_LIMITS
        obj.save(update_fields=changed)
        if "status" in form.changed_data:
            moderation.settle_reports(obj.reports.waiting(), cast(int, request.user.pk))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Require the permission to view reports: the history mentions reports and senders."""
        if not request.user.has_perm("drawings.view_report"):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer a decision about a drawing with open reports, as the review queue does."""
        drawing = kwargs.get("obj")
        # With errors, the drawing has the values that were refused.
        if drawing and not context["errors"] and self.has_settle_permission(request):
            context |= review.reported_item(drawing)
        return super().render_change_form(request, context, *args, **kwargs)

    def view_on_site(self, obj: Drawing) -> str:
        return obj.get_absolute_url()

    @admin.display(description="Picture")
    def thumbnail(self, drawing: Drawing) -> SafeString:
        return thumbnails.thumbnail(drawing)

    @admin.display(description="Picture")
    def picture(self, drawing: Drawing) -> SafeString:
        return thumbnails.picture(drawing)

    @admin.display(description="Title")
    def title_or_id(self, drawing: Drawing) -> SafeString:
        untitled = f"Untitled ({str(drawing.id)[-12:]})"
        return format_html("<bdi>{}</bdi>", drawing.title or untitled)

    @admin.display(description="Artist")
    def artist_name(self, drawing: Drawing) -> SafeString | None:
        return format_html("<bdi>{}</bdi>", drawing.artist) if drawing.artist else None

    @admin.display(description="Size")
    def size(self, drawing: Drawing) -> str:
        return f"{drawing.width} × {drawing.height} pixels"

    @admin.display(description="Reports")
    def reports(self, drawing: Drawing) -> SafeString | str:
        """Render the newest reports."""
        reports = list(drawing.reports.defer("sender").order_by("-pk")[: review.SHOWN_REPORTS])
        return render_to_string("admin/drawings/drawing/reports.html", {"reports": reports})

    @admin.display(description="Sender")
    def sent_by(self, drawing: Drawing) -> SafeString | str:
        if not drawing.sender:
            return "Unknown"
        sender = bytes(drawing.sender).hex()
        url = f"{reverse('admin:drawings_drawing_changelist')}?sender={sender}"
        return format_html('{} <a href="{}">All drawings from this sender</a>', sender[:8], url)

    @admin.action(description="Publish selected drawings", permissions=["curate"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> HttpResponse | None:
        return bulk_actions.run_action(self, request, queryset, bulk_actions.PUBLISH)

    @admin.action(
        description="Keep selected drawings and settle their reports",
        permissions=["settle"],
    )
    def keep(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> HttpResponse | None:
        return bulk_actions.run_action(self, request, queryset, bulk_actions.KEEP)

    @admin.action(description="Hide selected drawings", permissions=["curate"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> HttpResponse | None:
        return bulk_actions.run_action(self, request, queryset, bulk_actions.HIDE)

    @admin.action(description="Delete selected drawings", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Drawing]
    ) -> HttpResponse | None:
        return bulk_actions.run_action(self, request, queryset, bulk_actions.DELETE)

    @admin.action(description="Delete all drawings of the same sender", permissions=["remove"])
    def remove_sender(
        self, request: HttpRequest, queryset: QuerySet[Drawing]
    ) -> HttpResponse | None:
        return bulk_actions.ask_to_remove_sender(self, request, queryset)

    @admin.action(description="Block the senders of selected drawings", permissions=["block"])
    def block_sender(
        self, request: HttpRequest, queryset: QuerySet[Drawing]
    ) -> HttpResponse | None:
        return bulk_actions.run_action(self, request, queryset, bulk_actions.BLOCK)
