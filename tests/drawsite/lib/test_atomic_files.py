"""Files and folders that are there whole, or not at all."""

import pytest

from drawsite.lib.atomic_files import file_draft, folder_draft


@pytest.mark.parametrize("make", [file_draft, folder_draft])
def test_two_at_work_on_one_target_leave_each_other_alone(tmp_path, make):
    target = tmp_path / "target"

    with make(target) as first:
        with make(target) as second:
            assert first != second
        assert first.exists()
        assert target.exists()

    assert list(tmp_path.iterdir()) == [target]
