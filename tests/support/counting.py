"""Client processes that all count at once.

    python -m tests.support.counting PROCESSES CALLS LIMIT

Starts PROCESSES processes, each of which counts CALLS events of one client, and prints a JSON list:
how many of its events each process was allowed. They begin together.
"""

import json
import os
import sys
from multiprocessing import Barrier, Pool
from multiprocessing.synchronize import Barrier as BarrierType

import django

AGES = 10**9


def wait_with(barrier: BarrierType) -> None:
    """In each process at its beginning."""
    barrier.wait()


def allowed(calls: int, limit: int) -> int:
    from drawsite.environment import Rate
    from drawsite.ratelimit import limiter

    rate = Rate(limit, AGES)
    return sum(limiter.hit("submit", "192.0.2.1", rate).allowed for _ in range(calls))


def main(processes: int, calls: int, limit: int) -> list[int]:
    # Forked, and so as alike as the server's workers: Django is loaded once.
    import drawsite.ratelimit.limiter  # noqa: F401

    with Pool(processes, wait_with, [Barrier(processes)]) as pool:
        return pool.starmap(allowed, [(calls, limit)] * processes, chunksize=1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
    django.setup()
    print(json.dumps(main(*map(int, sys.argv[1:]))))
