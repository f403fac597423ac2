import io
import os
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from drawings.models import Drawing

pytestmark = pytest.mark.django_db

TEXT = ",".join(["0", "255", "17.5", *["120.25"] * 39_997])
THEN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


def put(folder, name=None, text=TEXT, time=THEN):
    """Writes a file as the Flask app did; returns its id."""
    name = name or str(uuid4())
    path = folder / f"{name}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (time.timestamp(), time.timestamp()))
    return name


def run(folder):
    """Runs the command; returns its last message and its complaints."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_flask", str(folder), stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_a_file_becomes_a_drawing_with_the_files_time(folder):
    flask_id = put(folder)

    assert run(folder) == ("1 added, 0 already here, 0 skipped.", "")

    drawing = Drawing.objects.get()
    assert drawing.flask_id == UUID(flask_id)
    assert drawing.created_at == THEN
    assert drawing.field.flat[:4].tolist() == [0, 255, 18, 120]
    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (0, 255, "viridis")
    assert drawing.status == Drawing.Status.PUBLISHED


def test_the_parent_of_the_images_folder_is_accepted(folder):
    put(folder)

    assert run(folder.parent)[0].startswith("1 added")


def test_links_of_the_flask_app_redirect_to_the_drawings(client, folder):
    flask_ids = [put(folder) for _ in range(3)]
    run(folder)

    for flask_id in flask_ids:
        response = client.get(f"/results/{flask_id}", follow=True)

        drawing = Drawing.objects.get(flask_id=flask_id)
        assert response.redirect_chain == [(f"/drawings/{drawing.id}/", 301)]
        assert response.status_code == 200


def test_a_second_import_adds_only_new_files(folder):
    put(folder)
    put(folder)
    run(folder)
    before = set(Drawing.objects.values_list("id", "flask_id"))

    put(folder)

    assert run(folder)[0] == "1 added, 2 already here, 0 skipped."
    assert before < set(Drawing.objects.values_list("id", "flask_id"))


def test_the_gallery_orders_imported_drawings_by_the_files_times(client, folder, make_drawing):
    new = make_drawing()
    ids = {day: put(folder, time=datetime(2021, 3, day, tzinfo=UTC)) for day in (9, 2, 30, 5)}

    run(folder)

    keys = list(Drawing.objects.newest_first().values_list("flask_id", flat=True))
    assert keys == [new.flask_id, *(UUID(ids[day]) for day in (30, 9, 5, 2))]


BAD_FILES = {
    "a name that is no id": ("notes", TEXT, "not an id"),
    "a number too few": (None, TEXT.partition(",")[2], "exactly 40,000 numbers"),
    "a number too many": (None, TEXT + ",1", "exactly 40,000 numbers"),
    "a number out of range": (None, TEXT.replace("255", "256"), "from 0 to 255"),
    "NaN": (None, TEXT.replace("255", "NaN"), "from 0 to 255"),
    "text": (None, "Dear diary", "not JSON"),
    "nothing": (None, "", "exactly 40,000 numbers"),
    "too many bytes": (None, TEXT + " " * 2_000_000, "too large"),
    "bytes that are no text": (None, b"\xff\xfe" + TEXT.encode(), "decode"),
}


@pytest.mark.parametrize(("name", "text", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named_and_skipped_and_the_others_are_imported(folder, name, text, said):
    bad = put(folder, name, text)
    put(folder)

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert complaints.startswith(f"{bad}.csv: skipped. ")
    assert said in complaints
    assert Drawing.objects.count() == 1


def test_a_file_that_cannot_be_read_is_named_and_skipped(folder):
    (folder / f"{uuid4()}.csv").mkdir()
    put(folder)

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "skipped" in complaints


def test_a_broken_link_is_named_and_skipped(folder):
    (folder / f"{uuid4()}.csv").symlink_to(folder / "gone")
    put(folder)

    summary, complaints = run(folder)

    assert summary == "1 added, 0 already here, 1 skipped."
    assert "skipped" in complaints


def test_a_file_dated_1970_is_imported(folder):
    put(folder, time=datetime(1970, 1, 1, tzinfo=UTC))

    assert run(folder)[0] == "1 added, 0 already here, 0 skipped."


def test_a_file_dated_before_1970_does_not_stop_the_import(folder):
    put(folder, time=datetime(1960, 1, 1, tzinfo=UTC))
    good = put(folder)

    run(folder)

    assert Drawing.objects.filter(flask_id=good).exists()


def test_files_without_the_csv_suffix_are_ignored(folder):
    (folder / "readme.txt").write_text("Hello")

    assert run(folder) == ("0 added, 0 already here, 0 skipped.", "")


def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="is not a directory"):
        run(tmp_path / "nosuch")


def test_a_file_instead_of_a_directory_is_an_error(tmp_path):
    (tmp_path / "file.csv").write_text(TEXT)

    with pytest.raises(CommandError, match="is not a directory"):
        run(tmp_path / "file.csv")
