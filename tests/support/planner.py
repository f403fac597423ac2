"""The statistics that the database plans queries with, and plans as for a large table."""

from django.db import connection

ROWS = {
    "sqlite": "SELECT stat FROM sqlite_stat1 WHERE idx = 'drawing_status'",
    "postgresql": "SELECT reltuples::int::text FROM pg_class WHERE relname = 'drawing_status'",
}


def known_drawings() -> int:
    """The number of drawings in the planner's statistics."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS[connection.vendor])
        (known,) = cursor.fetchone()
    return int(known.split()[0])


# The index that each database uses to list published drawings, newest first.
PUBLISHED = "drawing_published" if connection.vendor == "postgresql" else "drawing_status"


CLAIM_MILLION_ROWS = """
    UPDATE pg_class SET reltuples = 1000000, relpages = pg_relation_size(oid) / 8192
    WHERE oid = 'drawings_drawing'::regclass
    OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'drawings_drawing'::regclass)
"""


# Statistics from an import or a demo in an earlier test outlive its rows.
FORGET_STATISTICS = ("ANALYZE", "DELETE FROM sqlite_stat1", "ANALYZE sqlite_schema")


def plan_for_many() -> None:
    """Make the database plan the queries of this transaction about as for a million rows.

    SQLite does so without statistics. PostgreSQL prefers to read small tables sequentially or by
    the smallest index; and without statistics on a column, it expects each value to be rare enough
    to sort its rows.
    """
    statements = [
        CLAIM_MILLION_ROWS,
        *(f"SET LOCAL enable_{way} = off" for way in ("seqscan", "bitmapscan", "sort")),
    ]
    with connection.cursor() as cursor:
        for statement in statements if connection.vendor == "postgresql" else FORGET_STATISTICS:
            cursor.execute(statement)
