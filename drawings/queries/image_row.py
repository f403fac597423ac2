"""What a picture of a drawing is made of, in one plain statement.

Pictures are what the server is asked for most. Through Django's query and a model's instance each
would take about twice as long.
"""

from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from drawings.models import Drawing


class Picture(NamedTuple):
    """The columns of a Drawing, as they are named there."""

    status: str
    width: int
    height: int
    vmin: int
    vmax: int
    colormap: str
    blob: bytes = b""  # empty unless it was asked for


def _select(columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM "{Drawing._meta.db_table}" WHERE "id" = %s'  # noqa: S608


WITHOUT_BLOB = _select(Picture._fields[:-1])
WITH_BLOB = _select(Picture._fields)


def find_picture(id: UUID, *, with_blob: bool, using: str = DEFAULT_DB_ALIAS) -> Picture | None:
    """The drawing's row, or None. One query: the blob stays in the database unless asked for."""
    connection = connections[using]
    with connection.cursor() as cursor:
        key = id if connection.features.has_native_uuid_field else id.hex
        cursor.execute(WITH_BLOB if with_blob else WITHOUT_BLOB, [key])
        row = cursor.fetchone()
    return row and Picture(*row)
