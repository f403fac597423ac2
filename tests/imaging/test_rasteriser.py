"""The rasteriser: from strokes to pixels."""

import time

import numpy as np
import pytest

from drawings.imaging import rasteriser, strokes
from tests.support import samples
from tests.support.documents import CLEAR, INVERT, LINE, document, ellipse, fill, flip, stroke

# --- Rasterising --------------------------------------------------------------------------


def test_a_document_without_operations_is_white():
    assert (rasteriser.rasterise(document()) == 255).all()
    assert rasteriser.rasterise(document()).shape == (48, 64)


def test_a_dot_is_dark_in_the_middle_and_soft_at_its_edge():
    field = rasteriser.rasterise(document(stroke((20.5, 10.5), radius=3)))

    assert field[10, 18:23].tolist() == [0, 0, 0, 0, 0]
    assert field[10, 23] == 128  # half covered: 255 * 0.5, rounded half up
    assert field[10, 24] == 255


def test_without_antialiasing_a_stroke_has_only_two_shades():
    field = rasteriser.rasterise(document(stroke((5, 5), (60, 40), radius=4.3, antialiased=False)))

    assert set(field.flat) == {0, 255}


def test_rasterising_does_not_modify_the_base_image():
    ground = samples.shades(48, 64)

    field = rasteriser.rasterise(document(LINE, INVERT), ground)

    assert np.array_equal(ground, samples.shades(48, 64))
    assert field is not ground


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (INVERT, lambda field: 255 - field),
        (flip("horizontal"), lambda field: field[:, ::-1]),
        (flip("vertical"), lambda field: field[::-1]),
        (CLEAR, lambda field: np.full_like(field, 255)),
    ],
)
def test_invert_flip_and_clear_change_the_whole_field(operation, expected):
    ground = samples.shades(48, 64)

    assert np.array_equal(rasteriser.rasterise(document(operation), ground), expected(ground))


def test_each_step_shows_the_field_after_it():
    given = document(LINE, INVERT, CLEAR)

    steps = [(operation, field.copy()) for operation, field in rasteriser.steps(given)]

    assert [operation for operation, _ in steps] == [None, *given["operations"]]
    for number, (_, field) in enumerate(steps):
        until = {**given, "operations": given["operations"][:number]}
        assert np.array_equal(field, rasteriser.rasterise(until))


@pytest.mark.parametrize("shape", [(64, 48), (48, 65), (1, 1)])
def test_a_base_image_of_another_size_is_refused(shape):
    with pytest.raises(strokes.BadStrokesError, match="as large as the drawing"):
        rasteriser.rasterise(document(), np.zeros(shape, np.uint8))


def large(*operations):
    return document(*operations, width=1024, height=1024)


DIAGONAL = [(0, 0), (1024, 1024)]

DOTS = np.where(np.indices((1024, 1024)).sum(axis=0) % 2, 0, 255).astype(np.uint8)

# Every third row is flooded from the left. The rows between are slopes, 220 pixels long.
FLOODED = np.mgrid[:1024, :1024][0] % 3 == 0
SLOPES = np.where(FLOODED, 0, 20 + np.abs(np.arange(1024) % 440 - 220)).astype(np.uint8)
SLOPES[:, 0] = 0
LEVELS = np.where(SLOPES == 0, SLOPES, 200).astype(np.uint8)

LONG = {
    "segments across the paper": (stroke(*DIAGONAL * 1_000), None),
    "a long way around the paper": ([stroke((1, 1), (1, 1023), (1023, 1023))] * 9_999, None),
    "a great many points": (stroke((1, 1), (2, 2), times=100_000), None),
    "fills": ([fill(2, 2)] * 9_999, None),
    "fills of single pixels": ([fill(2, 2), fill(1, 2, 200, 10)] * 20, DOTS),
    "fills beside slopes": ([fill(0, 0, 0, 5)] * 20, SLOPES),
    "flips": ([flip()] * 10_000, None),
}


# --- Budget -------------------------------------------------------------------------------


@pytest.mark.parametrize(("operations", "ground"), LONG.values(), ids=LONG)
def test_drawing_stops_when_its_budget_is_spent(operations, ground):
    given = large(*(operations if isinstance(operations, list) else [operations]))
    start = time.monotonic()

    with pytest.raises(rasteriser.TooMuchWorkError):
        rasteriser.rasterise(given, ground, rasteriser.Budget(1))

    assert time.monotonic() - start < 5


def test_drawing_that_will_exceed_its_budget_does_not_begin():
    steps = rasteriser.steps(large(LINE, stroke(*DIAGONAL * 1_000)), None, rasteriser.Budget(1))

    with pytest.raises(rasteriser.TooMuchWorkError):
        next(steps)


def test_strokes_outside_the_field_cost_little_work():
    outside = stroke(*[(-2000, 10), (-100, 3000)] * 10)

    assert rasteriser.work(outside, 1024, 1024) < 100_000


def test_a_sufficient_budget_does_not_change_the_result():
    given = document(LINE, fill(3, 40), INVERT, flip(), CLEAR, LINE)

    assert np.array_equal(
        rasteriser.rasterise(given, None, rasteriser.Budget(1)), rasteriser.rasterise(given)
    )


def test_a_budget_is_shared_by_everything_that_spends_it():
    budget = rasteriser.Budget(1)
    budget.spend(rasteriser.WORK_PER_SECOND * 0.75)

    with pytest.raises(rasteriser.TooMuchWorkError):
        budget.spend(rasteriser.WORK_PER_SECOND * 0.75)


def test_a_fill_is_charged_for_every_step_to_the_brightness_of_a_line():
    spent = {}
    for name, ground in (("slopes", SLOPES), ("levels", LEVELS)):
        budget = rasteriser.Budget(10)
        rasteriser.rasterise(large(fill(0, 0, 0, 5)), ground, budget)
        spent[name] = 10 * rasteriser.WORK_PER_SECOND - budget.left

    # Two thirds of the pixels are edges. Those on slopes take seven steps more, nearly all of them.
    steps = 7 * 1024 * 1024 * 2 / 3
    assert spent["slopes"] - spent["levels"] == pytest.approx(
        steps * rasteriser.CLIMB_WORK, rel=0.03
    )


def flooded_pixel_by_pixel(field, x, y, tolerance):
    """The definition in docs/strokes.md, without optimisation."""
    height, width = field.shape
    mask = np.zeros(field.shape, bool)
    waiting = [(x, y)]
    while waiting:
        i, j = waiting.pop()
        if not (0 <= i < width and 0 <= j < height) or mask[j, i]:
            continue
        if abs(int(field[j, i]) - int(field[y, x])) <= tolerance:
            mask[j, i] = True
            waiting += [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
    return mask


# --- Flood fill ---------------------------------------------------------------------------


def test_a_flood_fill_agrees_with_the_pixel_by_pixel_definition():
    random = np.random.default_rng(5)
    for _ in range(500):
        shape = random.integers(1, 24, 2)
        field = (random.integers(0, 5, shape) * 50).astype(np.uint8)
        x, y = int(random.integers(shape[1])), int(random.integers(shape[0]))
        tolerance = int(random.integers(0, 200))

        mask = rasteriser.flood_mask(field, x, y, tolerance)

        assert mask.dtype == np.bool_
        assert np.array_equal(mask, flooded_pixel_by_pixel(field, x, y, tolerance))


def test_a_flood_fill_reaches_the_end_of_a_maze():
    field = np.full((1024, 1024), 255, np.uint8)
    field[:, 1::2] = 0
    field[0, 1::4] = 255
    field[-1, 3::4] = 255

    mask = rasteriser.flood_mask(field, 0, 0, 0)

    assert np.array_equal(mask, field == 255)


# --- Edges of a fill ----------------------------------------------------------------------

ROWS, COLUMNS = np.mgrid[:100, :100] + 0.5
INSIDE = ((COLUMNS - 50) / 40) ** 2 + ((ROWS - 49.3) / 28) ** 2 < 1


def filled_ellipse(line, radius, shade, ground=255, version=2):
    """An ellipse, its inside filled: before the fill, after it, and how it would look drawn on the
    fill's shade inside and on the ground outside."""
    outline = ellipse(50, 49.3, 40, 28, shade=line, radius=radius)
    size = {"width": 100, "height": 100, "version": version}
    paper = np.full((100, 100), ground, np.uint8)
    before = rasteriser.rasterise(document(outline, **size), paper)
    after = rasteriser.rasterise(document(outline, fill(50, 50, shade, 24), **size), paper)
    two_papers = np.where(INSIDE, shade, ground).astype(np.uint8)
    return before, after, rasteriser.rasterise(document(outline, **size), two_papers)


@pytest.mark.parametrize("radius", [1, 1.25, 2, 5])
@pytest.mark.parametrize(("line", "ground"), [(0, 255), (255, 0), (90, 200)])
def test_a_fill_beside_a_line_of_its_own_shade_leaves_no_specks(line, ground, radius):
    before, after, _ = filled_ellipse(line, radius, shade=line, ground=ground)

    assert (after[INSIDE] == line).all()
    assert np.array_equal(after[~INSIDE], before[~INSIDE])


@pytest.mark.parametrize("radius", [1, 2, 5])
@pytest.mark.parametrize(("line", "shade"), [(0, 100), (100, 0), (40, 240), (200, 60)])
def test_a_filled_outline_looks_as_if_it_was_drawn_on_the_new_shade(line, shade, radius):
    before, after, ideal = filled_ellipse(line, radius, shade)

    # A fill covers what is nearly the ground: the faintest pixels of the line's edge, too.
    drawn = INSIDE & (np.abs(before.astype(int) - 255) > 24)
    assert np.abs(after[drawn].astype(int) - ideal[drawn]).max() <= 1
    assert np.array_equal(after[~INSIDE], before[~INSIDE])


@pytest.mark.parametrize("radius", [0.5, 0.75])
@pytest.mark.parametrize(("line", "shade"), [(0, 0), (0, 100), (100, 0)])
def test_a_fill_beside_a_thin_line_comes_nearer_to_the_ideal_than_in_version_1(line, shade, radius):
    errors = {}
    for version in (1, 2):
        _, after, ideal = filled_ellipse(line, radius, shade, version=version)
        errors[version] = np.abs(after.astype(int) - ideal)

    assert errors[2].sum() < 0.75 * errors[1].sum()
    assert errors[2].max() <= errors[1].max()


@pytest.mark.parametrize("version", [1, 2])
def test_a_fill_leaves_no_halo_along_a_smoothed_line(version):
    _, field, _ = filled_ellipse(0, 2, shade=100, version=version)

    assert field[INSIDE].max() == 100
    assert (field[50, 50], field[0, 0]) == (100, 255)


def test_version_1_keeps_its_specks():
    _, field, _ = filled_ellipse(0, 2, shade=0, version=1)

    assert sorted(field[INSIDE & (field > 0)].tolist()) == [22, 22, 32, 32]


def test_a_fill_at_the_border_blends_the_edge_there():
    # The line's edge is in the top row, its middle outside the field.
    given = document(stroke((-5, -0.8), (70, -0.8)), fill(30, 20, 0), width=64, height=48)

    assert (rasteriser.rasterise(given) == 0).all()
