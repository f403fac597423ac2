"""Senders (keyed hashes of addresses): their keys, and which of them are blocked."""

from django.db import models
from django.utils import timezone

from drawings.models.validators import validate_line

SENDER_BYTES = 16
NOTE_LENGTH = 300


class SenderKey(models.Model):
    """The key for hashing addresses during one period: see services/senders.py."""

    begins = models.DateField(primary_key=True)
    key = models.BinaryField()

    def __str__(self) -> str:
        return f"Key from {self.begins} on"


class BlockedSender(models.Model):
    """A sender whose drawings and reports are refused until its key is deleted."""

    sender = models.BinaryField(max_length=SENDER_BYTES, unique=True)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, validators=[validate_line])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Sender {bytes(self.sender).hex()[:8]}"
