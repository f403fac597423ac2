"""A mixed load of everything that visitors do, except figures."""

import random
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from matplotlib import colormaps

from benchmarks.harness import generator
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import build_submissions, client_address
from benchmarks.harness.table import WrongAnswerError

REQUESTS = 10_000
DRAWINGS = 5_000
SUBMISSIONS = 2_000
# Parts of a hundred requests.
MIX = {
    "image": 50,
    "gallery": 12,
    "search": 6,
    "page": 12,
    "npy": 6,
    "strokes.json": 4,
    "strokes.svg": 2,
    "studio": 4,
    "not found": 2,
    "send": 2,
}
EXPECTED_STATUSES = {200, 201, 404}


def build_mixed_requests(site: Site, server: Server, drawings: int = DRAWINGS) -> Iterator[bytes]:
    """Yield REQUESTS requests, mixed at random in the proportions of MIX."""
    chance = random.Random(3)  # noqa: S311 - not a secret
    ids = site.run_function("newest_ids", drawings)
    words = [search["q"] for search in site.run_function("choose_searches")]
    names = list(colormaps)
    # Without keys, so that they are new drawings each time they are sent.
    submissions = build_submissions(server, SUBMISSIONS, 200, with_keys=False)
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    for number in range(REQUESTS):
        id, kind = chance.choice(ids), chance.choice(kinds)
        if kind == "send":
            yield submissions[number % SUBMISSIONS].request
            continue
        path = {
            "image": f"/drawings/{id}/image.png?cmap={chance.choice(names)}",
            "gallery": f"/gallery/?before={id}",
            "search": f"/gallery/?{urlencode({'q': chance.choice(words)})}",
            "page": f"/drawings/{id}/?cmap={chance.choice(names)}",
            "npy": f"/drawings/{id}/pixels.npy",
            "strokes.json": f"/drawings/{id}/strokes.json",
            "strokes.svg": f"/drawings/{id}/strokes.svg",
            "studio": "/",
            "not found": f"/nothing/{number}",
        }[kind]
        yield generator.build_get_request(
            path, Accept_Encoding="gzip", X_Forwarded_For=client_address(number)
        )


def check_statuses(responses: Sequence[generator.Response]) -> None:
    """Raises WrongAnswerError for any status that the mixed load does not expect."""
    seen = generator.count_statuses(responses)
    if not set(seen) <= EXPECTED_STATUSES:
        raise WrongAnswerError(f"responses by status: {dict(seen)}")
