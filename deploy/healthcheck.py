"""Exits with 0 if the site in this container can serve."""

import os
import urllib.request

port = os.environ.get("PORT", "8000")
# The site answers only to its own host names.
host = (
    os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"
)
request = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": host})
with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - this container's own address
    pass
