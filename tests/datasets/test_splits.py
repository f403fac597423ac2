from collections import Counter
from uuid import UUID

import pytest

from drawings.datasets.splits import SPLITS, split_of


@pytest.mark.parametrize(
    ("last_digits", "split"),
    [
        ("007", "train"),  # place 0 of a hundred
        ("00d", "train"),  # 79
        ("003", "validation"),  # 80
        ("039", "validation"),  # 89
        ("11b", "test"),  # 90
        ("043", "test"),  # 99
    ],
)
def test_the_split_depends_only_on_the_drawings_id(last_digits, split):
    assert split_of(UUID(f"01900000-0000-7000-8000-000000000{last_digits}")) == split


def test_eight_of_ten_drawings_are_for_training():
    counts = Counter(split_of(UUID(int=number)) for number in range(10_000))

    assert [round(counts[split] / 1000) for split in SPLITS] == [8, 1, 1]
