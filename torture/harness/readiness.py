"""Read /readyz."""

import json
import time

from benchmarks.harness.client import Client
from benchmarks.harness.site import Server

TIMEOUT_SECONDS = 30
# /readyz caches its result for a second.
CACHE_SECONDS = 1.1


def read_current_fault(server: Server) -> str | None:
    """The fault that /readyz reports now, not from its cache; None if the site is ready."""
    time.sleep(CACHE_SECONDS)
    return _read_fault(server)


def wait_until_ready(server: Server) -> float:
    """Wait until /readyz is 200; the seconds that took. Gives up after TIMEOUT_SECONDS."""
    begin = time.monotonic()
    while _read_fault(server) is not None and time.monotonic() < begin + TIMEOUT_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - begin


def _read_fault(server: Server) -> str | None:
    with Client(server) as client:
        response = client.request("/readyz")
    body: dict[str, str] = json.loads(response.body)
    return None if response.status == 200 else body["fault"]
