"""Reads cards of published drawings, for the gallery and a drawing's page, by plain SQL.

Building these queries with Django's ORM would take most of a page's time.
"""

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db import connections, router
from django.utils.html import escape
from django.utils.safestring import SafeString

from drawings.models import Drawing
from drawings.models.labels import Labelled

MAX_CHILDREN = 12


class _Columns(NamedTuple):
    id: UUID
    title: str
    artist: str
    width: int
    height: int


class Card(Labelled, _Columns):
    """The columns of a drawing that lists show."""

    __slots__ = ()

    def labels(self, cmap: str = "") -> dict[str, object]:
        """The card as a dict. Templates look up a key in half the time of an attribute.

        Its links are to pages in a colormap, if one is given. They are ready for HTML.
        """
        url = self.get_absolute_url()
        query = f"?cmap={cmap}" if cmap else ""
        return {
            "url": SafeString(f"{url}{query}"),
            "image_url": SafeString(f"{url}image.png{query}"),
            "name": str(self),
            "alt": self.alt,
            "artist": self.artist,
            "artist_query": _artist_query(self.artist, cmap),
            "width": self.width,
            "height": self.height,
        }


@lru_cache(maxsize=1024)  # at most 0.5 MB
def _artist_query(artist: str, cmap: str) -> SafeString:
    """The gallery's query for an artist's drawings in a colormap, ready for HTML."""
    return SafeString(escape(urlencode({"artist": artist, **({"in": cmap} if cmap else {})})))


class Neighbours(NamedTuple):
    """The next newer and older drawing, and the newest drawings that were drawn on this one."""

    newer: Card | None
    older: Card | None
    children: list[Card]


def find_cards(
    cmap: str, artist: str, before: UUID | None, after: UUID | None, *, ascending: bool, limit: int
) -> list[Card]:
    """The first cards between two ids, of one colormap and one artist unless these are empty."""
    given = {
        '"colormap" = %s': cmap,
        '"artist" = %s': artist,
        '"id" < %s': before,
        '"id" > %s': after,
    }
    conditions = {condition: value for condition, value in given.items() if value}
    statement = _select_statement("card", list(conditions), "ASC" if ascending else "DESC", limit)
    return [card for _, card in _read_cards(statement, list(conditions.values()))]


def find_neighbours(id: UUID) -> Neighbours:
    """The neighbours of the drawing with this id."""
    found = defaultdict(list)
    for role, card in _read_cards(NEIGHBOURS, [id] * 3):
        found[role].append(card)
    return Neighbours(
        newer=next(iter(found["newer"]), None),
        older=next(iter(found["older"]), None),
        # Databases promise no order for the rows of a UNION.
        children=sorted(found["child"], key=lambda card: card.id, reverse=True),
    )


def _select_statement(role: str, conditions: list[str], order: str, limit: int) -> str:
    columns = ", ".join(f'"{column}"' for column in Card._fields)
    where = " AND ".join([f"\"status\" = '{Drawing.Status.PUBLISHED}'", *conditions])
    return (
        f"SELECT '{role}', {columns} FROM \"{Drawing._meta.db_table}\""
        f' WHERE {where} ORDER BY "id" {order} LIMIT {limit}'
    )


NEIGHBOURS = " UNION ALL ".join(
    f'SELECT * FROM ({_select_statement(role, [condition], order, limit)}) AS "{role}"'
    for role, condition, order, limit in (
        ("newer", '"id" > %s', "ASC", 1),
        ("older", '"id" < %s', "DESC", 1),
        ("child", '"parent_id" = %s', "DESC", MAX_CHILDREN),
    )
)


def _read_cards(statement: str, values: list[UUID | str | None]) -> list[tuple[str, Card]]:
    """Run `_select_statement`s. Returns each card with its role."""
    connection = connections[router.db_for_read(Drawing)]
    if not connection.features.has_native_uuid_field:
        values = [value.hex if isinstance(value, UUID) else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return [(role, Card(UUID(str(key)), *others)) for role, key, *others in rows]
