import pytest
from django.core.management import call_command

from tests.support import sample_wall


@pytest.fixture
def wall(make_drawing):
    return sample_wall.fill(make_drawing)


@pytest.fixture
def export(tmp_path):
    def run(name, **options):
        target = tmp_path / name
        call_command("export_drawings", target, verbosity=0, **options)
        return target

    return run
