"""Check that every acknowledged drawing is stored, with the pixels that were sent."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from benchmarks.harness.site import Site
from benchmarks.harness.submissions import Submission
from drawings.imaging.pixels import Field
from torture.harness.client_pool import Outcome

SITE_FUNCTIONS = "torture.harness.site_functions"
ACKNOWLEDGED_STATUSES = {200, 201}


def field_digest(field: Field) -> str:
    """The SHA-256 of a field's pixels, in hexadecimal."""
    return hashlib.sha256(field.tobytes()).hexdigest()


def acknowledged_digests(
    submissions: Sequence[Submission], outcomes: Iterable[Outcome]
) -> dict[str, str]:
    """The digest of the pixels that were sent, by the id of each acknowledged drawing."""
    return {
        json.loads(outcome.response.body)["id"]: field_digest(
            submissions[outcome.number % len(submissions)].field
        )
        for outcome in outcomes
        if outcome.response is not None and outcome.status in ACKNOWLEDGED_STATUSES
    }


def audit_drawings(site: Site, acknowledged: dict[str, str]) -> tuple[str, bool]:
    """Compare the stored drawings with the acknowledged ones, given as digests by id.

    Returns a summary, and whether there are any, none is lost and the database is intact.
    """
    stored = site.run_function("read_digests", module=SITE_FUNCTIONS)
    lost = sum(stored.get(id) != digest for id, digest in acknowledged.items())
    integrity = site.run_function("check_integrity", module=SITE_FUNCTIONS)
    figure = f"{len(acknowledged):,} acknowledged, {lost} lost, integrity {integrity}"
    return figure, bool(acknowledged) and not lost and integrity == "ok"
