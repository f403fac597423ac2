"""Cards of published drawings, as the gallery and a drawing's page show them, read by plain SQL.

Building these queries with Django's ORM would take most of a page's time.
"""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from django.db import connections, router

from drawings.models import Drawing
from drawings.models.labels import Labelled

CHILDREN = 12


class _Columns(NamedTuple):
    id: UUID
    title: str
    artist: str
    width: int
    height: int


class Card(Labelled, _Columns):
    """The columns of a drawing that lists show."""

    __slots__ = ()

    def labels(self) -> dict[str, object]:
        """For templates, which look up a key in half the time of an attribute."""
        url = self.get_absolute_url()
        return {
            "url": url,
            "image_url": f"{url}image.png",
            "name": str(self),
            "alt": self.alt,
            "artist": self.artist,
            "width": self.width,
            "height": self.height,
        }


class Neighbours(NamedTuple):
    """The next newer and older drawing, and the newest drawings that were drawn on top."""

    newer: Card | None
    older: Card | None
    children: list[Card]


def find_cards(
    cmap: str, before: UUID | None, after: UUID | None, *, ascending: bool, limit: int
) -> list[Card]:
    """The first drawings between two ids, of one colormap unless `cmap` is empty."""
    given = {'"colormap" = %s': cmap, '"id" < %s': before, '"id" > %s': after}
    conditions = {condition: value for condition, value in given.items() if value}
    statement = _select("card", list(conditions), "ASC" if ascending else "DESC", limit)
    return [card for _, card in _run(statement, list(conditions.values()))]


def find_neighbours(id: UUID) -> Neighbours:
    """The neighbours of the drawing with this id."""
    found = defaultdict(list)
    for place, card in _run(NEIGHBOURS, [id] * 3):
        found[place].append(card)
    return Neighbours(
        newer=next(iter(found["newer"]), None),
        older=next(iter(found["older"]), None),
        # Databases promise no order for the rows of a UNION.
        children=sorted(found["child"], key=lambda card: card.id, reverse=True),
    )


def _select(place: str, conditions: list[str], order: str, limit: int) -> str:
    columns = ", ".join(f'"{column}"' for column in Card._fields)
    where = " AND ".join([f"\"status\" = '{Drawing.Status.PUBLISHED}'", *conditions])
    return (
        f"SELECT '{place}', {columns} FROM \"{Drawing._meta.db_table}\""
        f' WHERE {where} ORDER BY "id" {order} LIMIT {limit}'
    )


NEIGHBOURS = " UNION ALL ".join(
    f'SELECT * FROM ({_select(place, [condition], order, limit)}) AS "{place}"'
    for place, condition, order, limit in (
        ("newer", '"id" > %s', "ASC", 1),
        ("older", '"id" < %s', "DESC", 1),
        ("child", '"parent_id" = %s', "DESC", CHILDREN),
    )
)


def _run(statement: str, values: list[UUID | str | None]) -> list[tuple[str, Card]]:
    """The cards that a statement of `_select`s finds, each with its place."""
    connection = connections[router.db_for_read(Drawing)]
    if not connection.features.has_native_uuid_field:
        values = [value.hex if isinstance(value, UUID) else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return [(place, Card(UUID(str(key)), *others)) for place, key, *others in rows]
