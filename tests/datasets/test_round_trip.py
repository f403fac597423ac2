"""Exporting drawings and importing them again changes nothing."""

import zipfile
from datetime import timedelta
from itertools import count

import numpy as np
import pytest
from django.core.management import call_command

from drawings.datasets.demo import scenes
from drawings.datasets.imports import loader
from drawings.datasets.splits import split_of
from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawings.services import verification
from tests.support import documents
from tests.support.import_command import THEN, run, snapshot
from tests.support.sample_wall import id_at

pytestmark = pytest.mark.django_db

TARGETS = ["wall.npz", "wall.zip", "wall.ndjson", "wall.parquet", "wall"]
WITHOUT_STROKES = {"wall.npz", "wall.zip"}
TITLES = ["", "Fox 🦊 & “owl”", "../../etc/passwd", "=1+1", "con", "Łódź" * 20, "7", "a\u0301"]


@pytest.fixture(scope="module")
def sketched():
    """Drawings as fill_gallery makes them, made once because they take long."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"SKIES": 4, "GROUNDS": 4, "WHOLES": 2}.items():
            patch.setattr(scenes, name, size)
        return list(scenes.make_scenes(24, seed=0))


@pytest.fixture
def wall(sketched, make_drawing):
    """Some fifty drawings of many sizes, with and without strokes, one with a base drawing."""
    Drawing.objects.bulk_create(Drawing(**scene) for scene in sketched)
    Drawing.objects.update(status=Drawing.Status.PUBLISHED)
    random = np.random.default_rng(0)
    for number in range(24):
        document = documents.random_document(random)
        field = rasteriser.rasterise(document)
        field[0, :2] = 0, 255  # so that none is blank, although the strokes then disagree
        values = {
            "title": TITLES[number % len(TITLES)],
            "artist": "" if number % 3 else "Ada",
            "colormap": ["gray", "viridis", "twilight_shifted"][number % 3],
            "vmin": number,
            "vmax": 255 - number,
            "created_at": THEN + timedelta(hours=number, microseconds=number),
        }
        make_drawing(field, strokes=strokes.pack(document) if number % 2 else None, **values)
    parent = make_drawing(
        rasteriser.rasterise(documents.document(documents.LINE)),
        id=id_in("validation", THEN),
        title="Paper",
    )
    document = documents.document(documents.fill(2, 3), paper={"drawing": str(parent.id)})
    field = rasteriser.rasterise(document, parent.field)
    # In the files of an export, this drawing comes before its base drawing.
    make_drawing(
        field,
        id=id_in("test", THEN + timedelta(days=1)),
        strokes=strokes.pack(document),
        parent=parent,
        title="On paper",
    )
    Drawing.objects.filter(strokes__isnull=False).update(strokes_agree=True)
    return snapshot()


def id_in(split, time):
    return next(id for n in count() if split_of(id := id_at(time, n)) == split)


@pytest.mark.parametrize("target", TARGETS)
def test_every_exported_drawing_can_be_imported_unchanged(wall, tmp_path, monkeypatch, target):
    monkeypatch.setattr(loader, "BATCH_ROWS", 2)
    call_command("export_drawings", str(tmp_path / target), verbosity=0)
    Drawing.objects.all().delete()

    summary = run(tmp_path / target)

    assert summary == (f"{len(wall)} added, 0 already here, 0 skipped.", "")
    if target in WITHOUT_STROKES:
        wall = {id: (*said, None) for id, (*said, _) in wall.items()}
    assert snapshot() == wall
    child = Drawing.objects.get(title="On paper")
    if child.strokes:
        assert child.parent == Drawing.objects.get(title="Paper")
        assert verification.verify_strokes(child, seconds=10)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("status", ["pending", "hidden"])
def test_an_exported_status_can_be_imported_unchanged(make_drawing, tmp_path, target, status):
    make_drawing(status=status)
    make_drawing()
    before = {drawing.id: drawing.status for drawing in Drawing.objects.filter(status=status)}
    call_command("export_drawings", str(tmp_path / target), status=status, verbosity=0)
    Drawing.objects.all().delete()

    run(tmp_path / target)

    assert dict(Drawing.objects.values_list("id", "status")) == before


def test_an_unpacked_zip_contains_the_same_drawings(wall, tmp_path):
    call_command("export_drawings", str(tmp_path / "wall.zip"), verbosity=0)
    with zipfile.ZipFile(tmp_path / "wall.zip") as archive:
        archive.extractall(tmp_path / "unpacked")

    assert run(tmp_path / "unpacked")[0] == f"0 added, {len(wall)} already here, 0 skipped."
