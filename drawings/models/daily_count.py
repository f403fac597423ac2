"""The number of drawings that the site received on each day."""

from django.db import models


class DayCount(models.Model):
    """The number of drawings of a past day (UTC), counted on the first request for it."""

    day = models.DateField(primary_key=True)
    drawings = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.drawings} on {self.day}"
