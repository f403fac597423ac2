"""Atomic files and folders."""

import pytest

from drawsite.lib.atomic_files import atomic_file, atomic_folder


@pytest.mark.parametrize("make", [atomic_file, atomic_folder])
def test_concurrent_writers_of_one_target_do_not_interfere(tmp_path, make):
    target = tmp_path / "target"

    with make(target) as first:
        with make(target) as second:
            assert first != second
        assert first.exists()
        assert target.exists()

    assert list(tmp_path.iterdir()) == [target]
