"""Which split of a dataset a drawing is in: its id alone says so, in every export for ever."""

import hashlib
from typing import Literal
from uuid import UUID

Split = Literal["train", "validation", "test"]

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# Of a hundred: where each split ends.
TRAIN_END = 80
VALIDATION_END = 90


def split_of(id: UUID) -> Split:
    """By SHA-256 of the id's 16 bytes: its first 8 bytes, big-endian, modulo 100. Below 80 it is
    train, below 90 validation, else test."""
    return split_of_bytes(id.bytes)


def split_of_bytes(id: bytes) -> Split:
    """The same, by the id's 16 bytes."""
    place = int.from_bytes(hashlib.sha256(id).digest()[:8]) % 100
    if place < TRAIN_END:
        return "train"
    return "validation" if place < VALIDATION_END else "test"
