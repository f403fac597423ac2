from types import SimpleNamespace

import numpy as np
import pytest

from drawings.models import Drawing
from drawings.plotting import worker
from tests.support import samples

RNG = np.random.default_rng(7)


@pytest.fixture
def inline_worker(monkeypatch):
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))


@pytest.fixture
def make_fields(make_drawing):
    """Stores a number of drawings. Returns their pixels."""

    def make(number, height=20, width=24, **values):
        fields = RNG.integers(0, 256, (number, height, width), np.uint8)
        for field in fields:
            make_drawing(field, **values)
        return fields

    return make


LIST = samples.brightness_list("0")


@pytest.fixture
def own(client, make_drawing):
    """Stores a drawing as if this client had sent it."""
    client.post("/drawings/", {"canvas_data": LIST})
    sent = Drawing.objects.get()
    owner = sent.owner
    sent.delete()
    return lambda **values: make_drawing(owner=owner, **values)
