"""MNIST's IDX files."""

import gzip
import struct

import numpy as np
import pytest
from django.core.management import CommandError

from tests.support.import_command import bitmap, fields, run, run_to_break, same, titles

pytestmark = [pytest.mark.django_db, pytest.mark.files_alone]

SIDE = 28

BITMAPS = np.stack([bitmap(number) for number in range(4)])


def idx(array):
    sides = struct.pack(f">{array.ndim}I", *array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + sides + array.tobytes()


DIGITS = np.array([7, 2, 1, 0], np.uint8)

IMAGES = "train-images-idx3-ubyte"

IMAGE_LABELS = "train-labels-idx1-ubyte"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("labels_packed", [True, False])
def test_images_are_imported_with_the_labels_file_beside_them(tmp_path, packed, labels_packed):
    for name, array, is_packed in (
        (IMAGES, BITMAPS, packed),
        (IMAGE_LABELS, DIGITS, labels_packed),
    ):
        data = gzip.compress(idx(array)) if is_packed else idx(array)
        (tmp_path / (f"{name}.gz" if is_packed else name)).write_bytes(data)
    source = tmp_path / (f"{IMAGES}.gz" if packed else IMAGES)

    assert run(source) == ("4 added, 0 already here, 0 skipped.", "")

    assert same(fields(), list(255 - BITMAPS))
    assert titles() == ["7", "2", "1", "0"]
    assert run(source)[0] == "0 added, 4 already here, 0 skipped."


@pytest.fixture
def images(tmp_path):
    path = tmp_path / IMAGES
    path.write_bytes(idx(BITMAPS))
    return path


def test_images_without_labels_are_imported_without_titles(images):
    run(images)

    assert titles() == [""] * 4


def test_a_label_given_as_an_option_becomes_the_title(images):
    run(images, "--label", "Digit")

    assert titles() == ["Digit"] * 4


def test_truncated_images_are_imported_as_far_as_they_go(images):
    images.write_bytes(idx(BITMAPS)[:-100])

    summary, reason = run_to_break(images)

    assert summary == "3 added, 0 already here, 0 skipped."
    assert "cut short" in reason


def test_another_number_of_labels_than_images_is_an_error(images):
    images.with_name(IMAGE_LABELS).write_bytes(idx(DIGITS[:3]))

    with pytest.raises(CommandError, match="not have one label for each"):
        run(images)


def test_an_invalid_labels_file_is_an_error(images):
    images.with_name(IMAGE_LABELS).write_bytes(b"Dear diary, what a day")

    with pytest.raises(CommandError, match="does not begin like an IDX file"):
        run(images)


@pytest.mark.parametrize("size", [(0, 28), (1025, 28), (3, 600)])
def test_images_of_an_unsupported_size_are_an_error(images, size):
    images.write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", 9, *size))

    with pytest.raises(CommandError, match="1024"):
        run(images)


def test_a_truncated_header_is_an_error(images):
    images.write_bytes(idx(BITMAPS)[:9])

    with pytest.raises(CommandError, match="cut short"):
        run(images)
