import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from drawings.datasets.demo import motifs, scenes, sketches
from drawings.imaging import pixels, rasteriser
from drawings.management.commands import fill_gallery
from drawings.models import Drawing
from drawings.services import verification
from tests.support import planner

COUNT = 30
COMPARED = ("id", "blob", "title", "artist", "colormap", "status", "created_at", "strokes")


def run(*arguments):
    """Runs the command; returns its message on how many were added."""
    return lines_of(*arguments)[0]


def lines_of(*arguments):
    out = io.StringIO()
    call_command("fill_gallery", *(str(argument) for argument in arguments), stdout=out)
    return out.getvalue().splitlines()


def stored():
    return list(Drawing.objects.order_by("id").values_list(*COMPARED))


def make_batches_here(count, seed, size, until=scenes.UNTIL):
    """Like make_batches, but in this process, where the pieces are cached."""
    made = scenes.make_scenes(count, seed, until)
    while batch := list(islice(made, size)):
        yield batch


@pytest.fixture(autouse=True)
def few_pieces(monkeypatch):
    for name, size in {"SKIES": 8, "GROUNDS": 8, "WHOLES": 6}.items():
        monkeypatch.setattr(scenes, name, size)
    monkeypatch.setattr(fill_gallery, "make_batches", make_batches_here)


def drawings_of(made):
    return [Drawing(**scene) for scene in made]


@pytest.fixture
def made():
    """Many drawings, not stored."""
    return drawings_of(islice(scenes.make_scenes(1_000_000, seed=0), 400))


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(fill_gallery, "BATCH", 10)


def test_another_process_makes_the_same_drawings(monkeypatch):
    monkeypatch.undo()

    made = list(scenes.make_batches(5, seed=3, size=2))

    assert [len(batch) for batch in made] == [2, 2, 1]
    assert made == list(make_batches_here(5, seed=3, size=2))


# --- The command ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_adds_the_requested_number_of_drawings():
    assert run(COUNT) == "30 added, 0 already here."

    assert Drawing.objects.count() == COUNT


@pytest.mark.django_db
def test_a_second_run_adds_nothing_and_says_so(small_batches):
    run(COUNT)
    before = stored()

    assert run(COUNT) == "0 added, 30 already here."

    assert stored() == before


@pytest.mark.django_db
def test_the_same_seed_and_count_make_the_same_drawings():
    run(COUNT)
    before = stored()
    Drawing.objects.all().delete()
    scenes.draw_piece.cache_clear()

    run(COUNT)

    assert stored() == before


@pytest.mark.django_db
@pytest.mark.parametrize("other", [(COUNT, "--seed", 1), (COUNT + 1,)], ids=["seed", "count"])
def test_another_seed_or_count_makes_other_drawings(other):
    run(COUNT)

    assert run(*other) == f"{other[0]} added, 0 already here."


@pytest.mark.django_db
def test_other_drawings_are_kept_and_not_counted(make_drawing):
    own = make_drawing(id="01890000-0000-7000-8000-000000000000")

    assert run(COUNT) == "30 added, 0 already here."

    assert Drawing.objects.filter(pk=own.pk).exists()


@pytest.mark.django_db
def test_a_stopped_run_keeps_whole_batches_and_can_be_resumed(small_batches, monkeypatch):
    def stopped(count, seed, size, until):
        yield from islice(make_batches_here(count, seed, size), 2)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fill_gallery, "make_batches", stopped)
        with pytest.raises(CommandError, match=r"Stopped: 20 added\."):
            run(COUNT)
    assert Drawing.objects.count() == 20

    assert run(COUNT) == "10 added, 20 already here."


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, -1])
def test_a_count_must_be_positive(count):
    with pytest.raises(CommandError, match="COUNT must be 1 or more"):
        call_command("fill_gallery", count)


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [("many",), (), ("1.5",), (COUNT, "--seed", "x")])
def test_arguments_that_are_not_numbers_are_refused(arguments):
    with pytest.raises(CommandError):
        run(*arguments)


@pytest.mark.django_db
def test_a_seed_must_not_be_negative():
    with pytest.raises(CommandError, match="--seed must be 0 or more"):
        call_command("fill_gallery", COUNT, seed=-1)


@pytest.mark.parametrize("until", ["1975-12-31", "2999-01-01", "yesterday"])
def test_the_last_day_must_be_a_valid_day_in_the_past(db, until):
    with pytest.raises(CommandError, match="--until"):
        run(COUNT, f"--until={until}")


@pytest.mark.django_db
@pytest.mark.parametrize("until", ["2026-10-31", "1976-01-01"])
def test_the_newest_drawing_is_from_the_requested_last_day(until):
    run(COUNT, f"--until={until}")

    times = list(Drawing.objects.order_by("id").values_list("created_at", flat=True))
    end = datetime.fromisoformat(f"{until}T00:00Z") + timedelta(days=1)
    assert end - timedelta(days=scenes.DAYS / COUNT) <= times[-1] < end
    assert run(COUNT, f"--until={until}") == "0 added, 30 already here."


@pytest.mark.django_db
def test_the_command_reports_how_many_drawings_have_each_status():
    said = lines_of(COUNT)[1]

    numbers = Counter(Drawing.objects.values_list("status", flat=True))
    statuses = ("published", "pending", "hidden")
    made = ", ".join(f"{numbers[status]} {status}" for status in statuses)
    assert said == f"Statuses: {made}."


@pytest.mark.django_db
def test_the_command_updates_the_databases_statistics():
    run(COUNT)

    assert planner.known_drawings() == COUNT


@pytest.mark.django_db
def test_the_gallery_shows_the_new_drawings(client):
    run(COUNT)

    response = client.get("/gallery/")

    newest = Drawing.objects.published().newest_first()[0]
    assert newest.get_absolute_url() in response.text
    assert client.get(newest.image_url).status_code == 200


@pytest.mark.django_db
def test_the_strokes_of_made_drawings_produce_their_pixels(made):
    drawings = [drawing for drawing in made if drawing.strokes][:3]
    Drawing.objects.bulk_create(drawings)

    for drawing in Drawing.objects.all():
        assert drawing.strokes_agree is True
        assert verification.verify_strokes(drawing, seconds=10)


# --- The drawings ---------------------------------------------------------------------------


def test_every_drawing_is_valid(made):
    for drawing in made:
        drawing.full_clean(validate_unique=False, validate_constraints=False)


def test_every_drawing_has_dark_and_light_pixels(made):
    for drawing in made:
        assert drawing.field.min() < 128 < drawing.field.max()


def test_a_few_pieces_make_many_different_drawings(made):
    assert len({drawing.blob for drawing in made}) > 0.7 * len(made)


@pytest.mark.parametrize("kind", ["sky", "ground"])
def test_a_piece_has_the_pixels_of_its_strokes_and_their_mirror_image(kind):
    half = scenes.draw_piece(0, kind, 4)
    _, document = sketches.draw_sketch(np.random.default_rng([0, *kind.encode(), 4]), kind)
    lines = [line for line in rasteriser.rasterise(document).tolist() if min(line) < 255]

    mirrored = [line[::-1] for line in lines]
    for band, expected in zip(half.bands, (lines, mirrored), strict=True):
        shown = pixels.read_blob(pixels.join_bands([band]), half.height, 200).tolist()
        assert [line for line in shown if min(line) < 255] == expected


def test_ids_are_uuid7_with_the_drawings_times(made):
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for drawing in made:
        assert (drawing.id.version, drawing.id.variant) == (7, "specified in RFC 4122")
        assert epoch + timedelta(milliseconds=drawing.id.int >> 80) == drawing.created_at


def test_ids_and_times_ascend_over_the_six_years():
    drawings = drawings_of(scenes.make_scenes(200, seed=0))

    ids = [drawing.id for drawing in drawings]
    assert ids == sorted(set(ids))
    months = Counter(drawing.created_at.strftime("%Y-%m") for drawing in drawings)
    assert (min(months), max(months), len(months)) == ("2020-01", "2025-12", 72)


def shares(values):
    """Returns the share of each value, the most frequent first."""
    counts = Counter(values)
    return {value: count / counts.total() for value, count in counts.most_common()}


def test_titles_and_artists_vary_and_some_are_missing(made):
    for given in (
        shares(drawing.title for drawing in made),
        shares(drawing.artist for drawing in made),
    ):
        assert len(given) > 50
        assert 0.04 < given[""] < 0.25


def test_titles_match_the_motifs_that_are_drawn():
    random = Random(0)  # noqa: S311
    for number in range(6):
        names = scenes.draw_piece(0, "whole", number).motifs
        titles = {title for name in names for title in motifs.MOTIFS[name].titles}

        given = {scenes.make_title(random, names[0]) for _ in range(100)}
        paired = {scenes.make_title(random, names[0], "cloud") for _ in range(100)}

        assert "" in given
        assert len(given) > 3
        assert given <= {"", *titles}
        assert f"{names[0]} and cloud".capitalize() in paired


def test_most_drawings_are_gray_and_the_others_use_many_colormaps(made):
    given = shares(drawing.colormap for drawing in made)

    assert next(iter(given)) == "gray"
    assert len(given) > 10


def test_most_drawings_are_published_and_some_are_not(made):
    given = shares(drawing.status for drawing in made)

    assert given.keys() == {"published", "pending", "hidden"}
    assert 0.9 < given["published"] < 0.99


def test_some_drawings_have_strokes(made):
    assert 0.02 < shares(drawing.strokes is not None for drawing in made)[True] < 0.12
