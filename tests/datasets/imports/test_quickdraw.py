"""Lines of Quick, Draw!, in the format that its documentation describes."""

import gzip
import json
import math
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from django.core.management import CommandError

from drawings.datasets.imports import files
from drawings.imaging import strokes
from drawings.models import Drawing
from drawings.services import verification
from tests.support.import_command import (
    RAW,
    SIMPLIFIED,
    quickdraw,
    run,
    run_to_break,
    stored,
    titles,
    write_lines,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(tmp_path):
    return tmp_path / "cat.ndjson"


def import_one(source, record, *arguments):
    """Imports one line and returns its drawing."""
    run(write_lines(source, record), *arguments)
    return Drawing.objects.get()


def test_a_line_becomes_a_drawing_with_its_word_and_time(source):
    drawing = import_one(source, SIMPLIFIED)

    assert (drawing.title, drawing.artist, drawing.status) == ("cat", "", "published")
    assert drawing.created_at == datetime(2017, 3, 2, 23, 25, 10, 74530, UTC)
    assert drawing.id.version == 7
    assert drawing.id.int >> 80 == int(drawing.created_at.timestamp() * 1000)
    assert (drawing.width, drawing.height) == (200, 200)


def test_the_country_code_is_not_kept(source):
    drawing = import_one(source, {**SIMPLIFIED, "countrycode": "Zembla"})

    assert b"Zembla" not in strokes.unpack_text(drawing.strokes)
    assert "Zembla" not in str(vars(drawing))


@pytest.mark.parametrize("record", [SIMPLIFIED, RAW], ids=["simplified", "raw"])
def test_the_strokes_are_kept_and_produce_the_pixels(source, record):
    drawing = import_one(source, record)

    assert drawing.strokes_agree is True
    assert verification.verify_strokes(drawing, seconds=10)
    assert [len(stroke["x"]) for stroke in drawing.document["operations"]] == [
        len(stroke[0]) for stroke in record["drawing"]
    ]


def test_the_drawing_is_scaled_and_centred_to_fill_the_canvas(source):
    drawing = import_one(source, SIMPLIFIED)

    rows, columns = np.nonzero(drawing.field < 128)
    left, right = columns.min(), 199 - columns.max()
    top, bottom = rows.min(), 199 - rows.max()
    assert 5 < left < 25
    assert abs(left - right) <= 1
    assert abs(top - bottom) <= 1
    # The box is 255 x 128.
    width, height = columns.max() - columns.min(), rows.max() - rows.min()
    assert width / height == pytest.approx(255 / 128, rel=0.05)
    assert drawing.field.max() == 255
    assert drawing.field.min() == 0


def test_the_size_can_be_given_as_an_option(source):
    drawing = import_one(source, SIMPLIFIED, "--size", "320x96")

    assert (drawing.width, drawing.height) == (320, 96)
    assert (drawing.field < 128).sum() > 200
    assert verification.verify_strokes(drawing, seconds=10)


def test_the_default_size_is_the_sites_first_canvas_size(source, settings):
    settings.CANVAS_SIZES = [(64, 48), (200, 200)]

    drawing = import_one(source, SIMPLIFIED)

    assert (drawing.width, drawing.height) == (64, 48)


@pytest.mark.parametrize("size", ["8x8", "2000x20", "200", "axb", "200x200,64x64", ""])
def test_an_invalid_size_is_refused(source, size):
    with pytest.raises(CommandError, match="--size"):
        run(write_lines(source, SIMPLIFIED), "--size", size)


def test_the_times_of_a_raw_drawing_are_kept(source):
    operations = import_one(source, RAW).document["operations"]

    assert [stroke["t"] for stroke in operations] == [[0, 17, 34, 51], [412]]


def test_times_that_run_backwards_are_replaced_by_the_last_one(source):
    record = quickdraw(drawing=[[[1, 2, 3], [1, 2, 3], [50, 90, 70]], [[5], [6], [60]]])

    operations = import_one(source, record).document["operations"]

    assert [stroke["t"] for stroke in operations] == [[0, 40, 40], [40]]


def test_a_simplified_drawing_is_drawn_at_an_even_pace(source):
    first, second = import_one(source, SIMPLIFIED).document["operations"]

    points = list(zip(first["x"], first["y"], strict=True))
    lengths = np.cumsum([0, *(math.dist(*pair) for pair in pairwise(points))])
    even = lengths * first["t"][-1] / lengths[-1]
    assert first["t"] == pytest.approx(even, abs=1)
    assert second["t"][0] > first["t"][-1] > 500


@pytest.mark.parametrize(
    "drawing",
    [
        [[[5], [7]]],
        [[[5, 5, 5], [7, 7, 7]]],
        [[[0, 255], [9, 9]]],
        [[[3, 3], [0, 1]]],
        [[[1e6, -1e6], [0, 1e-9]]],
        [[[0, 5e-324], [0, 5e-324]]],
    ],
    ids=["a dot", "a dot thrice", "level", "upright", "very wide", "very small"],
)
def test_a_drawing_without_width_or_height_is_imported(source, drawing):
    drawing = import_one(source, quickdraw(drawing=drawing))

    assert verification.verify_strokes(drawing, seconds=10)


def test_gzipped_lines_are_imported(tmp_path):
    source = tmp_path / "cat.ndjson.gz"
    lines = b"".join(json.dumps(quickdraw(number)).encode() + b"\n" for number in range(3))
    source.write_bytes(gzip.compress(lines))

    assert run(source) == ("3 added, 0 already here, 0 skipped.", "")


def test_importing_the_lines_again_adds_nothing(source):
    write_lines(source, SIMPLIFIED, RAW)
    run(source)
    before = [vars(drawing)["id"] for drawing in stored()]

    assert run(source)[0] == "0 added, 2 already here, 0 skipped."

    assert [drawing.id for drawing in stored()] == before


def test_the_same_drawing_twice_in_a_file_is_stored_once(source):
    write_lines(source, SIMPLIFIED, SIMPLIFIED, RAW)

    assert run(source)[0] == "2 added, 1 already here, 0 skipped."


def test_a_drawing_without_a_key_is_identified_by_its_content_and_line(source):
    record = {key: value for key, value in SIMPLIFIED.items() if key != "key_id"}
    write_lines(source, record, record, {**record, "word": "dog"})

    assert run(source)[0] == "3 added, 0 already here, 0 skipped."
    assert run(source)[0] == "0 added, 3 already here, 0 skipped."


def test_drawings_without_times_get_the_files_time_in_its_order(source):
    lines = [quickdraw(number, timestamp=None, word=str(number)) for number in (4, 1, 3, 2)]
    run(write_lines(source, *lines))

    assert titles() == ["4", "1", "3", "2"]
    times = [drawing.created_at for drawing in stored()]
    assert times == sorted(set(times))
    modified = datetime.fromtimestamp(source.stat().st_mtime, UTC)
    assert all(abs((time - modified).total_seconds()) < 0.001 for time in times)


def test_a_word_too_long_for_a_title_is_shortened(source):
    drawing = import_one(source, {**SIMPLIFIED, "word": "cat  " * 40})

    assert len(drawing.title) <= 80
    assert drawing.title.startswith("cat cat ")
    assert drawing.title.endswith("t…")


DEEP = b'{"drawing": ' + b"[" * 5000 + b"]" * 5000 + b"}"
NUMBERS = "must be numbers"
SHAPE = "A stroke must be"
BAD_LINES = {
    "no JSON": (b"Dear diary", "not JSON"),
    "a surrogate in its key": ({**SIMPLIFIED, "key_id": "\ud800"}, "key_id is not text"),
    "cut short": (json.dumps(SIMPLIFIED).encode()[:-9], "not JSON"),
    "bytes that are no text": (b'{"word": "\xff\xfe"}', "not JSON"),
    "no object": (b"[1, 2]", "not a JSON object"),
    "nested 5,000 deep": (DEEP, "not JSON"),
    "a number of 5,000 digits": (b'{"drawing": ' + b"9" * 5000 + b"}", "not JSON"),
    "nothing": ({}, "list of strokes"),
    "no strokes": (quickdraw(drawing=[]), "list of strokes"),
    "a drawing that is text": (quickdraw(drawing="cat"), "list of strokes"),
    "a stroke that is a number": (quickdraw(drawing=[1]), SHAPE),
    "a stroke of one list": (quickdraw(drawing=[[[1, 2]]]), SHAPE),
    "a stroke of four": (quickdraw(drawing=[[[1], [1], [1], [1]]]), SHAPE),
    "an empty stroke": (quickdraw(drawing=[[[], []]]), "at least one number"),
    "lists of two lengths": (quickdraw(drawing=[[[1, 2], [1]]]), "same length"),
    "text for a number": (quickdraw(drawing=[[["1"], [1]]]), NUMBERS),
    "true for a number": (quickdraw(drawing=[[[True], [1]]]), NUMBERS),
    "null for a number": (quickdraw(drawing=[[[None], [1]]]), NUMBERS),
    "NaN": (quickdraw(drawing=[[[math.nan], [1]]]), "must be from"),
    "infinity": (quickdraw(drawing=[[[1], [math.inf]]]), "must be from"),
    "1e400": (json.dumps(SIMPLIFIED).replace("255", "1e400").encode(), "must be from"),
    "a huge whole number": (quickdraw(drawing=[[[10**400], [1]]]), "must be from"),
    "a huge time": (quickdraw(drawing=[[[1, 2], [1, 2], [0, 1e14]]]), "from 0 to"),
    "NaN for a time": (quickdraw(drawing=[[[1, 2], [1, 2], [0, math.nan]]]), "must be from"),
    "too many strokes": (quickdraw(drawing=[[[1], [2]]] * 10_001), "at most 10,000"),
    "too much work": (quickdraw(drawing=[[[0, 9] * 50_000, [0, 9] * 50_000]]), "too long to draw"),
    "NUL": (quickdraw(word="c\0t"), "can't use"),
    "a lone surrogate": (quickdraw(word="c\ud800t"), "can't use"),
    "a word that is a list": (quickdraw(word=["cat"]), "must be text"),
    "a time that is none": (quickdraw(timestamp="yesterday"), "time must be"),
    "a time that is a number": (quickdraw(timestamp=1_490_000_000), "time must be"),
    "a time before all ids": (quickdraw(timestamp="1066-10-14 09:00:00 UTC"), "before 1970"),
    "a time beyond time": (quickdraw(timestamp="0001-01-01 00:00:00+23:00"), "time must be"),
    "a line too long": (quickdraw(more="x" * 8_000_000), "longer than"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_skipped_and_the_others_are_imported(source, line, said):
    write_lines(source, SIMPLIFIED, line, RAW)

    summary, complaints = run(source)

    assert summary == "2 added, 0 already here, 1 skipped."
    assert complaints.startswith("line 2: skipped. ")
    assert said in complaints
    assert Drawing.objects.count() == 2


def test_a_drawing_with_some_times_is_drawn_at_an_even_pace(source):
    record = quickdraw(drawing=[[[1, 9], [1, 9], [0, 8]], [[2, 3], [2, 3]]])

    assert verification.verify_strokes(import_one(source, record), seconds=10)


def test_empty_lines_are_ignored(source):
    write_lines(source, b"", SIMPLIFIED, b"   ", RAW)

    assert run(source) == ("2 added, 0 already here, 0 skipped.", "")


def test_the_last_line_needs_no_newline(source):
    source.write_text(json.dumps(SIMPLIFIED))

    assert run(source)[0] == "1 added, 0 already here, 0 skipped."


def test_truncated_gzipped_lines_are_imported_as_far_as_they_go(tmp_path):
    source = tmp_path / "cat.ndjson.gz"
    # Stored without compression, so that the cut falls in a known line.
    lines = b"".join(json.dumps(quickdraw(number)).encode() + b"\n" for number in range(9))
    source.write_bytes(gzip.compress(lines, 0)[:-300])

    summary, reason = run_to_break(source)

    assert summary == "7 added, 0 already here, 0 skipped."
    assert "From here on it is damaged or cut short. What was read before is stored" in reason
    assert Drawing.objects.count() == 7


def test_a_dry_run_stops_at_the_end_of_truncated_lines(tmp_path):
    source = tmp_path / "cat.ndjson.gz"
    lines = b"".join(json.dumps(quickdraw(number)).encode() + b"\n" for number in range(9))
    source.write_bytes(gzip.compress(lines, 0)[:-300])

    summary, reason = run_to_break(source, "--dry-run")

    assert summary == "7 would be added, 0 already here, 0 skipped."
    assert reason.endswith("What was read before would be stored.")


def test_gzipped_lines_truncated_before_the_first_are_an_error(tmp_path):
    source = tmp_path / "cat.ndjson.gz"
    source.write_bytes(gzip.compress(json.dumps(SIMPLIFIED).encode())[:20])

    with pytest.raises(CommandError, match="damaged or cut short"):
        run(source)


def test_a_line_that_never_ends_is_an_error(tmp_path, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    source = tmp_path / "zeros.ndjson.gz"
    source.write_bytes(gzip.compress(b"{" + b" " * 100_000))

    with pytest.raises(CommandError, match="nothing in it can be read"):
        run(source)


def test_reading_stops_when_a_gzip_file_inflates_too_far(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "RATIO_CHECKED_FROM", 100_000)
    source = tmp_path / "bomb.ndjson.gz"
    source.write_bytes(gzip.compress(json.dumps(SIMPLIFIED).encode() + b"\n" * 1_000_000))

    summary, reason = run_to_break(source)

    assert summary == "1 added, 0 already here, 0 skipped."
    assert "inflates to far more" in reason
