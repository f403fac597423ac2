"""The app's configuration, and what every `migrate` does besides migrations."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class DrawingsConfig(AppConfig):
    name = "drawings"

    def ready(self) -> None:
        # Importing checks registers them.
        from drawings.services import sweeping
        from drawsite import checks  # noqa: F401
        from drawsite.observability import metrics

        check_default_colormap()
        metrics.connect_signals()
        sweeping.connect_signals()
        pre_migrate.connect(lift_timeouts, sender=self)
        post_migrate.connect(switch_on_wal, sender=self)
        post_migrate.connect(install_search, sender=self)
        post_migrate.connect(reset_timeouts, sender=self)


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with the site's own definition of staff."""

    default = False  # this module's default is DrawingsConfig
    default_site = "drawsite.lib.staff.StaffAdminSite"


def check_default_colormap() -> None:
    """Exit with a message if the setting is invalid, as the settings do for all others.

    They cannot check this one, because they know nothing of matplotlib.
    """
    from drawings.imaging import colormaps

    if not colormaps.is_colormap(settings.DEFAULT_COLORMAP):
        raise SystemExit(
            'Environment variable "DEFAULT_COLORMAP" invalid: must be the name of a colormap,'
            " such as crayons, gray or viridis"
        )


def lift_timeouts(using: str, **kwargs: Any) -> None:
    """Let PostgreSQL take longer for migrations, such as a large table's index, than for queries.

    The settings apply to the session, because each migration is a separate transaction and some run
    outside one. So migrations must not go through a pooler that shares sessions.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = '60s'")


def reset_timeouts(using: str, **kwargs: Any) -> None:
    """Undo `lift_timeouts`."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout; RESET lock_timeout")


def switch_on_wal(using: str, **kwargs: Any) -> None:
    """Switch SQLite to its write-ahead log, so that readers and the writer never wait for each
    other.

    The file keeps this setting, so there is no need to make it on every connection, where
    connections that open at the same moment would fail with "locked". It is not a migration either,
    because it belongs to the file and not to the schema: a backup that was copied into place by
    hand has another journal mode, and gets this one from the next `prepare`.
    """
    connection = connections[using]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


def install_search(using: str, **kwargs: Any) -> None:
    """Create the search's index, unless it exists and is up to date.

    It is not a migration, because SQLite drops a table's triggers whenever a later migration
    remakes the table.
    """
    from drawings.queries import search

    connection = connections[using]
    # The table does not exist after a migration back to zero.
    if search.TABLE in connection.introspection.table_names():
        search.install(connection)
