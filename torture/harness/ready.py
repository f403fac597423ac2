"""What /readyz says."""

import json
import time

from benchmarks.harness.client import Client
from benchmarks.harness.site import Server

PATIENCE_SECONDS = 30
# It looks once in a second: before that it says what it saw last.
AGE_SECONDS = 1.1


def fault(server: Server) -> str | None:
    """What keeps the site from serving; None if nothing does."""
    time.sleep(AGE_SECONDS)
    return _told(server)


def until_ready(server: Server) -> float:
    """The seconds until the site can serve again."""
    begin = time.monotonic()
    while _told(server) is not None and time.monotonic() < begin + PATIENCE_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - begin


def _told(server: Server) -> str | None:
    with Client(server) as client:
        answer = client.ask("/readyz")
    told: dict[str, str] = json.loads(answer.body)
    return None if answer.status == 200 else told["fault"]
