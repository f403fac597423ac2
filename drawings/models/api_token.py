"""Tokens that programs authenticate to the API with."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from drawings.models.validators import validate_line

TOKEN_NAME_LENGTH = 60
TOKEN_DIGEST_BYTES = 32
TOKEN_SHOWN_LENGTH = 16


def a_year_from_now() -> date:
    return timezone.now().date() + timedelta(days=365)


class ApiToken(models.Model):
    """A token for a program of a user. The secret itself is not stored.

    A token allows what both its scope (`may_...`) and its user's permissions allow.
    """

    name = models.CharField(
        max_length=TOKEN_NAME_LENGTH,
        validators=[validate_line],
        help_text="What it is for, such as “Notebook of the drawing course”.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    # The beginning of the secret, so that people can recognise it.
    begins = models.CharField(max_length=TOKEN_SHOWN_LENGTH, editable=False)
    # The secret's SHA-256: 256 random bits need no slower hash.
    digest = models.BinaryField(max_length=TOKEN_DIGEST_BYTES, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Accurate to about a day; null if the token has never been used.
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    expires_on = models.DateField(
        "expires", default=a_year_from_now, help_text="The last day (UTC) on which it works."
    )
    may_read = models.BooleanField(
        "Read", default=True, help_text="Pending and hidden drawings, and the statistics."
    )
    may_curate = models.BooleanField(
        "Curate", default=False, help_text="Publish and hide drawings; includes Read."
    )
    may_export = models.BooleanField(
        "Export", default=False, help_text="Download datasets of what it can see."
    )

    class Meta:
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=Q(may_read=True) | Q(may_curate=True) | Q(may_export=True),
                name="api_token_may_something",
                violation_error_message="Choose at least one of Read, Curate and Export.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
