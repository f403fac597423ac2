"""What the database knows of its tables when it plans a query, and how it plans then."""

from django.db import connection

ROWS = {
    "sqlite": "SELECT stat FROM sqlite_stat1 WHERE idx = 'drawing_status'",
    "postgresql": "SELECT reltuples::int::text FROM pg_class WHERE relname = 'drawing_status'",
}


def known_drawings() -> int:
    """How many drawings there were when it last counted them."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS[connection.vendor])
        (known,) = cursor.fetchone()
    return int(known.split()[0])


# The index that each database takes for what is published, newest first.
PUBLISHED = "drawing_published" if connection.vendor == "postgresql" else "drawing_status"


MANY = """
    UPDATE pg_class SET reltuples = 1000000, relpages = pg_relation_size(oid) / 8192
    WHERE oid = 'drawings_drawing'::regclass
    OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'drawings_drawing'::regclass)
"""


# What an import or a demo in an earlier test has counted outlives its rows.
FORGET = ("ANALYZE", "DELETE FROM sqlite_stat1", "ANALYZE sqlite_schema")


def plan_for_many() -> None:
    """Have the database plan the queries of this transaction about as it does for a million rows.

    SQLite does so without statistics. PostgreSQL would rather read a few rows whole, or by the
    smallest index; and without having seen the values in a column it takes each of them to be rare
    enough to be sorted.
    """
    statements = [
        MANY,
        *(f"SET LOCAL enable_{way} = off" for way in ("seqscan", "bitmapscan", "sort")),
    ]
    with connection.cursor() as cursor:
        for statement in statements if connection.vendor == "postgresql" else FORGET:
            cursor.execute(statement)
