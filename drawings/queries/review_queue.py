"""What waits for staff: drawings that are pending, and drawings that were reported.

A place in a queue is a key that grows with the time of waiting: no number, nothing is counted.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from drawings.models import Drawing, Report

COUNTED = 99

Key = UUID | int


class Item(NamedTuple):
    key: Key
    drawing: Drawing


class Queue(NamedTuple):
    """Its rows are drawings or reports; their ids are its keys."""

    name: str
    title: str
    rows: Callable[[], QuerySet[Any]]

    def key(self, text: str) -> Key | None:
        """A key of this queue, as an address has it; None for what is none."""
        try:
            key: Key | None = self.rows().model._meta.pk.to_python(text)
        except ValidationError:
            return None
        return key

    def oldest(self, limit: int, **place: Key) -> list[Item]:
        """The first items at a place, the oldest first: `gte` or `gt` a key, or from the start."""
        where = {f"pk__{lookup}": key for lookup, key in place.items()}
        return [_item(row) for row in self.rows().filter(**where).order_by("pk")[:limit]]

    def before(self, key: Key) -> Item | None:
        row = self.rows().filter(pk__lt=key).order_by("-pk").first()
        return row and _item(row)

    def number(self) -> str:
        """How many wait, as far as it is worth counting."""
        number = len(self.rows().values_list("pk", flat=True).order_by("pk")[: COUNTED + 1])
        return f"{COUNTED}+" if number > COUNTED else str(number)


def _item(row: Drawing | Report) -> Item:
    return Item(row.pk, row if isinstance(row, Drawing) else row.drawing)


PENDING = Queue(
    "pending",
    "Pending",
    lambda: Drawing.objects.filter(status=Drawing.Status.PENDING).for_lists(),
)
REPORTED = Queue("reported", "Reported", lambda: Report.objects.first_of_each_drawing())
