"""NumPy files from other projects."""

import io
import struct
import zipfile
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.management import CommandError

from drawings.datasets.imports.readers import arrays
from drawings.imaging import uploads
from drawings.models import Drawing
from tests.support.import_command import bitmap, fields, run, run_to_break, same, stored, titles

pytestmark = [pytest.mark.django_db, pytest.mark.files_alone]

SIDE = 28

BITMAPS = np.stack([bitmap(number) for number in range(4)])


@pytest.fixture
def cats(tmp_path):
    path = tmp_path / "full_numpy_bitmap_cat.npy"
    np.save(path, BITMAPS.reshape(4, -1))
    return path


# --- Quick, Draw!'s bitmaps ---------------------------------------------------------------


def test_bitmaps_are_imported_as_black_ink_on_white(cats):
    assert run(cats) == ("4 added, 0 already here, 0 skipped.", "")

    assert same(fields(), list(255 - BITMAPS))


def test_bitmaps_are_titled_after_the_files_name(cats):
    run(cats)

    assert titles() == ["cat"] * 4


def test_a_label_given_as_an_option_becomes_the_title(cats):
    run(cats, "--label", "A cat")

    assert titles() == ["A cat"] * 4


def test_bitmaps_get_the_files_time_in_its_order(cats):
    run(cats)

    times = [drawing.created_at for drawing in stored()]
    assert times == sorted(set(times))
    assert abs((times[0] - datetime.fromtimestamp(cats.stat().st_mtime, UTC)).total_seconds()) < 1
    assert all(drawing.id.version == 7 for drawing in stored())


def test_importing_the_bitmaps_again_adds_nothing(cats):
    run(cats)
    # As if the file had been downloaded again.
    cats.touch()

    assert run(cats)[0] == "0 added, 4 already here, 0 skipped."


def test_the_same_bitmap_twice_in_a_file_makes_two_drawings(tmp_path):
    np.save(tmp_path / "a.npy", np.stack([bitmap(), bitmap()]))

    assert run(tmp_path / "a.npy")[0] == "2 added, 0 already here, 0 skipped."


# --- Arrays of any kind -------------------------------------------------------------------


def test_scikit_learns_digits_are_imported_and_appear_in_the_gallery(client, tmp_path):
    from sklearn.datasets import load_digits  # takes a second: only in the process that needs it

    digits = load_digits()
    np.savez(tmp_path / "digits.npz", images=digits.images, labels=digits.target)

    assert run(tmp_path / "digits.npz") == ("1,797 added, 0 already here, 0 skipped.", "")

    ink = np.floor(digits.images / 16 * 255 + 0.5).astype(np.uint8).repeat(2, 1).repeat(2, 2)
    assert same(fields(), list(255 - ink))
    assert titles() == [str(label) for label in digits.target]
    newest = stored()[-24:]
    page = client.get("/gallery/").text
    assert all(drawing.get_absolute_url() in page for drawing in newest)
    picture = client.get(newest[-1].image_url)
    assert picture.status_code == 200
    assert same([uploads.field_from_image_file(picture.content)], [newest[-1].field])


PAPER = 255 - BITMAPS

SHAPES = {
    "many": (BITMAPS, BITMAPS),
    "many, flat": (BITMAPS.reshape(4, -1), BITMAPS),
    "one": (BITMAPS[0], BITMAPS[:1]),
    "one, not square": (BITMAPS[0][:20], BITMAPS[:1, :20]),
    "one of 16 x 16": (bitmap(0, 16), bitmap(0, 16)[np.newaxis]),
    "many in Fortran's order": (np.asfortranarray(BITMAPS), BITMAPS),
    "many, flat, in Fortran's order": (np.asfortranarray(BITMAPS.reshape(4, -1)), BITMAPS),
    "one in Fortran's order": (np.asfortranarray(BITMAPS[0]), BITMAPS[:1]),
    "sides of 8": (BITMAPS[:, 5:13, 2:10], BITMAPS[:, 5:13, 2:10].repeat(2, 1).repeat(2, 2)),
    "sides of 7": (BITMAPS[:, 5:12, 2:9], BITMAPS[:, 5:12, 2:9].repeat(3, 1).repeat(3, 2)),
    "one side of 8": (BITMAPS[:, 5:13], BITMAPS[:, 5:13].repeat(2, 1).repeat(2, 2)),
}


@pytest.mark.parametrize(("array", "expected"), SHAPES.values(), ids=SHAPES)
def test_an_npy_file_may_have_many_shapes(tmp_path, array, expected):
    np.save(tmp_path / "a.npy", array)

    run(tmp_path / "a.npy")

    assert same(fields(), list(255 - expected))


TYPES = {
    "bool": (BITMAPS > 99, np.where(BITMAPS > 99, 255, 0)),
    "16 bits": (BITMAPS.astype(np.uint16) * 257, BITMAPS),
    "signed": (BITMAPS.astype(np.int64), BITMAPS),
    "of the other end": (BITMAPS.astype(">i4"), BITMAPS),
    "floats to 1": (BITMAPS / 255, BITMAPS),
    "half floats": ((BITMAPS > 99).astype(np.float16), np.where(BITMAPS > 99, 255, 0)),
    "floats to 1e300": (BITMAPS / 255 * 1e300, BITMAPS),
    "floats to next to nothing": (
        np.where(BITMAPS > 99, 5e-324, 0),
        np.where(BITMAPS > 99, 255, 0),
    ),
}


@pytest.mark.parametrize(("array", "expected"), TYPES.values(), ids=TYPES)
def test_numbers_are_scaled_by_the_greatest_one(tmp_path, array, expected):
    np.save(tmp_path / "a.npy", array)

    run(tmp_path / "a.npy")

    assert same(fields(), list(255 - expected))


def test_bytes_are_not_scaled(tmp_path):
    np.save(tmp_path / "a.npy", BITMAPS // 2)

    run(tmp_path / "a.npy")

    assert same(fields(), list(255 - BITMAPS // 2))


def test_the_polarity_option_makes_high_numbers_white(tmp_path):
    np.save(tmp_path / "a.npy", PAPER)

    run(tmp_path / "a.npy", "--polarity", "paper")

    assert same(fields(), list(PAPER))


LABELS = ["cat", "dog", "cat", "cow"]

NAMES = {
    "images and labels": ({"images": BITMAPS, "labels": LABELS}, LABELS),
    "images and target": ({"images": BITMAPS, "target": [3, 1, 4, 1]}, ["3", "1", "4", "1"]),
    "x and y": ({"x": BITMAPS, "y": np.array([[3], [1], [4], [1]])}, ["3", "1", "4", "1"]),
    "floats": ({"x": BITMAPS, "y": [3.0, 1.0, 4.0, 1.0]}, ["3", "1", "4", "1"]),
    "bytes": ({"x": BITMAPS, "y": np.array(LABELS, "S")}, LABELS),
    "training and test": (
        {"x_test": BITMAPS[3:], "y_test": [7], "y_train": [1, 2, 3], "x_train": BITMAPS[:3]},
        ["1", "2", "3", "7"],
    ),
    "without names": ({"arr_0": BITMAPS, "arr_1": [3, 1, 4, 1]}, ["3", "1", "4", "1"]),
    "the only one of three dimensions": ({"faces": BITMAPS, "extra": [1, 2]}, ["set"] * 4),
    "no labels": ({"images": BITMAPS}, ["set"] * 4),
    "empty labels": ({"images": BITMAPS, "labels": [""] * 4}, [""] * 4),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(("members", "expected"), NAMES.values(), ids=NAMES)
def test_the_arrays_of_an_npz_may_have_many_names(tmp_path, save, members, expected):
    save(tmp_path / "set.npz", **members)

    assert run(tmp_path / "set.npz")[0] == "4 added, 0 already here, 0 skipped."

    assert titles() == expected
    assert same(fields(), list(255 - BITMAPS))


def test_an_npz_is_read_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "BLOCK_ROWS", 3)
    bitmaps = np.stack([bitmap(number) for number in range(10)])
    np.savez(tmp_path / "set.npz", images=bitmaps, labels=np.arange(10))

    run(tmp_path / "set.npz")

    assert titles() == list("0123456789")
    assert same(fields(), list(255 - bitmaps))


BAD_ROWS = {
    "NaN": (np.nan, "finite"),
    "infinity": (np.inf, "finite"),
    "a negative number": (-1, "0 or more"),
}


@pytest.mark.parametrize(("number", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_bitmap_is_named_and_skipped_and_the_others_are_imported(tmp_path, number, said):
    array = BITMAPS / 255
    array[2, 3, 3] = number
    np.save(tmp_path / "a.npy", array)

    summary, complaints = run(tmp_path / "a.npy")

    assert summary == "3 added, 0 already here, 1 skipped."
    assert complaints.startswith("array[2]: skipped. ")
    assert said in complaints
    assert same(fields(), list(255 - BITMAPS[[0, 1, 3]]))


def test_a_blank_bitmap_is_named_and_skipped(tmp_path):
    array = BITMAPS.copy()
    array[1] = 7
    np.savez(tmp_path / "a.npz", images=array)

    summary, complaints = run(tmp_path / "a.npz")

    assert summary == "3 added, 0 already here, 1 skipped."
    assert complaints.startswith("images[1]: skipped. This is blank")


BAD_LABELS = {
    "NUL": np.array(["a", "b\0c", "d", "e"]),
    "a lone surrogate": np.array(["a", "b\ud800c", "d", "e"]),
    "no letter at all": np.array([97, 0x110000, 98, 99], np.uint32).view("U1"),
    "bytes that are no text": np.array([b"a", b"\xff\xfe", b"b", b"c"]),
    "NaN": np.array([1, np.nan, 2, 3]),
    "a fraction": np.array([1, 1.5, 2, 3]),
}


@pytest.mark.parametrize("labels", BAD_LABELS.values(), ids=BAD_LABELS)
def test_a_bad_label_is_named_and_skipped_and_the_others_are_imported(tmp_path, labels):
    np.savez(tmp_path / "a.npz", images=BITMAPS, labels=labels)

    summary, complaints = run(tmp_path / "a.npz")

    assert summary == "3 added, 0 already here, 1 skipped."
    assert complaints.startswith("images[1]: skipped. ")


def npy(array=BITMAPS):
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return out.getvalue()


def npz(**members):
    out = io.BytesIO()
    np.savez(out, **members)
    return out.getvalue()


def header(text):
    data = text.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(data)) + data


NEGATIVE = header("{'descr': '|u1', 'fortran_order': False, 'shape': (-4, 28, 28)}\n")

BAD_FILES = {
    "objects": (npy(np.array([[None, "x"]], object)), "pickles are never loaded"),
    "a pickled array": (npz(images=np.array([None, 1, [2]], object)), "pickles are never"),
    "pickled labels": (npz(images=BITMAPS, labels=np.array(["a", 1, 2, 3], object)), "pickles"),
    "complex numbers": (npy(BITMAPS * 1j), "must hold numbers"),
    "text": (npy(np.full((4, 28, 28), "x")), "must hold numbers"),
    "times": (npy(np.zeros((4, 28, 28), "M8[us]")), "must hold numbers"),
    "structures": (npy(np.zeros((4, 28, 28), "u1,u1")), "must hold numbers"),
    "no dimension": (npy(np.array(3)), "of shape"),
    "four dimensions": (npy(BITMAPS[..., np.newaxis]), "of shape"),
    "no pixels": (npy(BITMAPS[:, :0]), "0"),
    "sides too long": (npy(np.ones((2, 1025, 20), np.uint8)), "1024"),
    "sides that enlarged are too long": (npy(np.ones((2, 1, 100), np.uint8)), "1024"),
    "not one name": (npz(a=BITMAPS, b=BITMAPS), "named"),
    "no array": (zipped(), "named"),
    "labels of another length": (npz(images=BITMAPS, labels=[1, 2]), "one label for each"),
    "labels of many columns": (npz(images=BITMAPS, labels=np.eye(4)), "one label for each"),
    "labels that are times": (npz(x=BITMAPS, y=np.zeros(4, "M8[s]")), "numbers or text"),
    "Fortran's order in a zip": (npz(x=np.asfortranarray(BITMAPS)), "Fortran"),
    "a header that is none": (header("Dear diary\n"), "does not begin"),
    "a header nested deep": (header("(" * 5000 + ")" * 5000), "does not begin"),
    "a header cut short": (npy()[:30], "does not begin"),
    "a negative side": (NEGATIVE, "does not begin"),
    "a version to come": (b"\x93NUMPY\x09\x00" + npy()[8:], "does not begin"),
    "rows too long": (npz(x=BITMAPS, y=np.array(["a" * 9_000_000] + ["b"] * 3)), "rows of more"),
    "labels too long": (npz(x=BITMAPS, y=np.zeros(4, "U4001")), "y has texts of 4,001 char"),
    "bytes too long": (npz(x=BITMAPS, y=np.zeros(4, "S4001")), "y has texts of 4,001 char"),
    "a zip cut short": (npz(images=BITMAPS)[:-40], "damaged or cut short"),
    "nothing": (b"", "format is unknown"),
}


@pytest.mark.parametrize(("data", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, data, said):
    path = tmp_path / "a.npz"
    path.write_bytes(data)

    with pytest.raises(CommandError, match=said):
        run(path)

    assert not Drawing.objects.exists()


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: zipped(images=data)])
def test_a_truncated_array_is_imported_as_far_as_it_goes(tmp_path, wrap):
    path = tmp_path / "a.npz"
    path.write_bytes(wrap(npy()[:-1000]))

    summary, reason = run_to_break(path)

    assert summary == "2 added, 0 already here, 0 skipped."
    assert "cut short after 2 rows" in reason


def test_an_array_shorter_than_its_header_says_is_imported_as_far_as_it_goes(tmp_path):
    claim = header("{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000, 28, 28)}\n")
    path = tmp_path / "a.npy"
    path.write_bytes(claim + BITMAPS.tobytes())

    assert run_to_break(path)[0] == "4 added, 0 already here, 0 skipped."


def test_a_damaged_array_in_an_npz_is_an_error(tmp_path):
    data = bytearray(npz(images=np.tile(BITMAPS, (9, 1, 1))))
    data[9000] ^= 1  # so that the checksum no longer matches
    path = tmp_path / "a.npz"
    path.write_bytes(data)

    with pytest.raises(CommandError, match="nothing in it can be read"):
        run(path)
