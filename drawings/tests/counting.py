"""Client processes that all count at once.

    python -m drawings.tests.counting FUNCTION PROCESSES CALLS LIMIT

makes as many processes, each of which counts as many events of one client with a function of
`limits`, and prints a JSON list of how many of its own each was allowed. They begin together.
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


def allowed(function: str, calls: int, limit: int) -> int:
    from drawings import limits
    from drawsite.environment import Rate

    rate = Rate(limit, AGES)
    count = getattr(limits, function)
    return sum(count("test", "192.0.2.1", rate).allowed for _ in range(calls))


def main(function: str, processes: int, calls: int, limit: int) -> list[int]:
    # Forked, and so as alike as the server's workers: Django is loaded once.
    import drawings.limits  # noqa: F401

    with Pool(processes, wait_with, [Barrier(processes)]) as pool:
        return pool.starmap(allowed, [(function, calls, limit)] * processes, chunksize=1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
    django.setup()
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:]))))
