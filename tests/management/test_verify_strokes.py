import base64
import io
import time
from typing import Any, cast
from uuid import UUID

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawings.services import verification
from tests.support import samples
from tests.support.documents import INVERT, LINE, document, fill, flip, stroke

pytestmark = pytest.mark.django_db

GIVEN = document(LINE, fill(3, 40), flip())


@pytest.fixture
def make_drawn(make_drawing):
    """Stores a drawing with strokes, by default with the pixels that they produce."""

    def make(given=GIVEN, field=None, ground=None, **values):
        if field is None:
            field = rasteriser.rasterise(given, ground)
        return make_drawing(field, **{"strokes": strokes.pack(given), **values})

    return make


def run(*arguments):
    """Runs the command; returns its last message and its complaints."""
    out, err = io.StringIO(), io.StringIO()
    call_command("verify_strokes", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def summary(agree=0, disagree=0, damaged=0, without=0, long=0):
    return (
        f"{agree} agree, {disagree} disagree, {damaged} damaged,"
        f" {without} without their base image, {long} too long."
    )


def verdict(drawing):
    return Drawing.objects.get(pk=drawing.pk).strokes_agree


def test_strokes_that_produce_the_pixels_agree(make_drawn):
    drawings = [make_drawn(), make_drawn(document(LINE, INVERT)), make_drawn(status="hidden")]
    assert [verdict(drawing) for drawing in drawings] == [None] * 3

    assert run() == (summary(agree=3), "")

    assert [verdict(drawing) for drawing in drawings] == [True] * 3


def test_strokes_that_produce_other_pixels_are_named(make_drawn):
    field = rasteriser.rasterise(GIVEN)
    field[5, 5] ^= 1
    good, bad = make_drawn(), make_drawn(field=field)

    assert run() == (
        summary(agree=1, disagree=1),
        f"{bad.id}: The strokes do not produce the pixels.\n",
    )
    assert (verdict(good), verdict(bad)) == (True, False)


def test_strokes_of_another_size_than_the_pixels_disagree(make_drawn):
    drawing = make_drawn(field=samples.shades(64, 48))

    assert run()[0] == summary(disagree=1)
    assert verdict(drawing) is False


def test_drawings_without_strokes_are_ignored(make_drawing):
    drawing = make_drawing()

    assert run() == (summary(), "")
    assert run("--all") == (summary(), "")
    assert verdict(drawing) is None


def test_verified_drawings_are_verified_again_only_with_all(make_drawn):
    drawing, other = make_drawn(), make_drawn()
    run()
    Drawing.objects.filter(pk=drawing.pk).update(strokes_agree=False)

    assert run() == (summary(), "")
    assert verdict(drawing) is False

    assert run("--all") == (summary(agree=2), "")
    assert verdict(drawing) is verdict(other) is True


def test_strokes_on_an_embedded_base_image_are_verified(make_drawn):
    ground = samples.shades(48, 64)
    image = base64.b64encode(samples.png(ground)).decode()
    make_drawn(document(LINE, paper={"image": image}), ground=ground)

    assert run() == (summary(agree=1), "")


@pytest.mark.parametrize("status", Drawing.Status)
def test_strokes_on_a_base_drawing_of_any_status_are_verified(make_drawn, make_drawing, status):
    parent = make_drawing(samples.shades(48, 64), status=status)
    given = document(LINE, paper={"drawing": str(parent.id)})
    drawing = make_drawn(given, ground=parent.field, parent=parent)

    assert run() == (summary(agree=1), "")
    assert verdict(drawing) is True


def test_strokes_on_a_chain_of_base_drawings_are_verified(make_drawn):
    parent = make_drawn()
    for _ in range(3):
        given = document(LINE, INVERT, paper={"drawing": str(parent.id)})
        parent = make_drawn(given, ground=parent.field, parent=parent)

    assert run() == (summary(agree=4), "")


def test_a_drawing_whose_base_drawing_is_gone_disagrees_and_is_named(make_drawn):
    given = document(LINE, paper={"drawing": samples.NO_ID})
    drawing, good = make_drawn(given), make_drawn()

    for _ in range(2):
        said, complaints = run("--all")
        assert said == summary(agree=1, without=1)
        assert (
            complaints
            == f"{drawing.id}: Not checked: It was drawn on {samples.NO_ID}, which is gone.\n"
        )
    assert (verdict(drawing), verdict(good)) == (False, True)


def test_a_base_drawing_of_another_size_counts_as_damaged(make_drawn, make_drawing):
    parent = make_drawing()
    given = document(LINE, paper={"drawing": str(parent.id)})
    drawing = make_drawn(given, field=samples.shades(48, 64), parent=parent)

    said, complaints = run()

    assert said == summary(damaged=1)
    assert str(drawing.id) in complaints
    assert verdict(drawing) is False


@pytest.mark.parametrize(
    "data", [b"", b"damaged", strokes.pack(GIVEN)[:-5], strokes.pack({**GIVEN, "version": 3})]
)
def test_damaged_strokes_are_named_and_the_others_verified(make_drawn, data):
    before, damaged, after = make_drawn(), make_drawn(strokes=data), make_drawn()

    said, complaints = run()

    assert said == summary(agree=2, damaged=1)
    assert complaints.startswith(f"{damaged.id}: Damaged strokes: ")
    assert complaints.count("\n") == 1
    assert [verdict(drawing) for drawing in (before, damaged, after)] == [True, False, True]


def test_damaged_pixels_are_named_and_do_not_count_against_the_strokes(make_drawn):
    damaged, good = make_drawn(), make_drawn()
    Drawing.objects.filter(pk=damaged.pk).update(blob=b"damaged")

    said, complaints = run()

    assert said == summary(agree=1, damaged=1)
    assert complaints.startswith(f"{damaged.id}: Not checked: ")
    assert (verdict(damaged), verdict(good)) == (None, True)


def test_strokes_that_take_too_long_are_named_and_the_others_verified(make_drawn):
    zigzag = stroke(*[(0, 0), (1024, 1024)] * 1_000)
    endless = document(zigzag, width=1024, height=1024)
    before, long, after = (
        make_drawn(),
        make_drawn(endless, field=samples.shades(48, 64)),
        make_drawn(),
    )

    start = time.monotonic()
    said, complaints = run()

    assert time.monotonic() - start < 10
    assert said == summary(agree=2, long=1)
    assert complaints == f"{long.id}: Not checked: It takes more than about 60 seconds.\n"
    assert [verdict(drawing) for drawing in (before, long, after)] == [True, None, True]


def test_strokes_that_take_a_while_are_still_verified(make_drawn):
    zigzag = stroke(*[(0, 0), (1024, 1024)] * 40)
    drawing = make_drawn(document(zigzag, width=1024, height=1024))

    with pytest.raises(verification.TooLongError):
        verification.verify_strokes(drawing, 2)
    assert verdict(drawing) is None

    assert run() == (summary(agree=1), "")
    assert verdict(drawing) is True


def test_drawings_are_read_one_at_a_time(make_drawn):
    number = 5
    for _ in range(number):
        make_drawn()

    with CaptureQueriesContext(connection) as queries:
        run()

    read = [query["sql"] for query in queries if '"blob"' in query["sql"]]
    assert len(read) == number + 1
    assert all("LIMIT 1" in sql for sql in read)


def test_only_drawings_that_disagree_are_named(make_drawn):
    bad = {make_drawn(field=samples.shades(48, 64)).id for _ in range(3)}
    for _ in range(3):
        make_drawn()

    named = {UUID(line.partition(":")[0]) for line in run()[1].splitlines()}

    assert named == bad
    agree = Drawing.objects.filter(strokes_agree=True)
    assert agree.count() == 3
    assert all(np.array_equal(each.field, rasteriser.rasterise(each.document)) for each in agree)


def test_strokes_whose_base_drawing_is_deleted_during_verification_disagree(make_drawn):
    paper = make_drawn(document(LINE))
    given = {**document(INVERT), "paper": {"drawing": str(paper.id)}}
    child = make_drawn(given, ground=paper.field, parent=paper)

    def rasterise_late(function, *arguments):
        field = function(*arguments)
        Drawing.objects.get(pk=paper.pk).delete()
        return field

    drawing = Drawing.objects.for_strokes().get(pk=child.pk)
    verification.verify_strokes(drawing, 10, cast(Any, rasterise_late))

    child = Drawing.objects.get(pk=child.pk)
    assert (child.parent_id, child.strokes_agree) == (None, False)
