"""The addresses that each user name has logged in from."""

from django.db import models


class KnownAddress(models.Model):
    """A keyed hash of a user name and an address that it has logged in from: see http/logins.py."""

    digest = models.BinaryField(max_length=32, unique=True)
    # The day (UTC) of the last login.
    seen_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"Known address {bytes(self.digest).hex()[:8]}"
