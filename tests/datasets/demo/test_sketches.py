import numpy as np
import pytest

from drawings.datasets.demo import captions, sketches
from drawings.imaging import pixels, rasteriser, strokes

SEEDS = range(25)
MOTIFS = {**sketches.SKY, **sketches.GROUND, **sketches.ALONE}


def hand(seed=0):
    return sketches.Hand(np.random.default_rng(seed))


def drawn(seed, kind="whole"):
    return sketches.draw(np.random.default_rng(seed), kind)


def document(operations):
    return {"version": 1, "width": 200, "height": 200, "paper": None, "operations": operations}


@pytest.mark.parametrize("kind", ["whole", "sky", "ground"])
def test_the_strokes_keep_to_every_rule(kind):
    for seed in range(60):
        strokes.check(drawn(seed, kind).document)


def test_a_seed_is_a_sketch_and_another_is_another():
    sketch = sketches.sketch(np.random.default_rng(1))

    assert sketch == sketches.sketch(np.random.default_rng(1))
    assert sketch != sketches.sketch(np.random.default_rng(2))


def test_every_sketch_is_another_picture():
    pictures = {rasteriser.rasterise(drawn(seed).document).tobytes() for seed in SEEDS}

    assert len(pictures) == len(SEEDS)


@pytest.mark.parametrize("motif", MOTIFS.values(), ids=MOTIFS)
def test_a_motif_is_seen_on_the_paper(motif):
    by = hand()
    motif(by)

    field = rasteriser.rasterise(document(by.operations))

    inked = (field < 200).sum()
    assert 200 < inked < 0.7 * field.size


@pytest.mark.parametrize(
    ("kind", "others"),
    [("sky", slice(sketches.HORIZON, None)), ("ground", slice(sketches.HORIZON))],
)
def test_a_sky_and_a_ground_keep_to_their_part_of_the_paper(kind, others):
    for seed in SEEDS:
        field = rasteriser.rasterise(drawn(seed, kind).document)

        assert (field[others] == pixels.WHITE).all()
        assert not pixels.is_blank(field)


def test_a_flood_stays_inside_its_outline():
    by = hand()
    by.colouring, by.shade = "flood", 0
    sketches.moon(by)  # hollow: its middle is outside

    field = rasteriser.rasterise(document(by.operations))

    flooded = by.operations[-1]
    assert flooded["tool"] == "fill"
    assert field[100, 100] == field[0, 0] == pixels.WHITE
    assert (field == flooded["shade"]).sum() > 1_000


def test_what_is_hardly_wider_than_its_outline_is_not_flooded():
    by = hand()
    by.colouring = "flood"
    for half, tools in ((80, ["pen", "fill"]), (2, ["pen"])):
        by.operations.clear()
        by.go(100, 100, half)
        by.ring(0, 0, 1, fill=128)

        assert [operation["tool"] for operation in by.operations] == tools


def test_a_patient_hand_draws_more_than_an_impatient_one():
    drawn_by = {}
    for patience in (0, 1):
        by = hand()
        by.patience = patience
        sketches.cat_face(by)
        drawn_by[patience] = len(by.operations)

    assert drawn_by[0] < drawn_by[1]


def test_one_hand_is_not_like_another():
    hands = [hand(seed) for seed in range(60)]

    assert len({by.pen for by in hands}) > 3
    assert {by.has_pressure for by in hands} == {True, False}
    assert {by.colouring for by in hands} == {"none", "flood", "hatch"}


def test_only_a_hand_with_pressure_changes_the_pens_width():
    for has_pressure in (True, False):
        by = hand()
        by.has_pressure = has_pressure
        by.curve((-0.8, 0), (0, 0.5), (0.8, 0))

        assert (len(set(by.operations[0]["radius"])) > 1) == has_pressure


def test_a_blob_takes_about_as_much_as_that_of_a_hands_drawing():
    sizes = [len(pixels.write_blob(rasteriser.rasterise(drawn(seed).document))) for seed in SEEDS]

    assert 1_800 < np.mean(sizes) < 2_500


def test_there_are_titles_for_whatever_is_drawn():
    assert captions.TITLES.keys() == MOTIFS.keys()
