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


def plan_for_many(index: str) -> None:
    """Have PostgreSQL plan the queries of this transaction about as it does for many rows.

    Few it would rather read whole, or by the smallest index, whatever that is of.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            if index != PUBLISHED:
                cursor.execute(f"DROP INDEX {PUBLISHED}")
