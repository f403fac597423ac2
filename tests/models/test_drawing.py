from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from drawings.imaging import pixels
from drawings.models import Drawing, DrawingQuerySet
from tests.support import samples
from tests.support.planner import PUBLISHED, plan_for_many

pytestmark = pytest.mark.django_db


# --- Constraints ----------------------------------------------------------------------------

BAD_VALUES: dict[str, list[dict[str, Any]]] = {
    "drawing_size_16_to_1024": [{"width": 15}, {"width": 1025}, {"height": 15}, {"height": 1025}],
    "drawing_vmin_vmax_ordered_in_0_to_255": [
        {"vmin": 101, "vmax": 100},
        {"vmax": 256},
        {"vmin": -1},
    ],
    "drawing_status_known": [{"status": "public"}, {"status": ""}],
    "drawing_title_at_most_80": [{"title": "x" * 81}],
    "drawing_artist_at_most_40": [{"artist": "x" * 41}],
    "drawing_colormap_named": [{"colormap": ""}],
}
REFUSALS = [(name, values) for name, cases in BAD_VALUES.items() for values in cases]


def test_every_check_constraint_is_tested():
    unique = {"drawing_submission_key_unique", "drawing_flask_id_unique"}

    assert {constraint.name for constraint in Drawing._meta.constraints} - unique == set(BAD_VALUES)


@pytest.mark.parametrize(("constraint", "values"), REFUSALS)
def test_the_database_refuses_to_insert_a_bad_row(constraint, values):
    good = {"blob": b"", "width": 200, "height": 200}

    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        Drawing.objects.bulk_create([Drawing(**{**good, **values})])

    # Django adds a check to positive numbers, and PostgreSQL checks the length of a varchar.
    column = next(iter(values))
    others = (f"failed: {column}", f"{column}_check", "too long")
    assert any(words in str(refusal.value) for words in (constraint, *others))
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(("constraint", "values"), REFUSALS)
def test_the_database_refuses_a_bad_update(make_drawing, constraint, values):
    make_drawing()

    with pytest.raises(DatabaseError), transaction.atomic():
        Drawing.objects.update(**values)


@pytest.mark.parametrize("values", [{"width": None}, {"height": None}, {"blob": None}])
def test_the_database_refuses_a_row_without_its_pixels(make_drawing, values):
    make_drawing()

    with pytest.raises(DatabaseError), transaction.atomic():
        Drawing.objects.update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"width": 16, "height": 1024},
        {"vmin": 0, "vmax": 0},
        {"vmin": 255, "vmax": 255},
        {"title": "é" * 80, "artist": "🎨" * 40},
        {"status": "hidden"},
    ],
)
def test_the_database_accepts_a_row_at_the_limits(make_drawing, values):
    make_drawing()

    assert Drawing.objects.update(**values) == 1


@pytest.mark.parametrize("name", ["submission_key", "flask_id"])
def test_keys_are_unique(make_drawing, name):
    key = uuid4()
    make_drawing(**{name: key})

    with pytest.raises(DatabaseError), transaction.atomic():
        make_drawing(**{name: key})

    assert Drawing.objects.count() == 1


def test_any_number_of_drawings_may_have_no_key(make_drawing):
    for _ in range(2):
        make_drawing(submission_key=None)

    assert Drawing.objects.count() == 2


def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True)


# --- Storing --------------------------------------------------------------------------------


def test_a_stored_drawing_has_its_field(make_drawing, field):
    drawing = Drawing.objects.get(pk=make_drawing().pk)

    assert (drawing.height, drawing.width) == (200, 200)
    assert np.array_equal(drawing.field, field)


def test_a_field_is_read_only(make_drawing):
    with pytest.raises(ValueError, match="read-only"):
        make_drawing().field[0, 0] = 1


def test_a_damaged_blob_raises_an_error(make_drawing):
    make_drawing()
    Drawing.objects.update(blob=b"damaged")

    with pytest.raises(pixels.BadBlobError):
        _ = Drawing.objects.get().field


def test_a_drawing_spans_all_shades(field):
    drawing = Drawing.from_field(field)

    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (0, 255, "gray")


def test_a_brightness_list_spans_its_smallest_to_its_largest_number():
    drawing = Drawing.from_brightness_list(np.clip(samples.shades(200, 200), 30, 190))

    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (30, 190, "viridis")


def test_a_brightness_list_may_be_given_its_colours(field):
    drawing = Drawing.from_brightness_list(field, colormap="magma", vmin=10)

    assert (drawing.vmin, drawing.vmax, drawing.colormap) == (10, 255, "magma")


def test_a_new_drawing_is_added(field):
    drawing, created = Drawing.objects.add_once(Drawing.from_field(field, submission_key=uuid4()))

    assert created
    assert Drawing.objects.get() == drawing


def test_a_repeated_drawing_returns_the_stored_row(make_drawing, field):
    key = uuid4()
    stored = make_drawing(submission_key=key, title="First")

    again = Drawing.from_field(field, submission_key=key, title="Second")
    drawing, created = Drawing.objects.add_once(again)

    assert not created
    assert (drawing.pk, drawing.title) == (stored.pk, "First")
    assert Drawing.objects.get().title == "First"


def test_a_repeated_drawing_whose_row_is_deleted_meanwhile_is_stored_again(
    make_drawing, field, monkeypatch
):
    key = uuid4()
    make_drawing(submission_key=key)

    def delete_first(drawings):
        drawings.delete()
        return drawings.all()

    monkeypatch.setattr(DrawingQuerySet, "for_lists", delete_first)

    drawing, created = Drawing.objects.add_once(Drawing.from_field(field, submission_key=key))

    assert created
    assert Drawing.objects.get() == drawing


def test_drawings_without_a_key_are_all_added(field):
    added = [Drawing.objects.add_once(Drawing.from_field(field))[1] for _ in range(2)]

    assert added == [True, True]
    assert Drawing.objects.count() == 2


def test_a_violated_constraint_is_not_taken_for_a_repeated_drawing(field):
    drawing = Drawing.from_field(field, submission_key=uuid4(), status="public")

    with pytest.raises(DatabaseError), transaction.atomic():
        Drawing.objects.add_once(drawing)


def test_ids_order_by_time(make_drawing):
    drawings = [make_drawing() for _ in range(20)]

    assert list(Drawing.objects.order_by("id")) == drawings
    assert list(Drawing.objects.newest_first()) == drawings[::-1]
    assert list(Drawing.objects.all()) == drawings[::-1]
    assert {drawing.id.version for drawing in drawings} == {7}


# --- Labels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name", "alt"),
    [
        ({}, "Untitled", "Untitled drawing"),
        ({"title": "Fox"}, "Fox", "Drawing “Fox”"),
        ({"artist": "Ada"}, "Untitled", "Untitled drawing by Ada"),
        ({"title": "Fox", "artist": "Ada"}, "Fox", "Drawing “Fox” by Ada"),
    ],
)
def test_a_drawing_has_a_name_and_an_alternative_text(values, name, alt):
    drawing = Drawing(**values)

    assert (str(drawing), drawing.alt) == (name, alt)


# --- Lists ----------------------------------------------------------------------------------


def plan_of(queryset, index):
    plan_for_many()
    return queryset.for_lists().explain()


LARGE = {"blob", "strokes"}
# SQLite must read past the large columns to these.
BEHIND = {"owner", "sender", "changed_at"}


def test_lists_do_not_load_the_pixels(make_drawing):
    make_drawing()

    drawing = Drawing.objects.published().newest_first().for_lists().get()

    assert drawing.get_deferred_fields() == LARGE | BEHIND


def test_each_view_loads_only_the_columns_that_it_needs(make_drawing):
    make_drawing()
    drawings = Drawing.objects.published()

    assert drawings.for_images().get().get_deferred_fields() == {"strokes"} | BEHIND
    assert drawings.for_strokes().get().get_deferred_fields() == {"blob"} | BEHIND


def test_a_page_loads_no_pixels_and_strokes_of_its_drawing_and_the_parent(
    make_drawing, django_assert_num_queries
):
    parent = make_drawing(title="Fox")
    child = make_drawing(parent=parent, strokes=b"strokes")

    with django_assert_num_queries(1):
        drawing = Drawing.objects.for_page().get(pk=child.pk)
        assert drawing.parent is not None
        assert (drawing.has_strokes, drawing.parent.title) == (True, "Fox")

    assert drawing.get_deferred_fields() >= LARGE | BEHIND
    assert drawing.parent.get_deferred_fields() >= LARGE | BEHIND


@pytest.mark.parametrize(
    ("values", "has_strokes", "unverified"),
    [
        ({}, False, False),
        ({"strokes": b"strokes"}, True, True),
        ({"strokes": b"strokes", "strokes_agree": True}, True, False),
        ({"strokes": b"strokes", "strokes_agree": False}, False, False),
    ],
)
def test_strokes_are_shown_unless_they_are_known_to_mismatch(
    make_drawing, values, has_strokes, unverified
):
    make_drawing(**values)

    assert Drawing.objects.for_page().get().has_strokes is has_strokes
    assert Drawing.objects.with_strokes_to_show().exists() is has_strokes
    assert Drawing.objects.unverified().exists() is unverified


def test_deleting_a_drawing_keeps_the_drawings_on_it(make_drawing):
    parent = make_drawing()
    child = make_drawing(parent=parent)

    parent.delete()

    assert Drawing.objects.get() == child
    assert Drawing.objects.get().parent is None


def test_the_children_of_a_deleted_drawing_are_found_by_an_index(make_drawing):
    make_drawing()
    plan = plan_of(
        Drawing.objects.filter(parent__in=[UUID(samples.NO_ID)]).order_by(), "drawing_parent"
    )

    assert "drawing_parent" in plan.replace("(", " ").split()


def test_published_selects_only_published_drawings(make_drawing):
    drawings = {status: make_drawing(status=status) for status in Drawing.Status}

    assert list(Drawing.objects.published()) == [drawings[Drawing.Status.PUBLISHED]]


@pytest.mark.parametrize(
    ("queryset", "index"),
    [
        pytest.param(
            lambda: Drawing.objects.published().newest_first()[:25],
            PUBLISHED,
            id="the gallery",
        ),
        pytest.param(
            lambda: Drawing.objects.published().newest_first().filter(id__lt=samples.NO_ID)[:25],
            PUBLISHED,
            id="the gallery's further pages",
        ),
        pytest.param(
            lambda: Drawing.objects.published().filter(id__gt=samples.NO_ID).order_by("id")[:1],
            PUBLISHED,
            id="a drawing's newer neighbour",
        ),
        pytest.param(
            lambda: Drawing.objects.published().newest_first().filter(colormap="gray")[:25],
            "drawing_status_colormap",
            id="the gallery of one colormap",
        ),
        pytest.param(
            lambda: Drawing.objects.filter(status="pending").order_by("-id")[:50],
            "drawing_status",
            id="the admin's list of one status",
        ),
        pytest.param(
            lambda: Drawing.objects.filter(status="hidden", id__gte=samples.NO_ID).order_by("id"),
            "drawing_status",
            id="the oldest of the admin's list of one status since a day",
        ),
        pytest.param(
            lambda: (
                Drawing.objects.published().newest_first().filter(parent=UUID(samples.NO_ID))[:12]
            ),
            "drawing_parent",
            id="the drawings on a drawing",
        ),
        pytest.param(
            lambda: Drawing.objects.unverified().order_by("id")[:1],
            "drawing_unverified",
            id="the first drawing to verify",
        ),
        pytest.param(
            lambda: Drawing.objects.unverified().filter(id__gt=samples.NO_ID).order_by("id")[:1],
            "drawing_unverified",
            id="the next drawing to verify",
        ),
    ],
)
def test_a_list_uses_an_index_and_does_not_sort(queryset, index):
    plan = plan_of(queryset(), index)

    assert index in plan.replace("(", " ").split()
    assert "B-TREE" not in plan
    assert "Sort" not in plan
