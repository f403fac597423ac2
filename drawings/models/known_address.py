"""The addresses that each account has logged in from."""

from django.db import models


class KnownAddress(models.Model):
    """A name has logged in from an address: a keyed hash of both. See http/logins.py."""

    digest = models.BinaryField(max_length=32, unique=True)
    # The day (UTC) of the last login.
    seen_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"Known address {bytes(self.digest).hex()[:8]}"
