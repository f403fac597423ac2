"""The page's rasteriser and the server's produce the same bytes."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from django.templatetags.static import static

from drawings.imaging import rasteriser, strokes
from tests.fixtures.recorded import make
from tests.support import documents

pytestmark = pytest.mark.page_alone

GOLDEN = json.loads(make.GOLDEN.read_text())
CASES = dict(make.cases())

RANDOM_DOCUMENTS = 10_000
BATCH = 500

DIGESTS = """async ([url, text, ground]) => {
    const { Film } = await import(url);
    const field = ground && Uint8Array.from(atob(ground), (char) => char.charCodeAt(0));
    const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) =>
        byte.toString(16).padStart(2, "0")).join("");
    const digests = JSON.parse(text).map((document) => {
        const film = new Film(document, field);
        film.goTo(Infinity);
        return crypto.subtle.digest("SHA-256", film.pixels);
    });
    return (await Promise.all(digests)).map(hex);
}"""


@pytest.fixture
def digests_in_the_page(page, server):
    """Returns the digests of documents drawn by the page's own module."""
    page.goto(f"{server.url}/gallery/")

    def digests(given, ground=None):
        field = ground is not None and base64.b64encode(ground.tobytes()).decode()
        module = static("drawings/js/raster/film.js")
        return page.evaluate(DIGESTS, [module, json.dumps(given), field or None])

    return digests


# --- Recorded inputs ------------------------------------------------------------------------


def test_every_recorded_input_has_a_digest_of_its_own():
    assert set(GOLDEN) == set(CASES)
    assert {
        f"{make.EVERY_SIZE}@{side}" for side in (16, 17, 31, 64, 100, 200, 333, 512, 1024)
    } < set(CASES)
    assert len(set(GOLDEN.values())) == len(GOLDEN)


@pytest.mark.parametrize("name", CASES)
def test_the_server_still_draws_every_recorded_input_the_same(name):
    document = CASES[name]
    strokes.check(document)

    field = rasteriser.rasterise(document, strokes.embedded_base_image(document))

    assert make.digest(field) == GOLDEN[name]


def test_the_page_draws_every_recorded_input_as_the_server_does(digests_in_the_page):
    for name, document in CASES.items():
        ground = strokes.embedded_base_image(document)
        digests = digests_in_the_page([document], ground)
        assert digests == [GOLDEN[name]], name


def test_the_recorded_inputs_match_their_generator():
    for name, document in make.documents().items():
        assert json.loads((Path(make.__file__).parent / f"{name}.json").read_text()) == document


# --- Random drawings ------------------------------------------------------------------------


def test_the_page_and_the_server_agree_on_thousands_of_drawings(digests_in_the_page):
    random = np.random.default_rng(20)
    agreeing = 0
    for _ in range(RANDOM_DOCUMENTS // BATCH):
        batch = [documents.random_document(random) for _ in range(BATCH)]
        here = [make.digest(rasteriser.rasterise(document)) for document in batch]
        there = digests_in_the_page(batch)
        assert [
            document
            for document, *pair in zip(batch, here, there, strict=True)
            if pair[0] != pair[1]
        ] == []
        agreeing += len(batch)
    assert agreeing == 10_000


CHANGED = """async ([url, text]) => {
    const { Paper } = await import(url);
    return JSON.parse(text).map(([document, changes]) => {
        const paper = new Paper(document.width, document.height);
        for (const [at, operation] of document.operations.entries()) {
            if (changes[at] !== null) paper.drawAnew({ antialiased: changes[at] });
            paper.operations.push(operation);
            paper.patches.push({});
            paper.drawAnew({ antialiased: !paper.antialiased });
            if (at % 3 === 0) paper.undo();
            if (at % 6 === 0) paper.redo();
            paper.drawAnew({ antialiased: !paper.antialiased });
        }
        return [paper.toDocument(), btoa(String.fromCharCode(...paper.pixels))];
    });
}"""


def test_they_agree_on_drawings_that_change_between_smooth_and_qualitative(page, server):
    random = np.random.default_rng(21)
    page.goto(f"{server.url}/gallery/")
    module = static("drawings/js/raster/paper.js")
    kinds: set[bool] = set()
    for _ in range(RANDOM_DOCUMENTS // BATCH):
        batch = []
        for _ in range(BATCH):
            document = documents.random_document(random)
            count = len(document["operations"])
            batch.append(
                (document, [(True, False, None)[n] for n in random.integers(3, size=count)])
            )
        for document, pixels in page.evaluate(CHANGED, [module, json.dumps(batch)]):
            strokes.check(document)
            field = rasteriser.rasterise(document)
            assert field.tobytes() == base64.b64decode(pixels), document
            kinds |= {each["antialiased"] for each in document["operations"] if "shade" in each}
    assert kinds == {True, False}


def test_the_random_drawings_are_valid_and_use_every_tool():
    random = np.random.default_rng(20)
    given = [documents.random_document(random) for _ in range(1_000)]
    operations = [each for document in given for each in document["operations"]]

    for document in given:
        strokes.check(document)
    assert {each["tool"] for each in operations} == strokes.STROKE_TOOLS | {
        "fill",
        "clear",
        "invert",
        "flip",
    }
    xs = [x for each in operations if each["tool"] in strokes.STROKE_TOOLS for x in each["x"]]
    radii = [
        r for each in operations if each["tool"] in strokes.STROKE_TOOLS for r in each["radius"]
    ]
    assert (min(xs), max(xs)) == (strokes.LEAST_COORDINATE, strokes.GREATEST_COORDINATE)
    assert (min(radii), max(radii)) == (0, strokes.MAX_RADIUS)
    assert {document["version"] for document in given} == set(strokes.VERSIONS)
    # Fills of both versions meet edges that they blend differently.
    others = [{**document, "version": 3 - document["version"]} for document in given]
    different = [
        not np.array_equal(rasteriser.rasterise(document), rasteriser.rasterise(other))
        for document, other in zip(given, others, strict=True)
    ]
    assert sum(different) > 40
    # Most of them leave marks, and few are alike.
    assert len({make.digest(rasteriser.rasterise(document)) for document in given}) > 500
