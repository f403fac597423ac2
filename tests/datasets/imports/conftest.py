import zipfile

import pytest

from tests.support.import_command import zipped


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture(params=[lambda folder: folder, zipped], ids=["folder", "zip"])
def source(request):
    """Makes an import source from a folder."""
    return request.param


@pytest.fixture
def archive(tmp_path):
    """Makes a zip with these members, in a folder of its own."""

    def make(*members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "within" / "pictures.zip"
        path.parent.mkdir()
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in members:
                archive.writestr(name, data)
        return path

    return make
