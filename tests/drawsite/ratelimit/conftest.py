from types import SimpleNamespace
from uuid import uuid4

import pytest

from drawsite.ratelimit import limiter, shared_counters


@pytest.fixture(autouse=True)
def fresh_counts(settings, monkeypatch):
    """A new SECRET_KEY resets all counts, in Redis too: their keys are hashed with it."""
    monkeypatch.setattr(limiter, "_redis_pauses_until", 0.0)
    settings.SECRET_KEY = uuid4().hex


@pytest.fixture
def clock(settings, monkeypatch):
    """The clock of the counters in memory."""
    settings.REDIS_URL = ""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(shared_counters, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock
