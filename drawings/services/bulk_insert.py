"""Stores thousands of drawings at once, for commands."""

import sqlite3

from django.db import connection, transaction
from django.db.models import Q

from drawings.models import Drawing, DrawingQuerySet
from drawings.queries import statistics
from drawsite.db.transactions import write_transaction


def raise_parameter_limit() -> None:
    """Allow as many parameters in a statement as this SQLite takes, not only Django's default.

    Fewer statements are faster, because FTS5 writes its pending entries at the end of each.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.features.max_query_params = connection.connection.getlimit(
            sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        )


def stored_copies(batch: list[Drawing]) -> DrawingQuerySet:
    """The stored rows with the submission keys of the batch, or the ids of drawings without one."""
    keys = [drawing.submission_key for drawing in batch if drawing.submission_key is not None]
    ids = [drawing.id for drawing in batch if drawing.submission_key is None]
    return Drawing.objects.filter(Q(id__in=ids) | Q(submission_key__in=keys))


def store_batch(batch: list[Drawing]) -> int:
    """Store the drawings that are not stored yet, in one transaction. Returns how many were new."""
    stored = stored_copies(batch)
    with write_transaction():
        before = stored.count()
        _clear_unusable_parents(batch)
        Drawing.objects.bulk_create(batch, ignore_conflicts=True)
        added = stored.count() - before
        if added:
            statistics.forget_days_of(drawing.id for drawing in batch)
        return added


def _clear_unusable_parents(batch: list[Drawing]) -> None:
    """Clear each parent that is missing, of another size, or the drawing itself.

    A parent may be stored or part of the batch. Stored ones are locked, so that they cannot be
    deleted before the current transaction ends.
    """
    wanted = {drawing.parent_id for drawing in batch if drawing.parent_id is not None}
    if not wanted:
        return
    parents = Drawing.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    stored = parents.values_list("pk", "height", "width")
    available = {(drawing.id, drawing.height, drawing.width) for drawing in batch} | set(stored)
    for drawing in batch:
        parent = (drawing.parent_id, drawing.height, drawing.width)
        if parent not in available or drawing.parent_id == drawing.id:
            drawing.parent_id, drawing.strokes_agree = None, False


def analyze_drawings() -> None:
    """Update the query planner's statistics on drawings."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A million drawings may take longer than the timeout for a visitor's query.
            cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Drawing._meta.db_table)}")
