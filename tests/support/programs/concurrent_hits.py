"""Processes that all hit the rate limiter at once, for the same client.

    python -m tests.support.programs.concurrent_hits PROCESSES CALLS LIMIT

Starts PROCESSES processes, which begin together and make CALLS calls each. Prints a JSON list: how
many calls of each process were allowed.
"""

import json
import os
import sys
from multiprocessing import Barrier, Pool
from multiprocessing.synchronize import Barrier as BarrierType

import django

NEVER_ENDS = 10**9  # seconds


def wait_for_all(barrier: BarrierType) -> None:
    """Initialise a process: wait until all have started."""
    barrier.wait()


def count_allowed(calls: int, limit: int) -> int:
    from drawsite.environment import Rate
    from drawsite.ratelimit import limiter

    rate = Rate(limit, NEVER_ENDS)
    return sum(limiter.hit("submit", "192.0.2.1", rate).allowed for _ in range(calls))


def main(processes: int, calls: int, limit: int) -> list[int]:
    # Import before forking, as the server does for its workers.
    import drawsite.ratelimit.limiter  # noqa: F401

    with Pool(processes, wait_for_all, [Barrier(processes)]) as pool:
        return pool.starmap(count_allowed, [(calls, limit)] * processes, chunksize=1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
    django.setup()
    print(json.dumps(main(*map(int, sys.argv[1:]))))
