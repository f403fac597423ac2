import base64
import copy
import json
import math
import time
import zlib

import numpy as np
import pytest

from drawings.imaging import pixels, rasteriser, strokes
from drawings.imaging.png import png_from_blob
from drawsite.lib import strict_json
from tests.support import documents, samples
from tests.support.documents import CLEAR, INVERT, LINE, document, fill, flip, stroke

GOOD = document(LINE, fill(3, 40), INVERT, flip(), flip("vertical"), CLEAR)
# Where what is in a document, for tests that put something else there.
STROKE, FILL, INVERSION, FLIP = (("operations", number) for number in range(4))


def changed(path, value, given=GOOD):
    """The document's JSON text with this JSON text for the value at a path."""
    marked = copy.deepcopy(given)
    *parents, last = path
    place = marked
    for key in parents:
        place = place[key]
    place[last] = "MARK"
    return json.dumps(marked).replace('"MARK"', value)


def without(path, given=GOOD):
    less = copy.deepcopy(given)
    *parents, last = path
    place = less
    for key in parents:
        place = place[key]
    del place[last]
    return json.dumps(less)


def paper(data):
    """The JSON text of a paper that is this file."""
    return json.dumps({"image": base64.b64encode(data).decode()})


NO_NUMBERS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "1e400": "1e400",
    "true": "true",
    "a text": '"5"',
    "null": "null",
    "a list": "[5]",
    "an object": '{"a": 5}',
    "5,000 digits": "9" * 5_000,
    "4,000 digits": "9" * 4_000,
    "minus 4,000 digits": "-" + "9" * 4_000,
}


def bad_texts():
    """What is wrong, and the text."""
    yield "empty object", "{}"
    yield "a list", "[]"
    yield "null", "null"
    yield "a number", "1"
    yield "not JSON", "a line from here to there"
    yield "nothing", ""
    yield "cut short", json.dumps(GOOD)[:-1]
    yield "nested 5,000 deep", "[" * 5_000 + "]" * 5_000
    yield "nested 100,000 deep and open", '{"operations":' * 100_000
    yield "an operation nested 5,000 deep", changed(STROKE, "[" * 5_000 + "]" * 5_000)

    for version in ("0", "2", "1.0", "true", '"1"', "null"):
        yield f"version {version}", changed(["version"], version)
    for side in ("15", "1025", "-64", "64.0", "true", '"64"', "null"):
        yield f"width {side}", changed(["width"], side)
        yield f"height {side}", changed(["height"], side)
    for name in GOOD:
        yield f"without {name}", without([name])
    yield "with another key", changed(["name"], '"Fox"')

    for value in ("{}", "null", '"pen"', "1"):
        yield f"operations {value}", changed(["operations"], value)
        yield f"an operation {value}", changed(STROKE, value)
    for tool in ('"brush"', "null", "1", '["pen"]', '""', "true"):
        yield f"tool {tool}", changed([*STROKE, "tool"], tool)
    for number, operation in enumerate(GOOD["operations"]):
        for name in operation:
            yield f"{operation['tool']} without {name}", without(["operations", number, name])
        yield f"{operation['tool']} with another key", changed(["operations", number, "z"], "1")

    for name, text in NO_NUMBERS.items():
        for key in ("x", "y", "radius", "t"):
            yield f"{key} of a point is {name}", changed([*STROKE, key, 1], text)
        for key in ("shade", "tolerance", "x", "y", "t"):
            yield f"{key} of a fill is {name}", changed([*FILL, key], text)
        yield f"t of an inversion is {name}", changed([*INVERSION, "t"], text)
    for key, values in {
        "x": ("-2048.01", "3072.01"),
        "y": ("-2049", "3073"),
        "radius": ("-0.01", "256.01"),
        "t": ("-1", "604800001", "0.5", "0.0"),
    }.items():
        for value in values:
            yield f"{key} of a point is {value}", changed([*STROKE, key, 1], value)
    for key in ("x", "y", "radius", "t"):
        yield f"no {key}", changed([*STROKE, key], "[]")
        yield f"one {key} too many", changed([*STROKE, key], "[1, 1, 1]")
        yield f"{key} is a number", changed([*STROKE, key], "1")
        yield f"{key} is an object", changed([*STROKE, key], '{"0": 1, "1": 1}')
    nothing = {**stroke((1, 1)), "x": [], "y": [], "radius": []}
    yield "a stroke of no points", documents.text(nothing)
    for value in ("0", "1", "null", '"true"'):
        yield f"antialiased {value}", changed([*STROKE, "antialiased"], value)
    for value in ("-1", "256", "0.5", "0.0"):
        yield f"shade of a stroke {value}", changed([*STROKE, "shade"], value)
        yield f"shade of a fill {value}", changed([*FILL, "shade"], value)
        yield f"tolerance {value}", changed([*FILL, "tolerance"], value)
    for key, values in {"x": ("-1", "64", "1.5", "2.0"), "y": ("-1", "48", "1.5")}.items():
        for value in values:
            yield f"{key} of a fill is {value}", changed([*FILL, key], value)
    for value in ('"diagonal"', "null", '["vertical"]', "0", '"Vertical"'):
        yield f"axis {value}", changed([*FLIP, "axis"], value)

    yield "t running backwards in a stroke", changed([*STROKE, "t"], "[1, 0]")
    yield "t running backwards from a stroke to a fill", changed([*STROKE, "t"], "[0, 2]")
    yield "t running backwards from a fill to an inversion", changed([*FILL, "t"], "3")
    yield (
        "t running backwards to a stroke",
        documents.text(LINE).replace(
            '"operations": [', '"operations": [{"tool": "clear", "t": 5}, '
        ),
    )

    for value in ("{}", "[]", "0", "false", '"white"', '{"drawing": null}', '{"image": null}'):
        yield f"paper {value}", changed(["paper"], value)
    yield (
        "a paper of two kinds",
        changed(["paper"], json.dumps({"drawing": samples.NO_ID, "image": ""})),
    )
    yield "a paper that is no id", changed(["paper"], '{"drawing": "../../admin"}')
    yield "a paper that is half a character", changed(["paper"], '{"drawing": "\\ud800"}')


BAD_TEXTS = dict(bad_texts())


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_document_that_breaks_a_rule_is_refused(text):
    with pytest.raises(strokes.BadStrokesError) as refusal:
        strokes.parse(text)

    assert str(refusal.value).endswith(".")


GOOD_TEXTS = {
    "one of everything": json.dumps(GOOD),
    "no operations": documents.text(),
    "the smallest": documents.text(width=16, height=16),
    "the largest": documents.text(width=1024, height=1024),
    "the furthest points": documents.text(stroke((-2048, 3072, 256), (3072, -2048, 0))),
    "a fill in the last corner": documents.text(fill(63, 47, 255, 255)),
    "a fill in the first corner": documents.text(fill(0, 0, 0, 0)),
    "a week": documents.text(CLEAR).replace('"t": 0', '"t": 604800000'),
    "all at once": documents.text(LINE, LINE, CLEAR).replace('"t": 2', '"t": 1'),
    "a drawing for paper": documents.text(paper={"drawing": samples.NO_ID}),
    "whole numbers for points": documents.text(stroke((1, 2), (3, 4))),
    "minus nothing": documents.text(stroke((-0.0, -0.0))),
    "the least number there is": documents.text(stroke((5e-324, 1e-300))),
    "10,000 operations": documents.text(*[CLEAR] * 10_000),
    "200,000 points": documents.text(*[stroke(*[(1, 1)] * 100_000)] * 2),
}


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_a_document_that_keeps_to_the_rules_is_taken(text):
    assert strokes.parse(text) == json.loads(text)
    assert strokes.parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "operations",
    [
        [stroke(*[(1, 1)] * 200_000)],
        [stroke((1, 1))] * 10_000,
        [fill(1, 1)] * 9_999 + [stroke(*[(1, 1)] * 190_001)],
    ],
    ids=["points", "strokes", "operations and points"],
)
def test_as_much_as_there_may_be_is_taken(operations):
    text = documents.text(*operations)

    assert strokes.parse(text) == json.loads(text)


@pytest.mark.parametrize(
    "operations",
    [
        [CLEAR] * 10_001,
        [stroke(*[(1, 1)] * 200_001)],
        [stroke(*[(1, 1)] * 100_000)] * 2 + [CLEAR],
    ],
    ids=["operations", "points of one stroke", "points of all"],
)
def test_too_many_are_refused(operations):
    with pytest.raises(strokes.BadStrokesError, match="at most"):
        strokes.parse(documents.text(*operations))


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 900_000 + "1]",
        documents.text(stroke(*[(1, 1)] * 200_001)),
        documents.text(*[CLEAR] * 60_000),
    ],
    ids=["numbers", "points", "operations"],
)
def test_far_too_many_are_refused_unread(text, monkeypatch):
    monkeypatch.setattr(strict_json, "loads", lambda text: pytest.fail("read"))

    for sent in (text, text.encode()):
        with pytest.raises(strokes.BadStrokesError, match="at most"):
            strokes.parse(sent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed([*FILL, "shade"], "256"), "Operation 2: shade must be a whole number"),
        (changed([*STROKE, "t"], "[1, 0]"), "Operation 1: t must not run backwards."),
        (changed(["version"], "2"), "version must be 1"),
        ("[", "not JSON"),
    ],
)
def test_the_sentence_says_what_is_wrong_and_where(text, said):
    with pytest.raises(strokes.BadStrokesError, match=said):
        strokes.parse(text)


# --- Paper ----------------------------------------------------------------------------------


def test_the_paper_may_be_a_grey_png():
    field = samples.shades(48, 64)

    given = strokes.parse(changed(["paper"], paper(samples.png(field))))

    image = strokes.embedded_base_image(given)
    assert image is not None
    assert np.array_equal(image, field)
    assert strokes.base_drawing_id(given) is None


def test_white_paper_and_a_drawing_have_no_image():
    assert strokes.embedded_base_image(document()) is None
    assert strokes.embedded_base_image(document(paper={"drawing": samples.NO_ID})) is None


def test_the_paper_may_be_a_drawing():
    assert strokes.base_drawing_id(document()) is None
    assert str(strokes.base_drawing_id(document(paper={"drawing": samples.NO_ID}))) == samples.NO_ID


GREY = samples.png(samples.shades(48, 64))
BAD_PAPERS = {
    "nothing": b"",
    "text": b"a sheet of paper",
    "cut short": GREY[samples.TRUNCATED],
    "a signature alone": GREY[:8],
    "another size": samples.png(samples.shades(64, 48)),
    "too large": samples.png(samples.shades(48, 1025)),
    "169 megapixels": samples.huge_png(),
    "a JPEG": samples.encoded(samples.shades(48, 64), "JPEG"),
    "a colour PNG": samples.encoded(np.zeros((48, 64, 3), np.uint8)),
    "a 16-bit PNG": samples.encoded(np.zeros((48, 64), np.uint16)),
    "a palette PNG": png_from_blob(pixels.write_blob(samples.shades(48, 64)), 48, 64, bytes(768)),
}


@pytest.mark.parametrize("data", BAD_PAPERS.values(), ids=BAD_PAPERS)
def test_a_paper_that_is_no_grey_png_of_the_fields_size_is_refused(data):
    given = strokes.parse(changed(["paper"], paper(data)))

    with pytest.raises(strokes.BadStrokesError, match=r"paper\.image must be"):
        strokes.embedded_base_image(given)


@pytest.mark.parametrize("text", ["äöü", "AAA", "====", "\ud800", "A A A A", "_-_-"])
def test_a_paper_that_is_no_base64_is_refused(text):
    with pytest.raises(strokes.BadStrokesError, match=r"paper\.image must be"):
        strokes.embedded_base_image(document(paper={"image": text}))


# --- Storing --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_what_is_packed_comes_back(text):
    given = strokes.parse(text)

    packed = strokes.pack(given)

    assert strokes.unpack(packed) == given
    assert json.loads(strokes.unpack_text(packed)) == given


def test_a_stored_stroke_is_small():
    text = documents.text(stroke(*((x / 4, x / 5) for x in range(1_000))))

    assert len(strokes.pack(strokes.parse(text))) < len(text) / 4


DAMAGED = {
    "nothing": b"",
    "text": b"not a zlib stream",
    "cut short": strokes.pack(GOOD)[:-1],
    "a bit is wrong": bytes([*strokes.pack(GOOD)[:-1], strokes.pack(GOOD)[-1] ^ 1]),
    "no document": zlib.compress(b"{}"),
    "no JSON": zlib.compress(b"\xff\xfe"),
    "half a character": zlib.compress(b'{"version": "\xed\xa0\x80"}'),
    "200 MB of spaces": zlib.compress(b" " * 200_000_000, 9),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_what_was_not_packed_is_not_unpacked(data):
    with pytest.raises(strokes.BadStrokesError):
        strokes.unpack(data)


def test_what_could_not_be_unpacked_again_is_not_packed():
    given = document(paper={"image": "A" * strokes.MAX_TEXT_BYTES})

    with pytest.raises(strokes.BadStrokesError, match="more than 16,000,000"):
        strokes.pack(given)


# --- Rasterising ----------------------------------------------------------------------------


def test_nothing_on_white_paper_is_white():
    assert (rasteriser.rasterise(document()) == 255).all()
    assert rasteriser.rasterise(document()).shape == (48, 64)


def test_a_dot_is_dark_in_the_middle_and_soft_at_its_edge():
    field = rasteriser.rasterise(document(stroke((20.5, 10.5), radius=3)))

    assert field[10, 18:23].tolist() == [0, 0, 0, 0, 0]
    assert field[10, 23] == 128  # half covered: 255 * 0.5, rounded half up
    assert field[10, 24] == 255


def test_without_antialiasing_there_are_two_shades():
    field = rasteriser.rasterise(document(stroke((5, 5), (60, 40), radius=4.3, antialiased=False)))

    assert set(field.flat) == {0, 255}


def test_the_paper_stays_as_it_was():
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
def test_what_is_done_to_all_pixels(operation, expected):
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
def test_a_paper_of_another_size_is_refused(shape):
    with pytest.raises(strokes.BadStrokesError, match="as large as the drawing"):
        rasteriser.rasterise(document(), np.zeros(shape, np.uint8))


# --- Work -----------------------------------------------------------------------------------


def large(*operations):
    return document(*operations, width=1024, height=1024)


DIAGONAL = [(0, 0), (1024, 1024)]
DOTS = np.where(np.indices((1024, 1024)).sum(axis=0) % 2, 0, 255).astype(np.uint8)
LONG = {
    "segments across the paper": (stroke(*DIAGONAL * 1_000), None),
    "a long way around the paper": ([stroke((1, 1), (1, 1023), (1023, 1023))] * 9_999, None),
    "a great many points": (stroke(*[(1, 1), (2, 2)] * 100_000), None),
    "fills": ([fill(2, 2)] * 9_999, None),
    "fills of single pixels": ([fill(2, 2), fill(1, 2, 200, 10)] * 20, DOTS),
    "flips": ([flip()] * 10_000, None),
}


@pytest.mark.parametrize(("operations", "ground"), LONG.values(), ids=LONG)
def test_what_takes_more_than_its_budget_is_not_done(operations, ground):
    given = large(*(operations if isinstance(operations, list) else [operations]))
    start = time.monotonic()

    with pytest.raises(rasteriser.TooMuchWorkError):
        rasteriser.rasterise(given, ground, rasteriser.Budget(1))

    assert time.monotonic() - start < 5


def test_what_is_known_to_take_too_long_is_not_begun():
    steps = rasteriser.steps(large(LINE, stroke(*DIAGONAL * 1_000)), None, rasteriser.Budget(1))

    with pytest.raises(rasteriser.TooMuchWorkError):
        next(steps)


def test_what_lies_outside_the_field_takes_little():
    outside = stroke(*[(-2000, 10), (-100, 3000)] * 10)

    assert rasteriser.work(outside, 1024, 1024) < 100_000


def test_within_its_budget_a_field_is_what_it_is_without():
    given = document(LINE, fill(3, 40), INVERT, flip(), CLEAR, LINE)

    assert np.array_equal(
        rasteriser.rasterise(given, None, rasteriser.Budget(1)), rasteriser.rasterise(given)
    )


def test_what_several_things_take_is_spent_once_for_all():
    budget = rasteriser.Budget(1)
    budget.spend(rasteriser.WORK_PER_SECOND * 0.75)

    with pytest.raises(rasteriser.TooMuchWorkError):
        budget.spend(rasteriser.WORK_PER_SECOND * 0.75)


# --- Flooding -------------------------------------------------------------------------------


def flooded_pixel_by_pixel(field, x, y, tolerance):
    """As docs/strokes.md says it, without any cleverness."""
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


def test_a_flood_reaches_what_one_pixel_after_another_reaches():
    random = np.random.default_rng(5)
    for _ in range(500):
        shape = random.integers(1, 24, 2)
        field = (random.integers(0, 5, shape) * 50).astype(np.uint8)
        x, y = int(random.integers(shape[1])), int(random.integers(shape[0]))
        tolerance = int(random.integers(0, 200))

        mask = rasteriser.flood_mask(field, x, y, tolerance)

        assert mask.dtype == np.bool_
        assert np.array_equal(mask, flooded_pixel_by_pixel(field, x, y, tolerance))


def test_a_flood_through_a_maze_reaches_its_end():
    field = np.full((1024, 1024), 255, np.uint8)
    field[:, 1::2] = 0
    field[0, 1::4] = 255
    field[-1, 3::4] = 255

    mask = rasteriser.flood_mask(field, 0, 0, 0)

    assert np.array_equal(mask, field == 255)


def test_a_fill_leaves_no_halo_along_a_smoothed_line():
    ring = [(50 + 30 * math.cos(n / 8), 50 + 30 * math.sin(n / 8)) for n in range(52)]
    line = {"tool": "pen", "shade": 0, "antialiased": True, "t": list(range(52))}
    line |= {"x": [x for x, _ in ring], "y": [y for _, y in ring], "radius": [2] * 52}
    flood = {**fill(50, 50), "t": 60}
    document = {"version": 1, "width": 100, "height": 100, "paper": None}

    field = rasteriser.rasterise({**document, "operations": [line, flood]})

    rows, columns = np.mgrid[:100, :100]
    inside = np.hypot(columns + 0.5 - 50, rows + 0.5 - 50) < 30
    assert field[inside].max() == 100
    assert field[50, 50] == 100
    assert field[0, 0] == 255
