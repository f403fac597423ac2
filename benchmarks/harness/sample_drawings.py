"""Drawings like those made by hand, to send and to measure the size of."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from drawings.datasets.demo import sketches
from drawings.imaging import pixels, rasteriser, strokes


def generate_drawings(seed: int, number: int) -> Iterator[tuple[strokes.Document, pixels.Field]]:
    """Yield `number` different drawings of 200 x 200: the strokes document and its field."""
    for one in range(number):
        _, document = sketches.draw_sketch(np.random.default_rng((seed, one)))
        yield document, rasteriser.rasterise(document)


def flask_text(field: pixels.Field) -> str:
    """The brightness list that the Flask app's page sent for a field, as JavaScript prints it."""
    # The page added in this order, so some greys become 127.99999999999999.
    spelt = []
    for shade in range(256):
        number = 0.34 * shade + 0.5 * shade + 0.16 * shade
        spelt.append(str(int(number)) if number.is_integer() else repr(number))
    return f"[{','.join(spelt[shade] for shade in field.flat)}]"


def decode_field(drawing: Mapping[str, Any]) -> pixels.Field:
    """The field of a drawing that `site_functions.read_drawings` has read."""
    blob = base64.b64decode(drawing["blob"])
    return pixels.read_blob(blob, drawing["height"], drawing["width"])
