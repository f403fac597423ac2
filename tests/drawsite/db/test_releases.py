import importlib

import pytest
from django.test import override_settings

from drawsite.db import releases

SQUASHED = """
from django.db import migrations

class Migration(migrations.Migration):
    initial = True
    replaces = [("drawings", "0001_initial"), ("drawings", "0002_second")]
"""


@pytest.fixture
def squashed(tmp_path, monkeypatch):
    """A release whose first two migrations have become one."""
    package = tmp_path / "squashed_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "0001_squashed.py").write_text(SQUASHED)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    releases.read_release_migrations.cache_clear()
    with override_settings(MIGRATION_MODULES={"drawings": package.name}):
        yield
    releases.read_release_migrations.cache_clear()


def test_a_database_with_this_releases_migrations_is_not_newer():
    assert releases.newer_migration(releases.needed_migrations()) is None


def test_an_unknown_migration_is_a_newer_releases():
    applied = {*releases.needed_migrations(), ("drawings", "9999_new")}

    assert releases.newer_migration(applied) == "drawings.9999_new"


def test_of_several_unknown_migrations_the_first_is_named():
    applied = {("drawings", "9999_b"), ("drawings", "9999_a"), ("sessions", "9999_new")}

    assert releases.newer_migration(applied) == "drawings.9999_a"


def test_an_app_that_this_release_does_not_have_is_no_newer_releases():
    assert releases.newer_migration({("removed", "0001_initial")}) is None


def test_migrations_that_one_has_replaced_are_known(squashed):
    replaced = {("drawings", "0001_initial"), ("drawings", "0002_second")}

    assert releases.newer_migration(replaced) is None
    assert releases.newer_migration({*replaced, ("drawings", "0003_third")}) == (
        "drawings.0003_third"
    )
