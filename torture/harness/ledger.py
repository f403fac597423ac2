"""Whether what was acknowledged is there, as it was sent."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from benchmarks.harness.site import Site
from benchmarks.harness.submissions import Submission
from drawings.imaging.pixels import Field
from torture.harness.crowd import Outcome

INSIDE = "torture.harness.inside"
ACKNOWLEDGED = {200, 201}


def digest(field: Field) -> str:
    """A name for pixels, that no others have."""
    return hashlib.sha256(field.tobytes()).hexdigest()


def acknowledged(submissions: Sequence[Submission], outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Each acknowledged drawing's id, and what names the pixels that were sent."""
    return {
        json.loads(outcome.answer.body)["id"]: digest(
            submissions[outcome.number % len(submissions)].field
        )
        for outcome in outcomes
        if outcome.answer is not None and outcome.status in ACKNOWLEDGED
    }


def audit(site: Site, promised: dict[str, str]) -> tuple[str, bool]:
    """What became of the acknowledged drawings, in words, and whether they are all there."""
    stored = site.ask("digests", of=INSIDE)
    lost = sum(stored.get(id) != digest for id, digest in promised.items())
    integrity = site.ask("integrity", of=INSIDE)
    figure = f"{len(promised):,} acknowledged, {lost} lost, integrity {integrity}"
    return figure, bool(promised) and not lost and integrity == "ok"
