import shutil

import pytest

from benchmarks.baselines import jquery_page

pytestmark = pytest.mark.files_alone


def test_another_archive_is_refused():
    with pytest.raises(ValueError, match=r"jquery@2\.1\.4 is not the package"):
        jquery_page.check_archive(b"something else", jquery_page.PACKAGES[0])


def test_without_npm_the_page_is_unavailable(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(jquery_page.UnavailableError, match="npm"):
        jquery_page.download_libraries()
