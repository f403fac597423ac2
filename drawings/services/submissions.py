"""Stores the drawings that clients send, each of them once."""

import math

from django.conf import settings

from drawings.models import Drawing
from drawings.services import senders
from drawsite.db.transactions import write_transaction
from drawsite.environment import Rate
from drawsite.lib.refusals import RefusedError
from drawsite.ratelimit import limiter

DAY_SECONDS = 24 * 60 * 60
# The size of a row without its blob and strokes, with its entries in the indexes and the search:
# about 2,000 bytes in SQLite (docs/benchmarks.md, what a drawing costs).
ROW_BYTES = 2_000


def store_submission(drawing: Drawing, client: str) -> tuple[Drawing, bool]:
    """Store a drawing that a client has sent, unless its submission key is stored already.

    `drawing` is unsaved; `client` is the address from http/client_address.py. The bytes of a new
    row count towards SUBMIT_BYTES.

    Returns the stored row, and whether it is new. Raises RefusedError (429) if the client would
    exceed SUBMIT_BYTES.
    """
    drawing.status = (
        Drawing.Status.PENDING if settings.REQUIRE_APPROVAL else Drawing.Status.PUBLISHED
    )
    drawing.sender = senders.sender_of(client)
    size = ROW_BYTES + len(drawing.blob) + len(drawing.strokes or b"")
    verdict = _count_bytes(client, size)
    if not verdict.allowed and not _is_stored(drawing):
        hours = math.ceil(verdict.retry_after / 3600)
        raise RefusedError(
            429,
            "Your network has reached this site's daily limit."
            f" You can send again in at most {hours} {'hour' if hours == 1 else 'hours'}.",
            retry_after=verdict.retry_after,
        )
    is_committed = False
    try:
        with write_transaction():
            stored, is_new = Drawing.objects.add_once(drawing)
        is_committed = is_new
    finally:
        if verdict.allowed and not is_committed:
            _count_bytes(client, -size)
    return stored, is_new


def _count_bytes(client: str, size: int) -> limiter.Verdict:
    rate = Rate(settings.SUBMIT_BYTES, DAY_SECONDS) if settings.SUBMIT_BYTES else None
    return limiter.hit("submit_bytes", client, rate, size)


def _is_stored(drawing: Drawing) -> bool:
    """Whether the submission key is stored. A repeated submission stores nothing: allow it."""
    key = drawing.submission_key
    return key is not None and Drawing.objects.filter(submission_key=key).exists()
