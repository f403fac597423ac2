"""Commands on a database that has not been prepared."""

import pytest

from tests.support.installation import on_sqlite

COMMANDS = [
    ("export_drawings", "wall.npz"),
    ("import_drawings", "."),
    ("fill_gallery", "1"),
    ("verify_strokes",),
    ("import_flask", "."),
]


@pytest.mark.parametrize("command", COMMANDS, ids=[name for name, *_ in COMMANDS])
def test_a_command_on_an_empty_database_says_how_to_prepare_it(tmp_path, command):
    said = on_sqlite(tmp_path).manage(*command, code=1)

    assert "The database has no tables yet. Create them first: manage.py prepare" in said
    assert "Traceback" not in said
