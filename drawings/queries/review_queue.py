"""The review queue: drawings that are pending, and drawings that were reported.

Keyset pagination: an item's position is its key, which grows with time. Nothing is numbered.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from drawings.models import Drawing, Report

MAX_COUNTED = 99

Key = UUID | int


class Item(NamedTuple):
    key: Key
    drawing: Drawing


class Queue(NamedTuple):
    """A queue of drawings or reports. Their ids are the keys."""

    name: str
    title: str
    rows: Callable[[], QuerySet[Any]]

    def parse_key(self, text: str) -> Key | None:
        """The key in a URL's parameter, or None if it is not a key of this queue."""
        try:
            key: Key | None = self.rows().model._meta.pk.to_python(text)
        except ValidationError:
            return None
        return key

    def find_oldest(self, limit: int, **start: Key) -> list[Item]:
        """The oldest items, from the start or from a key: `gte=key` or `gt=key`."""
        where = {f"pk__{lookup}": key for lookup, key in start.items()}
        return [_item(row) for row in self.rows().filter(**where).order_by("pk")[:limit]]

    def find_previous(self, key: Key) -> Item | None:
        """The item before the one with this key."""
        row = self.rows().filter(pk__lt=key).order_by("-pk").first()
        return row and _item(row)

    def count_waiting(self) -> str:
        """The number of items as text, "99+" if there are more than MAX_COUNTED."""
        number = len(self.rows().values_list("pk", flat=True).order_by("pk")[: MAX_COUNTED + 1])
        return f"{MAX_COUNTED}+" if number > MAX_COUNTED else str(number)


def _item(row: Drawing | Report) -> Item:
    return Item(row.pk, row if isinstance(row, Drawing) else row.drawing)


PENDING = Queue(
    "pending",
    "Pending",
    lambda: Drawing.objects.filter(status=Drawing.Status.PENDING).for_lists(),
)
REPORTED = Queue("reported", "Reported", lambda: Report.objects.first_of_each_drawing())
