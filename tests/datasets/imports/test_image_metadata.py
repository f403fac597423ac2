"""Images that come with a metadata.jsonl."""

import pytest

from drawings.models import Drawing
from tests.support.import_command import put, run, titles, write_lines

pytestmark = [pytest.mark.django_db, pytest.mark.files_alone]


def test_metadata_gives_images_their_titles_and_artists(folder, source):
    for name in ("train/1.png", "train/b/2.png", "train/3.png", "train/4.png", "test/cow/1.png"):
        put(folder, name)
    write_lines(
        folder / "train/metadata.jsonl",
        {"file_name": "3.png", "label": "A cat", "artist": "Ada", "license": "none"},
        {"file_name": "1.png", "text": "A dog", "label": None},
        {"file_name": "b/2.png", "title": "Two", "label": 2},
        {"file_name": "./4.png", "label": 4},
    )

    assert run(source(folder)) == ("5 added, 0 already here, 0 skipped.", "")

    assert sorted(titles()) == ["4", "A cat", "A dog", "Two", "cow"]
    assert Drawing.objects.get(title="A cat").artist == "Ada"


def test_without_a_label_an_image_is_titled_after_its_folder_or_name(folder, source):
    put(folder, "cat/1.png")
    put(folder, "2.png")
    write_lines(folder / "metadata.jsonl", {"file_name": "cat/1.png"}, {"file_name": "2.png"})

    run(source(folder))

    assert sorted(titles()) == ["2", "cat"]


def test_an_image_missing_from_the_metadata_is_named_and_skipped(folder, source):
    put(folder, "a/1.png")
    put(folder, "a/2.png")
    put(folder, "b/3.png")
    write_lines(folder / "a/metadata.jsonl", {"file_name": "1.png"})

    summary, complaints = run(source(folder))

    assert summary == "2 added, 0 already here, 1 skipped."
    assert complaints == "a/2.png: skipped. metadata.jsonl does not describe it.\n"


def test_long_labels_and_artists_are_shortened(folder):
    put(folder, "1.png")
    long = "long " * 50
    write_lines(
        folder / "metadata.jsonl", {"file_name": "1.png", "label": f"  {long}\n", "artist": long}
    )

    run(folder)

    drawing = Drawing.objects.get()
    assert (len(drawing.title), len(drawing.artist)) == (80, 40)
    assert drawing.title.endswith("long…")


OUTSIDE = "leads out of the source"

BAD_LINES = {
    "no JSON": (b"Dear diary", "not JSON"),
    "nested 5,000 deep": (b"[" * 5000, "not JSON"),
    "no object": ([1], "not a JSON object"),
    "no file_name": ({"label": "cat"}, "file_name must be text"),
    "a file_name that is a number": ({"file_name": 1}, "file_name must be text"),
    "a file above": ({"file_name": "../secret.png"}, OUTSIDE),
    "a file far above": ({"file_name": "a/../../../secret.png"}, OUTSIDE),
    "an absolute path": ({"file_name": "/etc/passwd"}, OUTSIDE),
    "NUL in a path": ({"file_name": "a\0.png"}, OUTSIDE),
    "a surrogate in a path": ({"file_name": "a\ud800.png"}, "no such file"),
    "the folder": ({"file_name": "."}, "file"),
    "no name": ({"file_name": ""}, "file"),
    "a file that is not there": ({"file_name": "gone.png"}, "no such file"),
    "a long path": ({"file_name": "a" * 5000}, "no such file"),
    "a label that is a list": ({"file_name": "1.png", "label": []}, "must be text"),
    "NUL in a label": ({"file_name": "1.png", "label": "c\0t"}, "can't use"),
    "a surrogate in a label": ({"file_name": "1.png", "label": "c\ud800t"}, "can't use"),
    "a line too long": ({"file_name": "1.png", "label": "x" * 100_000}, "too long"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_skipped_and_the_others_are_imported(folder, source, line, said):
    put(folder.parent, "secret.png")
    put(folder, "1.png")
    put(folder, "2.png")
    write_lines(folder / "metadata.jsonl", line, {"file_name": "2.png"})

    summary, complaints = run(source(folder))

    assert titles() == ["2"]
    assert complaints.startswith("metadata.jsonl line 1: skipped. ")
    assert said in complaints.splitlines()[0]
    assert summary.startswith("1 added")
