"""Strokes documents: validated and stored."""

import base64
import copy
import json
import zlib

import numpy as np
import pytest

from drawings.imaging import pixels, strokes
from drawings.imaging.png import png_from_blob
from drawsite.lib import strict_json
from tests.support import documents, samples
from tests.support.documents import CLEAR, INVERT, LINE, document, fill, flip, stroke

GOOD = document(LINE, fill(3, 40), INVERT, flip(), flip("vertical"), CLEAR)


# Paths into GOOD, for tests that replace a value there.
STROKE, FILL, INVERSION, FLIP = (("operations", number) for number in range(4))


def changed(path, value, given=GOOD):
    """The document's JSON text, with the value at a path replaced by this JSON text."""
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
    """The JSON text of a base image that embeds this file."""
    return json.dumps({"image": base64.b64encode(data).decode()})


NOT_NUMBERS = {
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
    """Yields (what is wrong, text)."""
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

    for version in ("0", "3", "1.0", "true", '"1"', "null"):
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

    for name, text in NOT_NUMBERS.items():
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


# --- Validation ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_document_that_breaks_a_rule_is_refused(text):
    with pytest.raises(strokes.BadStrokesError) as refusal:
        strokes.parse(text)

    assert str(refusal.value).endswith(".")


GOOD_TEXTS = {
    "version 1": changed(["version"], "1"),
    "version 2": changed(["version"], "2"),
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
    "200,000 points": documents.text(*[stroke((1, 1), times=100_000)] * 2),
}


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_a_document_that_keeps_to_the_rules_is_accepted(text):
    assert strokes.parse(text) == json.loads(text)
    assert strokes.parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "operations",
    [
        [stroke((1, 1), times=200_000)],
        [stroke((1, 1))] * 10_000,
        [fill(1, 1)] * 9_999 + [stroke((1, 1), times=190_001)],
    ],
    ids=["points", "strokes", "operations and points"],
)
def test_the_greatest_number_of_points_and_operations_is_accepted(operations):
    text = documents.text(*operations)

    assert strokes.parse(text) == json.loads(text)


@pytest.mark.parametrize(
    "operations",
    [
        [CLEAR] * 10_001,
        [stroke((1, 1), times=200_001)],
        [stroke((1, 1), times=100_000)] * 2 + [CLEAR],
    ],
    ids=["operations", "points of one stroke", "points of all"],
)
def test_too_many_points_or_operations_are_refused(operations):
    with pytest.raises(strokes.BadStrokesError, match="at most"):
        strokes.parse(documents.text(*operations))


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 900_000 + "1]",
        documents.text(stroke((1, 1), times=200_001)),
        documents.text(*[CLEAR] * 60_000),
    ],
    ids=["numbers", "points", "operations"],
)
def test_far_too_many_numbers_or_operations_are_refused_without_parsing(text, monkeypatch):
    monkeypatch.setattr(strict_json, "loads", lambda text: pytest.fail("read"))

    for sent in (text, text.encode()):
        with pytest.raises(strokes.BadStrokesError, match="at most"):
            strokes.parse(sent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed([*FILL, "shade"], "256"), "Operation 2: shade must be a whole number"),
        (changed([*STROKE, "t"], "[1, 0]"), "Operation 1: t must not run backwards."),
        (changed(["version"], "3"), "version must be 1 or 2"),
        ("[", "not JSON"),
    ],
)
def test_the_error_message_says_what_is_wrong_and_where(text, said):
    with pytest.raises(strokes.BadStrokesError, match=said):
        strokes.parse(text)


# --- Base image ---------------------------------------------------------------------------


def test_the_base_image_may_be_a_grey_png():
    field = samples.shades(48, 64)

    given = strokes.parse(changed(["paper"], paper(samples.png(field))))

    image = strokes.embedded_base_image(given)
    assert image is not None
    assert np.array_equal(image, field)
    assert strokes.base_drawing_id(given) is None


def test_a_white_base_and_a_base_drawing_have_no_embedded_image():
    assert strokes.embedded_base_image(document()) is None
    assert strokes.embedded_base_image(document(paper={"drawing": samples.NO_ID})) is None


def test_the_base_image_may_be_a_drawing():
    assert strokes.base_drawing_id(document()) is None
    assert str(strokes.base_drawing_id(document(paper={"drawing": samples.NO_ID}))) == samples.NO_ID


GREY = samples.png(samples.shades(48, 64))

BAD_BASE_IMAGES = {
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


@pytest.mark.parametrize("data", BAD_BASE_IMAGES.values(), ids=BAD_BASE_IMAGES)
def test_an_embedded_base_image_must_be_a_grey_png_of_the_fields_size(data):
    given = strokes.parse(changed(["paper"], paper(data)))

    with pytest.raises(strokes.BadStrokesError, match=r"paper\.image must be"):
        strokes.embedded_base_image(given)


@pytest.mark.parametrize("text", ["äöü", "AAA", "====", "\ud800", "A A A A", "_-_-"])
def test_an_embedded_base_image_that_is_not_base64_is_refused(text):
    with pytest.raises(strokes.BadStrokesError, match=r"paper\.image must be"):
        strokes.embedded_base_image(document(paper={"image": text}))


# --- Storing ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_packed_strokes_can_be_unpacked_unchanged(text):
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
    "200 MB of spaces": zlib.compress(b" " * 200_000_000, 1),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_packed_strokes_are_refused(data):
    with pytest.raises(strokes.BadStrokesError):
        strokes.unpack(data)


def test_a_document_too_large_to_unpack_is_not_packed():
    given = document(paper={"image": "A" * strokes.MAX_TEXT_BYTES})

    with pytest.raises(strokes.BadStrokesError, match="more than 16,000,000"):
        strokes.pack(given)
