import pytest

from drawings.imaging import rasteriser, strokes
from tests.support.replay import OPERATIONS, Replay, document

PAUSE = 3600 * 1000  # an hour, between two strokes


@pytest.fixture
def make_replayable(make_drawing):
    """Stores a drawing with its strokes."""

    def make(operations=OPERATIONS, paper=None, ground=None, **values):
        what = document(operations, paper)
        strokes.check(what)
        field = rasteriser.rasterise(what, ground)
        return make_drawing(field, strokes=strokes.pack(what), **values)

    return make


@pytest.fixture
def replay(page, server):
    return Replay(page, server)
