"""Sending drawings to the API."""

import json

URL = "/api/v1/drawings"


def send(client, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(URL, text, content_type="application/json", headers=headers)
