"""Requests to the API, and readers of its responses."""

import json
from datetime import timedelta

from django.utils import timezone

URL = "/api/v1/drawings"


def listed(response):
    assert response.status_code == 200, response.content
    return [drawing["id"] for drawing in response.json()["drawings"]]


def ids(*drawings):
    return [str(drawing.id) for drawing in drawings]


def followed(client, address):
    """Follow `next` from a URL; returns the ids on each page."""
    pages = []
    while address:
        response = client.get(address)
        pages.append(listed(response))
        address = response.json()["next"]
    return pages


def send(client, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(URL, text, content_type="application/json", headers=headers)


def date_in(days):
    return timezone.now().date() + timedelta(days=days)


def change(client, drawing, status, headers, **seen):
    return client.patch(
        f"{URL}/{drawing.id}",
        json.dumps({"status": status, **seen}),
        content_type="application/json",
        headers=headers,
    )
