from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from drawings import search
from drawings.changelist import DrawingList, SinceFilter
from drawings.models import UNLISTED, Drawing, DrawingQuerySet

admin.site.site_header = "Drawsite"
admin.site.site_title = "Drawsite"
admin.site.index_title = "Curate the wall"

THUMBNAIL_SIDE = 72
PICTURE_SIDE = 480


@admin.register(Drawing)
class DrawingAdmin(admin.ModelAdmin):
    list_display = ("thumbnail", "title_or_id", "artist", "status", "colormap", "created_at")
    list_display_links = ("thumbnail", "title_or_id")
    list_filter = ("status", SinceFilter)
    list_per_page = 50
    search_fields = ("title", "artist")
    search_help_text = "Words that the title or the artist's name has, or the drawing's id."
    # Any other order, and any count, would have the whole table read.
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("publish", "hide")

    class Media:
        css = {"all": ["drawings/admin.css"]}

    readonly_fields = ("picture", "id", "size", "created_at")
    fields = (
        "picture",
        "title",
        "artist",
        "colormap",
        "status",
        "vmin",
        "vmax",
        "size",
        "id",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        # A changelist selects binary columns even when it does not show them.
        return super().get_queryset(request).defer(*UNLISTED)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DrawingList]:
        return DrawingList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Drawing], search_term: str
    ) -> tuple[QuerySet[Drawing], bool]:
        """For actions; what the list shows of it is DrawingList's."""
        drawings, term = cast(DrawingQuerySet, queryset), search_term.strip()
        # Drawings that were selected one by one need not be looked for as well.
        if term and request.POST.get("select_across", "0") != "0":
            drawings = search.matching(drawings, term)
        return drawings, False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The filter of the list, and nothing that only a query string could make up."""
        return lookup in {"status__exact", SinceFilter.parameter_name}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Drawings come from the canvas."""
        return False

    def view_on_site(self, obj: Drawing) -> str:
        return obj.get_absolute_url()

    @admin.display(description="Picture")
    def thumbnail(self, drawing: Drawing) -> SafeString:
        return self._img(drawing, THUMBNAIL_SIDE, "lazy")

    @admin.display(description="Picture")
    def picture(self, drawing: Drawing) -> SafeString:
        return self._img(drawing, PICTURE_SIDE, "eager")

    def _img(self, drawing: Drawing, side: int, loading: str) -> SafeString:
        scale = side / max(drawing.width, drawing.height)
        return format_html(
            '<img class="drawing-picture" src="{}" alt="{}" width="{}" height="{}" loading="{}">',
            drawing.image_url,
            drawing.alt,
            round(drawing.width * scale),
            round(drawing.height * scale),
            loading,
        )

    @admin.display(description="Title")
    def title_or_id(self, drawing: Drawing) -> str:
        return drawing.title or f"Untitled ({str(drawing.id)[-12:]})"

    @admin.display(description="Size")
    def size(self, drawing: Drawing) -> str:
        return f"{drawing.width} × {drawing.height} pixels"

    @admin.action(description="Publish selected drawings", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        self._set_status(request, queryset, Drawing.Status.PUBLISHED)

    @admin.action(description="Hide selected drawings", permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        self._set_status(request, queryset, Drawing.Status.HIDDEN)

    def _set_status(
        self, request: HttpRequest, queryset: QuerySet[Drawing], status: Drawing.Status
    ) -> None:
        changing = list(queryset.exclude(status=status))
        Drawing.objects.filter(pk__in=[drawing.pk for drawing in changing]).change(status=status)
        user_id = request.user.pk
        if changing and user_id is not None:
            LogEntry.objects.log_actions(
                user_id, changing, CHANGE, f"Status set to {status.label}."
            )
        noun = "drawing is" if len(changing) == 1 else "drawings are"
        self.message_user(request, f"{len(changing)} {noun} now {status.label.lower()}.")
