"""Changing drawings through the API, with a token."""

import json
from datetime import timedelta

from django.utils import timezone

URL = "/api/v1/drawings"


def date_in(days):
    return timezone.now().date() + timedelta(days=days)


def change(client, drawing, status, headers, **seen):
    return client.patch(
        f"{URL}/{drawing.id}",
        json.dumps({"status": status, **seen}),
        content_type="application/json",
        headers=headers,
    )
