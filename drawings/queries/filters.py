"""Selects drawings, in the same way for the gallery, plots, the API, exports and the admin."""

from datetime import date, datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from drawings.models import Drawing, DrawingQuerySet, Report
from drawings.queries import search
from drawsite.lib.days import end_of_day, start_of_day
from drawsite.lib.uuid7 import first_id

# The fields that are compared with a column, and the column's name.
COLUMNS = {
    "status": "status",
    "cmap": "colormap",
    "artist": "artist",
    "width": "width",
    "height": "height",
    "owner": "owner",
    "sender": "sender",
}


class DrawingFilter(NamedTuple):
    """Selects the drawings that match every field. An empty field matches all drawings."""

    q: str = ""  # words of the title or of the artist's name, or the drawing's id
    cmap: str = ""
    artist: str = ""  # the exact name
    since: datetime | None = None
    until: datetime | None = None  # exclusive
    status: str = ""
    width: int = 0  # pixels
    height: int = 0
    owner: UUID | None = None
    sender: bytes = b""
    reported: bool = False  # has waiting reports

    @classmethod
    def published(cls, **values: Any) -> Self:
        return cls(status=Drawing.Status.PUBLISHED, **values)

    @property
    def is_published_only(self) -> bool:
        return self.status == Drawing.Status.PUBLISHED

    def on_day(self, day: date) -> Self:
        """Returns the filter for those of its drawings that were sent on a day (UTC)."""
        begin, end = start_of_day(day), end_of_day(day)
        return self._replace(
            since=max(begin, self.since or begin), until=min(end, self.until or end)
        )

    def describe(self) -> dict[str, str]:
        """Returns the fields that are not empty, as text."""
        return {name: str(value) for name, value in self._asdict().items() if value}

    def apply(self, rows: DrawingQuerySet) -> DrawingQuerySet:
        """Returns the rows that match the filter, in no order."""
        if self.q:
            rows = search.matching(rows, self.q)
        for name, column in COLUMNS.items():
            if value := getattr(self, name):
                rows = rows.filter(**{column: value})
        if self.reported:
            rows = rows.filter(pk__in=Report.objects.waiting().values("drawing"))
        if self.since is not None:
            rows = rows.filter(id__gte=first_id(self.since))
        if self.until is not None:
            rows = rows.filter(id__lt=first_id(self.until))
        return rows

    def matches(self, drawing: Drawing) -> bool:
        """Whether a loaded drawing matches the filter. Ignores `q` and `reported`."""
        return (
            all(
                getattr(drawing, column) == value
                for name, column in COLUMNS.items()
                if (value := getattr(self, name))
            )
            and (self.since is None or drawing.id >= first_id(self.since))
            and (self.until is None or drawing.id < first_id(self.until))
        )
