"""What only a process on the site's own database can tell: see `Site.ask`."""

from django.db import connection

from drawings.models import Drawing
from torture.ledger import digest


def digests() -> dict[str, str]:
    """Each drawing's id, and what names its pixels."""
    drawings = Drawing.objects.for_pictures().iterator(chunk_size=500)
    return {str(drawing.id): digest(drawing.field) for drawing in drawings}


def integrity() -> str:
    """What SQLite says of its file; PostgreSQL has no such question, and has been read through."""
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])
