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


def plan_for_many() -> None:
    """Have PostgreSQL plan the queries of this transaction about as it does for a million drawings.

    Few it would rather read whole, or by the smallest index, whatever that is of; and without
    having seen the values in a column it takes each of them to be rare enough to be sorted.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(MANY)
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
