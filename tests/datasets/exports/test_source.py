"""Which drawings are exported, and how much memory that takes."""

import gc
import threading
import tracemalloc
from collections import deque
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db import connection, transaction

from drawings.datasets.exports import source as reading
from drawings.datasets.exports.formats import FORMATS
from drawings.datasets.exports.source import Record, Source, iso_timestamp, snapshot
from drawings.datasets.splits import split_of
from drawings.http.exports import _generate_chunks
from drawings.imaging import strokes
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from tests.support import documents, sample_wall


def in_thread(function):
    """Calls a function in a thread with its own connection; returns its result."""
    result = []

    def run():
        try:
            result.append(function())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return result[0]


def selected(**chosen):
    source = Source(DrawingFilter.published()._replace(**chosen))
    ids = [UUID(record.id) for batch in source.read_metadata() for record in batch]
    assert [UUID(record.id) for batch in source.read_with_pixels() for record in batch] == ids
    assert source.count() == len(ids) == source.counts.total()
    return ids


@pytest.fixture
def wall(make_drawing):
    return sample_wall.fill(make_drawing, 12)


# --- Selection ------------------------------------------------------------------------------


def test_a_record_has_the_values_of_its_row(wall):
    [batch] = Source(DrawingFilter.published()).read_with_pixels()

    for record, drawing in zip(batch, wall, strict=True):
        stored = Drawing.objects.values_list(*Record._fields[:-1]).get(pk=drawing.pk)
        assert record == (str(stored[0]), *stored[1:], split_of(drawing.id))
        assert list(map(type, (record.id, record.created_at, record.blob))) == [
            str,
            datetime,
            bytes,
        ]
        assert record.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("agree", [None, True, False])
def test_a_record_has_strokes_only_when_they_agree(make_drawing, agree):
    make_drawing(strokes=b"x", strokes_agree=agree)

    [[record]] = Source(DrawingFilter.published()).read_with_pixels()

    assert record.strokes == (b"x" if agree else None)


def test_a_record_keeps_a_time_of_whole_seconds(make_drawing):
    make_drawing(created_at=sample_wall.BEGIN.replace(microsecond=0))

    [[record]] = Source(DrawingFilter.published()).read_metadata()

    assert record.created_at == sample_wall.BEGIN.replace(microsecond=0)


def test_a_record_without_pixels_has_the_same_metadata(wall):
    assert [
        [record._replace(blob=b"", strokes=None) for record in batch]
        for batch in Source(DrawingFilter.published()).read_with_pixels()
    ] == list(Source(DrawingFilter.published()).read_metadata())


@pytest.mark.parametrize("status", ["pending", "hidden"])
def test_unpublished_drawings_are_exported_only_by_their_status(wall, make_drawing, status):
    other = make_drawing(status=status)

    assert selected() == [drawing.id for drawing in wall]
    assert selected(status=status) == [other.id]


def test_hidden_and_deleted_drawings_are_not_in_the_next_export(wall):
    hidden, gone, *left = wall
    Drawing.objects.filter(pk=hidden.pk).update_stamped(status="hidden")
    gone.delete()

    assert selected() == [drawing.id for drawing in left]


def test_drawings_are_selected_by_words_colormap_artist_and_time(wall):
    def those(condition):
        return [drawing.id for drawing in wall if condition(drawing)]

    assert selected(q="fox") == those(lambda drawing: "Fox" in drawing.title) != []
    assert selected(q=str(wall[3].id)) == [wall[3].id]
    assert selected(q="nobody drew this") == selected(q="!?") == []
    assert selected(cmap="viridis") == those(lambda drawing: drawing.colormap == "viridis")
    assert selected(artist="Ada") == those(lambda drawing: drawing.artist == "Ada")
    assert selected(artist="ada") == []
    begin = sample_wall.BEGIN + timedelta(hours=2)
    assert selected(since=begin) == [drawing.id for drawing in wall[2:]]
    assert selected(until=begin) == [drawing.id for drawing in wall[:2]]
    both = {"since": begin, "until": begin + timedelta(hours=5)}
    assert selected(**both, artist="Ada") == [
        drawing.id for drawing in wall[2:7] if drawing.artist == "Ada"
    ]


def test_timestamps_are_written_with_microseconds_and_offset():
    assert iso_timestamp(sample_wall.BEGIN) == "2026-03-01T12:30:15.123456+00:00"
    assert (
        iso_timestamp(sample_wall.BEGIN.replace(microsecond=0))
        == "2026-03-01T12:30:15.000000+00:00"
    )


# --- One snapshot ---------------------------------------------------------------------------


def test_an_export_sees_no_changes_made_after_it_began(transactional_db, make_drawing):
    first, second = sample_wall.fill(make_drawing, 2)
    as_they_were = [(first.id, first.title), (second.id, second.title)]

    def change():
        Drawing.objects.filter(pk=first.pk).update_stamped(title="Another")
        second.delete()
        return make_drawing().pk

    with snapshot(DrawingFilter.published()) as source:
        assert source.count() == 2
        in_thread(change)
        seen = [
            (UUID(record.id), record.title)
            for batch in source.read_with_pixels()
            for record in batch
        ]

    assert seen == as_they_were
    assert len(selected()) == 2


def test_an_export_does_not_block_writers(transactional_db, make_drawing, monkeypatch):
    sample_wall.fill(make_drawing, 6)
    monkeypatch.setattr(reading, "BATCH_ROWS", 2)
    monkeypatch.setattr(reading, "FETCH_ROWS", 2)
    with snapshot(DrawingFilter.published()) as source:
        batches = source.read_with_pixels()
        next(batches)
        assert in_thread(lambda: make_drawing().pk)
        assert sum(map(len, batches)) == 4


def test_an_export_that_fails_restores_the_connection(transactional_db, make_drawing):
    sample_wall.fill(make_drawing, 3)

    def fail():
        with snapshot(DrawingFilter.published()) as source:
            next(source.read_with_pixels())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction.atomic():
        make_drawing()
    assert len(selected()) == 4
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("5s",)


# --- Memory ---------------------------------------------------------------------------------


def test_a_batch_is_limited_in_drawings_and_in_bytes(wall, monkeypatch):
    def sizes():
        return [len(batch) for batch in Source(DrawingFilter.published()).read_with_pixels()]

    assert sizes() == [12]
    monkeypatch.setattr(reading, "FETCH_ROWS", 1)
    assert sizes() == [12]
    monkeypatch.setattr(reading, "BATCH_ROWS", 5)
    assert sizes() == [5, 5, 2]
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    assert sizes() == [1] * 12


class Nowhere:
    def write(self, data):
        pass


def dots(points):
    """Packed strokes of a pen that does not move: a hundredth of their text or less."""
    return strokes.pack(documents.document(documents.stroke((1, 1), times=points)))


def peak(steps):
    """Returns the peak of Python's memory during these steps, in bytes above the start."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        deque(steps, maxlen=0)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.files_alone
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_keeps_written_drawings_in_memory(make_drawing, monkeypatch, name):
    monkeypatch.setattr(reading, "BATCH_ROWS", 2)
    monkeypatch.setattr(reading, "FETCH_ROWS", 2)
    monkeypatch.setattr("drawings.datasets.exports.parquet.ROW_GROUP_ROWS", 4)
    random = np.random.default_rng(0)
    packed = dots(2_000)
    for number in range(60):
        noise = random.integers(0, 256, (500, 500), np.uint8)
        title = str(number) * 40
        make_drawing(noise, strokes=packed, strokes_agree=True, title=title, artist=title[:40])
    list(FORMATS[name].write(Nowhere(), Source(DrawingFilter.published())))  # loads the modules

    most = peak(FORMATS[name].write(Nowhere(), Source(DrawingFilter.published())))

    assert most < 6_000_000  # of 15 MB of pixels


@pytest.mark.files_alone
@pytest.mark.parametrize("name", ["ndjson", "parquet"])
def test_inflated_strokes_are_not_all_in_memory_at_once(make_drawing, monkeypatch, name):
    monkeypatch.setattr("drawings.datasets.exports.parquet.ROW_GROUP_BYTES", 125_000)
    packed = dots(5_000)
    inflated = len(strokes.unpack_text(packed))
    assert inflated > 100 * len(packed)
    for _ in range(60):
        make_drawing(np.zeros((16, 16), np.uint8), strokes=packed, strokes_agree=True)
    list(_generate_chunks(FORMATS[name], DrawingFilter.published()))

    most = peak(_generate_chunks(FORMATS[name], DrawingFilter.published()))

    assert most < 50 * inflated
