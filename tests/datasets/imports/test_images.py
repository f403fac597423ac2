"""Folders and zips of images."""

import os
import zipfile
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.management import CommandError
from PIL import Image

from drawings.datasets.imports.readers import images
from drawings.imaging import uploads
from drawings.models import Drawing
from tests.support import samples
from tests.support.import_command import picture, put, run, stored, titles, write_lines, zipped

pytestmark = [pytest.mark.django_db, pytest.mark.files_alone]

LOSSLESS = {"png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP"}


# --- Images -------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "format"), LOSSLESS.items())
def test_an_image_of_any_lossless_format_keeps_its_pixels(folder, suffix, format):
    image = Image.fromarray(picture()).convert("RGB")
    put(folder, f"a.{suffix}", samples.encoded(image, format, lossless=True))

    assert run(folder) == ("1 added, 0 already here, 0 skipped.", "")

    assert np.array_equal(Drawing.objects.get().field, picture())


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG"])
def test_a_photo_becomes_brightness(folder, name):
    put(folder, name, samples.encoded(picture(), "JPEG", quality=100))

    run(folder)

    difference = Drawing.objects.get().field.astype(int) - picture()
    assert abs(difference).max() < 16


def test_images_in_folders_are_titled_after_their_folder(folder, source):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        put(folder, name)

    assert run(source(folder))[0] == "3 added, 0 already here, 0 skipped."

    assert titles() == ["cat", "cat", "dog"]


def test_folders_named_after_a_split_are_not_titles(folder, source):
    for name in ("test/sun.png", "train/cat/1.png", "train/dog/1.png", "validation/moon.png"):
        put(folder, name)

    run(source(folder))

    assert titles() == ["sun", "cat", "dog", "moon"]


def test_images_outside_folders_are_titled_after_their_file(folder, source):
    put(folder, "A red house.png")
    put(folder, "boat.final.png")

    run(source(folder))

    assert titles() == ["A red house", "boat.final"]


def test_a_label_given_as_an_option_becomes_the_title(folder):
    put(folder, "cat/1.png")

    run(folder, "--label", "A cat")

    assert titles() == ["A cat"]


def test_drawings_get_the_times_of_their_files(folder):
    put(folder, "b.png", time=datetime(2020, 1, 2, tzinfo=UTC))
    put(folder, "a.png", time=datetime(2021, 1, 2, tzinfo=UTC))

    run(folder)

    assert titles() == ["b", "a"]
    assert [drawing.created_at.year for drawing in stored()] == [2020, 2021]


def test_a_file_dated_before_1970_is_imported(folder):
    put(folder, "a.png", time=datetime(1960, 1, 1, tzinfo=UTC))

    assert run(folder)[0] == "1 added, 0 already here, 0 skipped."


def test_a_second_import_adds_only_new_images(folder, source):
    for name in ("cat/1.png", "2.png"):
        put(folder, name)
    run(source(folder))
    put(folder, "3.png")

    assert run(source(folder))[0] == "1 added, 2 already here, 0 skipped."


def test_a_zip_of_an_imported_folder_adds_nothing(folder):
    put(folder, "cat/1.png")
    run(folder)

    assert run(zipped(folder))[0] == "0 added, 1 already here, 0 skipped."


def test_hidden_files_and_files_of_other_formats_are_ignored(folder, source):
    put(folder, "readme.txt", b"Hello")
    put(folder, ".hidden/1.png", b"Hello")
    put(folder, "__MACOSX/._1.png", b"Hello")
    put(folder, "1.png")

    assert run(source(folder)) == ("1 added, 0 already here, 0 skipped.", "")


def test_a_source_without_images_is_an_error(folder, source):
    put(folder, "readme.txt", b"Hello")

    with pytest.raises(CommandError, match="no images"):
        run(source(folder))


BAD_IMAGES = {
    "text": (b"Dear diary", "can't read this image"),
    "nothing": (b"", "can't read this image"),
    "cut short": (samples.png(samples.shades(40, 40))[samples.TRUNCATED], "damaged"),
    "blank": (samples.png(np.full((40, 40), 9, np.uint8)), "blank"),
    "too small": (samples.png(picture(height=15)), "16 to 1024"),
    "too large": (samples.encoded(np.eye(1025, dtype=np.uint8) * 255), "16 to 1024"),
    "of 169 megapixels": (samples.huge_png(), "16 to 1024"),
    "animated": (samples.animated("GIF"), "animated"),
    "of too many bytes": (samples.png(picture()) + bytes(2_000_000), "more than 2,000,000 bytes"),
    "of another kind": (samples.encoded(samples.shades(40, 40), "TIFF"), "can't read this image"),
}


# --- Bad images and links -----------------------------------------------------------------


@pytest.mark.parametrize(("data", "said"), BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_a_bad_image_is_named_and_skipped_and_the_others_are_imported(folder, source, data, said):
    put(folder, "cat/1.png", data)
    put(folder, "cat/2.png")

    summary, complaints = run(source(folder))

    assert summary == "1 added, 0 already here, 1 skipped."
    assert complaints.startswith("cat/1.png: skipped. ")
    assert said in complaints


def test_a_link_out_of_the_source_is_named_and_skipped(folder):
    outside = put(folder.parent, "outside.png")
    (folder / "link.png").symlink_to(outside)
    (folder / "gone.png").symlink_to(folder / "nowhere")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    put(folder, "real.png")

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 3 skipped."
    assert "link.png: skipped. This is a link that leads out of the source." in complaints
    assert titles() == ["real"]


def test_a_link_to_a_folder_is_not_followed(folder):
    put(folder.parent, "outside/1.png")
    (folder / "link").symlink_to(folder.parent / "outside")
    put(folder, "real.png")
    write_lines(folder / "a.jsonl")

    run(folder)

    assert titles() == ["real"]


def test_a_link_to_a_folder_is_not_followed_for_metadata(folder):
    put(folder.parent, "outside/1.png")
    (folder / "link").symlink_to(folder.parent / "outside")
    put(folder, "real.png")
    write_lines(folder / "metadata.jsonl", {"file_name": "link/1.png"}, {"file_name": "real.png"})

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "leads out of the source" in complaints


def test_the_source_itself_may_be_a_link(folder):
    put(folder, "real.png")
    link = folder.parent / "link"
    link.symlink_to(folder)

    assert run(link)[0] == "1 added, 0 already here, 0 skipped."


def test_a_pipe_is_named_and_skipped(folder):
    os.mkfifo(folder / "pipe.png")
    put(folder, "real.png")

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "pipe.png: skipped. This is not a file." in complaints


def test_control_characters_in_file_names_are_escaped_in_messages(folder):
    put(folder, "\x1b[31mred\udcff.png", b"")
    put(folder, "real.png")

    complaints = run(folder)[1]

    assert complaints.startswith("\\x1b[31mred\\udcff.png: skipped.")


# --- Zips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../x.png", "/x.png", "C:\\x.png", "a/../../x.png"])
def test_a_zip_members_name_cannot_write_outside_the_source(archive, tmp_path, name):
    path = archive((name, samples.png(picture())))

    assert run(path)[0] == "1 added, 0 already here, 0 skipped."

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_a_member_that_inflates_too_far_is_named_and_skipped(archive):
    path = archive(("bomb.png", bytes(50_000_000)), ("real.png", samples.png(picture())))

    summary, complaints = run(path)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert complaints == "bomb.png: skipped. It has more than 2,000,000 bytes.\n"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_with_an_unsupported_compression_cannot_be_read(archive, compression):
    path = archive(("real.png", samples.png(picture())), compression=compression)

    with pytest.raises(CommandError, match="nothing in it can be read"):
        run(path)


def test_an_encrypted_member_is_named_and_skipped(archive):
    path = archive(("a.png", samples.png(picture(1))), ("b.png", samples.png(picture(2))))
    data = bytearray(path.read_bytes())
    for flags in (6, data.index(b"PK\x01\x02") + 8):
        data[flags] |= 1
    path.write_bytes(data)

    summary, complaints = run(path)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "a.png: skipped. It is encrypted" in complaints


def test_a_damaged_member_is_named_and_skipped(archive):
    path = archive(
        ("a.png", samples.png(picture(1))),
        ("b.png", samples.png(picture(2))),
        compression=zipfile.ZIP_STORED,
    )
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)

    summary, complaints = run(path)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "a.png: skipped. It is damaged" in complaints


def test_a_truncated_zip_is_an_error(archive):
    path = archive(("a.png", samples.png(picture(1))))
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(CommandError, match="damaged or cut short"):
        run(path)


def directory_patched(archive, offset, data):
    """A zip with these bytes at an offset in the entry of its central directory."""
    path = archive(("aa.png", samples.png(picture())))
    whole = bytearray(path.read_bytes())
    start = whole.index(b"PK\x01\x02") + offset
    whole[start : start + len(data)] = data
    path.write_bytes(whole)
    return path


UTF8 = 0x800


@pytest.mark.parametrize("format", ["zip", "npz", "arrays", None])
@pytest.mark.parametrize(
    ("offset", "data"),
    [(8, UTF8.to_bytes(2, "little") + bytes(36) + b"\xff\xfe"), (6, b"\x63\0")],
    ids=["a name that is no UTF-8", "a version to come"],
)
def test_a_zip_with_a_damaged_directory_is_an_error(archive, format, offset, data):
    path = directory_patched(archive, offset, data)

    with pytest.raises(CommandError, match="damaged or cut short"):
        run(path, *(["--format", format] if format else []))


def test_a_member_whose_local_name_is_not_utf_8_is_skipped(archive):
    path = archive(("ß.png", samples.png(picture(1))), ("b.png", samples.png(picture(2))))
    path.write_bytes(path.read_bytes().replace("ß".encode(), b"\xff\xfe", 1))

    assert run(path)[0] == "1 added, 0 already here, 1 skipped."


def test_the_suffixes_cover_exactly_the_formats_of_uploads():
    formats = {Image.registered_extensions()[suffix] for suffix in images.SUFFIXES}

    assert formats == set(uploads.FORMATS)
