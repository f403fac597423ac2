"""Which release has migrated a database: this one, an older one, or a newer one?"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]  # (app, name)


class NewerReleaseError(Exception):
    """The database has a migration that only a newer release knows."""


class Own(NamedTuple):
    """The migrations of this release."""

    needed: frozenset[Migration]
    known: frozenset[Migration]  # with those that a squashed migration replaces
    apps: frozenset[str]


@cache
def own() -> Own:
    """Reads the migration files, once."""
    loader = MigrationLoader(None)
    replaced = (old for each in loader.disk_migrations.values() for old in each.replaces)
    return Own(
        needed=frozenset(loader.graph.nodes),
        known=frozenset({*loader.disk_migrations, *replaced}),
        apps=frozenset(loader.migrated_apps),
    )


def needed_migrations() -> frozenset[Migration]:
    """Every migration that must be applied before this release can serve."""
    return own().needed


def newer_migration(applied: Iterable[Migration]) -> str | None:
    """The first of the applied migrations, as "app.name", that only a newer release can have.

    Returns None if there is none. Apps that this release does not have are ignored: an older
    release may have had them.
    """
    unknown = sorted(set(applied) - own().known)
    return next((f"{app}.{name}" for app, name in unknown if app in own().apps), None)


def check_database(connection: BaseDatabaseWrapper) -> None:
    """Raises NewerReleaseError if a newer release has migrated the database."""
    applied = MigrationRecorder(connection).applied_migrations()
    if (migration := newer_migration(applied)) is not None:
        raise NewerReleaseError(
            f"The database belongs to a newer release, which has applied the migration {migration}."
            " Install that release or a later one, or restore a backup that this release made."
        )
