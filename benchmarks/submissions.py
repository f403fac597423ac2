"""Submissions as the canvas page sends them, prepared as bytes."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

from benchmarks.client import Client
from benchmarks.hand import drawn
from benchmarks.site import Server
from drawings import pixels

BOUNDARY = "----drawsite-bench"
# A site behind a proxy of its own believes it who is asking.
BEHIND_PROXY = {"TRUSTED_PROXIES": "1"}


class Submission(NamedTuple):
    request: bytes
    field: pixels.Field


def prepare(server: Server, number: int, different: int, *, keyed: bool = True) -> list[Submission]:
    """So many, each from an address and with a key of its own, of `different` drawings in turn."""
    with Client(server) as client:
        cookie = client.get("/").headers["Set-Cookie"]
    found = re.search(r"csrftoken=(\w+)", cookie)
    if found is None:
        raise RuntimeError("The canvas page sets no token")
    sketches = [
        (
            pixels.png_from_blob(pixels.write_blob(field), *field.shape),
            json.dumps(document, separators=(",", ":")),
            field,
        )
        for document, field in drawn(seed=2, number=different)
    ]
    submissions = []
    for one in range(number):
        image, strokes, field = sketches[one % different]
        values = {"title": f"Drawing {one}", "artist": "Bench", "colormap": "magma"}
        values["strokes"] = strokes
        if keyed:
            values["submission_key"] = str(uuid4())
        body = b"".join(_parts(values, image))
        head = (
            "POST /drawings/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"X-Forwarded-For: {address(one)}\r\nX-Forwarded-Proto: http\r\n"
            f"Cookie: csrftoken={found[1]}\r\nX-CSRFToken: {found[1]}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        submissions.append(Submission(head.encode() + body, field))
    return submissions


def address(number: int) -> str:
    """A client's address."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _parts(values: dict[str, str], image: bytes) -> Iterator[bytes]:
    for name, value in values.items():
        yield (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="drawing.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode()
    yield image
    yield f"\r\n--{BOUNDARY}--\r\n".encode()
