"""Drawings by the thousand into the database, for commands."""

import sqlite3

from django.db import connection, transaction
from django.db.models import Q

from drawings.models import Drawing, DrawingQuerySet
from drawings.queries import statistics
from drawsite.db.transactions import write_transaction


def widen_statements() -> None:
    """Let SQLite take as many parameters in a statement as it can, not as any SQLite can.

    Its full-text search writes what it has gathered at the end of every statement.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.features.max_query_params = connection.connection.getlimit(
            sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        )


def same_as(batch: list[Drawing]) -> DrawingQuerySet:
    """Those that are stored already: by the submission key, or by the id where there is none."""
    keys = [drawing.submission_key for drawing in batch if drawing.submission_key is not None]
    ids = [drawing.id for drawing in batch if drawing.submission_key is None]
    return Drawing.objects.filter(Q(id__in=ids) | Q(submission_key__in=keys))


def store(batch: list[Drawing]) -> int:
    """Store what is not there yet, all of it or nothing; how many that are."""
    stored = same_as(batch)
    with write_transaction():
        before = stored.count()
        _find_parents(batch)
        Drawing.objects.bulk_create(batch, ignore_conflicts=True)
        added = stored.count() - before
        if added:
            statistics.forget_days_of(drawing.id for drawing in batch)
        return added


def _find_parents(batch: list[Drawing]) -> None:
    """Leave the parents that are there, or come along, and are as large as what was drawn on them.

    They are not deleted before the current transaction ends.
    """
    wanted = {drawing.parent_id for drawing in batch if drawing.parent_id is not None}
    if not wanted:
        return
    parents = Drawing.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    stored = parents.values_list("pk", "height", "width")
    there = {(drawing.id, drawing.height, drawing.width) for drawing in batch} | set(stored)
    for drawing in batch:
        parent = (drawing.parent_id, drawing.height, drawing.width)
        if parent not in there or drawing.parent_id == drawing.id:
            drawing.parent_id, drawing.strokes_agree = None, False


def analyze() -> None:
    """Tell the database how much there is of what, so that it plans its queries accordingly."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A million drawings may take longer than a visitor's query may.
            cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Drawing._meta.db_table)}")
