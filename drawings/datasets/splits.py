"""The dataset split of a drawing. It depends on the id alone, so it never changes."""

import hashlib
from typing import Literal
from uuid import UUID

Split = Literal["train", "validation", "test"]

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# Upper bounds (exclusive) of the hash modulo 100.
TRAIN_END = 80
VALIDATION_END = 90


def split_of(id: UUID) -> Split:
    """Returns the split of a drawing's id.

    It takes the first 8 bytes of the SHA-256 of the id's 16 bytes, as a big-endian number modulo
    100: below 80 is train, below 90 validation, else test.
    """
    return split_of_bytes(id.bytes)


def split_of_bytes(id: bytes) -> Split:
    """Like `split_of`, for an id as its 16 bytes."""
    percentile = int.from_bytes(hashlib.sha256(id).digest()[:8]) % 100
    if percentile < TRAIN_END:
        return "train"
    return "validation" if percentile < VALIDATION_END else "test"
