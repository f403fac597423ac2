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
    """A release that squashes its first two migrations."""
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


def test_the_migrations_of_this_release_are_not_newer():
    assert releases.newer_migration(releases.needed_migrations()) is None


def test_an_unknown_migration_belongs_to_a_newer_release():
    applied = {*releases.needed_migrations(), ("drawings", "9999_new")}

    assert releases.newer_migration(applied) == "drawings.9999_new"


def test_of_several_unknown_migrations_the_first_is_named():
    applied = {("drawings", "9999_b"), ("drawings", "9999_a"), ("sessions", "9999_new")}

    assert releases.newer_migration(applied) == "drawings.9999_a"


def test_an_unknown_app_is_ignored():
    assert releases.newer_migration({("removed", "0001_initial")}) is None


def test_squashed_migrations_are_known(squashed):
    replaced = {("drawings", "0001_initial"), ("drawings", "0002_second")}

    assert releases.newer_migration(replaced) is None
    assert releases.newer_migration({*replaced, ("drawings", "0003_third")}) == (
        "drawings.0003_third"
    )
