import numpy as np
import pytest

from drawings.datasets.demo import motifs, sketches
from drawings.datasets.demo.hand import Hand
from drawings.imaging import pixels, rasteriser, strokes

SEEDS = range(25)


def hand(seed=0):
    return Hand(np.random.default_rng(seed), 200)


def draw_by(hand, name, half=80):
    motifs.draw(hand, motifs.MOTIFS[name], motifs.move_frame(motifs.PAGE, (100, 100), half))


def document_of(seed, kind="whole"):
    return sketches.draw_sketch(np.random.default_rng(seed), kind)[1]


def document(operations):
    return {"version": 2, "width": 200, "height": 200, "paper": None, "operations": operations}


@pytest.mark.parametrize("kind", ["whole", "sky", "ground"])
def test_the_strokes_of_sketches_are_valid(kind):
    for seed in range(60):
        strokes.check(document_of(seed, kind))


def test_a_seed_always_makes_the_same_sketch():
    assert document_of(1) == document_of(1)
    assert document_of(1) != document_of(2)


def test_every_seed_makes_a_different_image():
    pictures = {rasteriser.rasterise(document_of(seed)).tobytes() for seed in SEEDS}

    assert len(pictures) == len(SEEDS)


@pytest.mark.parametrize(
    ("kind", "others"),
    [("sky", slice(sketches.HORIZON, None)), ("ground", slice(sketches.HORIZON))],
)
def test_a_sky_and_a_ground_stay_in_their_part_of_the_page(kind, others):
    for seed in SEEDS:
        field = rasteriser.rasterise(document_of(seed, kind))

        assert (field[others] == pixels.WHITE).all()
        assert not pixels.is_blank(field)


def test_a_flood_stays_inside_its_outline():
    by = hand()
    by.colouring, by.shade = "flood", 0
    draw_by(by, "moon")  # hollow: its middle is outside

    field = rasteriser.rasterise(document(by.operations))

    flooded = by.operations[-1]
    assert flooded["tool"] == "fill"
    assert field[100, 100] == field[0, 0] == pixels.WHITE
    assert (field == flooded["shade"]).sum() > 1_000


def test_a_shape_hardly_wider_than_its_outline_is_not_flooded():
    by = hand()
    by.colouring = "flood"
    for half, tools in ((80, ["pen", "fill"]), (2, ["pen"])):
        by.operations.clear()
        draw_by(by, "heart", half)

        assert [operation["tool"] for operation in by.operations] == tools


def test_a_patient_hand_draws_more_than_an_impatient_one():
    drawn_by = {}
    for patience in (0, 1):
        by = hand()
        by.patience = patience
        draw_by(by, "cat-face")
        drawn_by[patience] = len(by.operations)

    assert drawn_by[0] < drawn_by[1]


def test_different_seeds_make_different_hands():
    hands = [hand(seed) for seed in range(60)]

    assert len({by.pen for by in hands}) > 3
    assert {by.has_pressure for by in hands} == {True, False}
    assert {by.colouring for by in hands} == {"none", "flood", "hatch"}


def test_only_a_hand_with_pressure_changes_the_pens_width():
    path = np.array([(20.0, 100.0), (100.0, 150.0), (180.0, 100.0)])
    for has_pressure in (True, False):
        by = hand()
        by.has_pressure = has_pressure
        by.draw(path, 80, weight=1, lighter=0, fill=None)

        assert (len(set(by.operations[0]["radius"])) > 1) == has_pressure


def test_a_sketchs_blob_is_about_as_large_as_a_real_drawings():
    sizes = [len(pixels.write_blob(rasteriser.rasterise(document_of(seed)))) for seed in range(60)]

    assert 1_800 < np.mean(sizes) < 2_500
