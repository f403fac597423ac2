"""The median time of pages on sites side by side: requests alternate, so that whatever else the
machine does meets them all."""

from collections.abc import Sequence
from statistics import median

from benchmarks.harness.client import Answer, Client

TIMES = 100


def get_alternately(asked: Sequence[tuple[Client, str]], times: int = TIMES) -> list[Answer]:
    """Ask each client for its path, in turn; the last answer of each, with its median time."""
    answers = [[client.get(path)] for client, path in asked]  # to warm up
    for _ in range(times):
        for so_far, (client, path) in zip(answers, asked, strict=True):
            so_far.append(client.get(path))
    return [
        so_far[-1]._replace(seconds=median(answer.seconds for answer in so_far[1:]))
        for so_far in answers
    ]
