"""Tells whether a newer release has migrated the database."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]  # (app, name)


class NewerReleaseError(Exception):
    """The database has a migration that only a newer release knows."""


class ReleaseMigrations(NamedTuple):
    """The migrations of this release."""

    needed: frozenset[Migration]
    known: frozenset[Migration]  # including those that squashed migrations replace
    apps: frozenset[str]


@cache
def read_release_migrations() -> ReleaseMigrations:
    """Read the migration files of this release, once per process."""
    loader = MigrationLoader(None)
    migrations = loader.disk_migrations.values()
    replaced = (old for migration in migrations for old in migration.replaces)
    return ReleaseMigrations(
        needed=frozenset(loader.graph.nodes),
        known=frozenset({*loader.disk_migrations, *replaced}),
        apps=frozenset(loader.migrated_apps),
    )


def needed_migrations() -> frozenset[Migration]:
    """Returns the migrations that must be applied before this release can serve."""
    return read_release_migrations().needed


def newer_migration(applied: Iterable[Migration]) -> str | None:
    """Returns the first of the applied migrations that only a newer release can have, as
    "app.name", or None.

    Ignores apps that this release does not have: an older release may have had them.
    """
    unknown = sorted(set(applied) - read_release_migrations().known)
    return next(
        (f"{app}.{name}" for app, name in unknown if app in read_release_migrations().apps), None
    )


def check_database_release(connection: BaseDatabaseWrapper) -> None:
    """Raise NewerReleaseError if a newer release has migrated the database."""
    applied = MigrationRecorder(connection).applied_migrations()
    if (migration := newer_migration(applied)) is not None:
        raise NewerReleaseError(
            f"The database belongs to a newer release, which has applied the migration {migration}."
            " Install that release or a later one, or restore a backup that this release made."
        )
