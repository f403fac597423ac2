from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class DrawingsConfig(AppConfig):
    name = "drawings"

    def ready(self) -> None:
        # Importing checks registers them.
        from drawings.services import sweeping
        from drawsite import checks  # noqa: F401
        from drawsite.observability import metrics

        metrics.connect()
        sweeping.connect()
        pre_migrate.connect(take_time, sender=self)
        post_migrate.connect(switch_on_wal, sender=self)
        post_migrate.connect(install_search, sender=self)
        post_migrate.connect(install_for_staff, sender=self)
        post_migrate.connect(hurry_again, sender=self)


def take_time(using: str, **kwargs: Any) -> None:
    """To make an index of a large table takes PostgreSQL longer than a visitor's query may.

    For the session, as migrations are transactions of their own, and some are in none: they should
    not go through a pooler that shares sessions.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = '60s'")


def hurry_again(using: str, **kwargs: Any) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout; RESET lock_timeout")


def switch_on_wal(using: str, **kwargs: Any) -> None:
    """SQLite's write-ahead log: readers and the writer do not wait for each other.

    Once, here: the file remembers it, and switching it on in every new connection makes
    connections that open together fail with "locked".
    """
    connection = connections[using]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


def install_search(using: str, **kwargs: Any) -> None:
    from drawings.queries import search

    connection = connections[using]
    # Not after a migration backwards, to before there were drawings.
    if search.TABLE in connection.introspection.table_names():
        search.install(connection)


def install_for_staff(using: str, **kwargs: Any) -> None:
    from drawings.models import Report
    from drawings.services import admin_log, groups

    connection = connections[using]
    tables = connection.introspection.table_names()
    if {Report._meta.db_table, admin_log.TABLE} <= set(tables):
        groups.install(using)
        admin_log.install(connection)
