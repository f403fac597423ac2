"""Drawings as a hand makes them: what the subjects send, and look at the size of."""

from collections.abc import Iterator

import numpy as np

from drawings.datasets.demo import sketches
from drawings.imaging import pixels, rasteriser, strokes


def drawn(seed: int, number: int) -> Iterator[tuple[strokes.Document, pixels.Field]]:
    """Different drawings, of 200 x 200: the strokes document and the field that it comes to."""
    for one in range(number):
        _, document = sketches.draw_sketch(np.random.default_rng((seed, one)))
        yield document, rasteriser.rasterise(document)


def flask_text(field: pixels.Field) -> str:
    """The list of numbers that the Flask app's page made of a field, as JavaScript spells it."""
    # The page's sum, in its order: of some greys it makes 127.99999999999999.
    spelt = []
    for shade in range(256):
        number = 0.34 * shade + 0.5 * shade + 0.16 * shade
        spelt.append(str(int(number)) if number.is_integer() else repr(number))
    return f"[{','.join(spelt[shade] for shade in field.flat)}]"
