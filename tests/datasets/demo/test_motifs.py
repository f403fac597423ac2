import numpy as np
import pytest

from drawings.datasets.demo import motifs
from drawings.datasets.demo.hand import Hand
from drawings.imaging import rasteriser

TITLED = [name for name, motif in motifs.MOTIFS.items() if motif.where]


def paths_of(motif, seed=0):
    """Returns the points of each stroke and the operations, 80 pixels each way from the middle."""
    by = Hand(np.random.default_rng(seed), 200)
    motifs.draw(by, motif, motifs.move_frame(motifs.PAGE, (100, 100), 80))
    lines = [operation for operation in by.operations if operation["tool"] == "pen"]
    return [np.array([line["x"], line["y"]]).T for line in lines], by.operations


def paths_in(text, seed=0):
    return paths_of(motifs.read_motifs(text)["it"], seed)[0]


@pytest.mark.parametrize("name", motifs.MOTIFS)
def test_a_motif_stays_on_the_page(name):
    for seed in range(12):
        for path in paths_of(motifs.MOTIFS[name], seed)[0]:
            assert path.min() >= 0
            assert path.max() <= 200


@pytest.mark.parametrize("name", TITLED)
def test_a_motif_is_visible_on_the_page(name):
    _, operations = paths_of(motifs.MOTIFS[name])
    page = {"version": 2, "width": 200, "height": 200, "paper": None, "operations": operations}

    field = rasteriser.rasterise(page)

    assert 200 < (field < 200).sum() < 0.7 * field.size


def test_exactly_the_motifs_that_are_placed_have_titles():
    for motif in motifs.MOTIFS.values():
        assert {"sky", "ground", "sea", "alone"}.issuperset(motif.where)
        assert bool(motif.titles) == bool(motif.where)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[it]\nmotif = "cta"', "Motif 'it': there is no motif 'cta'"),
        ('[it]\nparts = [{motif = "cta"}]', "Motif 'it': there is no motif 'cta'"),
        ('[it]\nlnie = "0,0 1,1"', "Motif 'it': a part needs exactly one known outline.*lnie"),
        ('[it]\nline = "0,0 1,1"\nwieght = 2', "Motif 'it': .*wieght"),
        ('[it]\nline = "0,0 1,1"\ndot = "0,0"', "Motif 'it': .*dot.*line"),
        ('[it]\nwhere = ["sky"]', "Motif 'it': a part needs exactly one known outline"),
        ('[it]\nline = "0,0 1,l"', "Motif 'it': could not convert"),
        ('[it]\nline = "0,0 1"', "Motif 'it': "),
        ('[it]\nparts = "line"', "Motif 'it': "),
    ],
)
def test_a_malformed_motif_is_named(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        motifs.read_motifs(text)


def test_a_value_stays_within_its_range():
    ends = {round(paths_in('[it]\nline = "0,0 0.5..1,0"', seed)[0][-1, 0]) for seed in range(20)}

    assert len(ends) > 5
    assert min(ends) >= 138
    assert max(ends) <= 182


def test_the_ranges_of_a_group_marked_together_vary_together():
    parts = 'parts = [{line = "0,0 0..1,0"}, {line = "0,0.5 0..1,0.5"}]'
    apart = together = 0
    for seed in range(10):
        (first, second), (third, fourth) = (
            paths_in(f"[it]\n{option}{parts}", seed) for option in ("", "together = true\n")
        )
        apart += abs(first[-1, 0] - second[-1, 0]) > 5
        together += abs(third[-1, 0] - fourth[-1, 0]) > 5

    assert apart > together == 0


def test_a_mirrored_part_is_drawn_on_both_sides():
    left, right = paths_in('[it]\nline = "-0.5,0 -0.9,0.5"\nmirrored = true')

    assert left[:, 0].max() < 100 < right[:, 0].min()


def test_copies_are_spread_over_places_angles_or_a_range():
    four = paths_in('[it]\ndot = "0.5,0"\ncopies = 4\nfan = "0..360"')
    assert {tuple(np.round((path[0] - 100) / 40)) for path in four} == {
        (1, 0), (0, 1), (-1, 0), (0, -1),
    }  # fmt: skip

    three = paths_in('[it]\ndot = "0,0"\ncopies = 3\nat = "-0.5..0.5,0"\nevenly = true')
    assert [round((path[0, 0] - 100) / 40) for path in three] == [-1, 0, 1]

    two = paths_in('[it]\ndot = "0,0"\nat = "-0.5,0 0,0.5 0.5,0"\ncopies = 2')
    assert [tuple(np.round((path[0] - 100) / 40)) for path in two] == [(-1, 0), (0, 1)]


def test_parts_in_turn_alternate_between_the_places():
    text = """
        [it]
        at = "-0.5,0 0,0 0.5,0"
        in_turn = [{dot = "0,0"}, {line = "0,0 0.2,0"}]
    """

    assert [len(path) > 1 for path in paths_in(text)] == [False, True, False]


def test_a_repeated_point_is_a_corner():
    smooth = motifs.smooth(np.array([(0.0, 0), (1, 1), (2, 0)]))
    sharp = motifs.smooth(np.array([(0.0, 0), (1, 1), (1, 1), (2, 0)]))

    assert len(smooth) > 10
    assert np.allclose(sharp[:, 1], 1 - abs(sharp[:, 0] - 1))
    assert not np.allclose(smooth[:, 1], 1 - abs(smooth[:, 0] - 1))
