"""Submissions as the canvas page sends them, prepared as bytes."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

from benchmarks.harness.client import Client
from benchmarks.harness.hand import drawn
from benchmarks.harness.site import Server
from drawings.imaging import pixels
from drawings.imaging.png import png_from_blob

BOUNDARY = "----drawsite-bench"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
# A site behind a proxy of its own believes it who is asking.
BEHIND_PROXY = {"TRUSTED_PROXIES": "1"}


class Submission(NamedTuple):
    request: bytes
    field: pixels.Field


def prepare(server: Server, number: int, different: int, *, keyed: bool = True) -> list[Submission]:
    """So many, each from an address and with a key of its own, of `different` drawings in turn."""
    token = token_of(server)
    sketches = [
        (
            png_from_blob(pixels.write_blob(field), *field.shape),
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
        request = post(token, multipart(values, image), number=one)
        submissions.append(Submission(request, field))
    return submissions


def token_of(server: Server) -> str:
    """What a form must bring with it."""
    with Client(server) as client:
        cookie = client.get("/").headers["Set-Cookie"]
    found = re.search(r"csrftoken=(\w+)", cookie)
    if found is None:
        raise RuntimeError("The canvas page sets no token")
    return found[1]


def post(
    token: str, body: bytes, kind: str = MULTIPART, path: str = "/drawings/", number: int = 0
) -> bytes:
    """A request with a body of that content type, from the address of that number."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"X-Forwarded-For: {address(number)}\r\nX-Forwarded-Proto: http\r\n"
        f"Cookie: csrftoken={token}\r\nX-CSRFToken: {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def address(number: int) -> str:
    """A client's address."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def multipart(values: dict[str, str], image: bytes) -> bytes:
    """A form's body, with a picture file."""
    return b"".join(_parts(values, image))


def _parts(values: dict[str, str], image: bytes) -> Iterator[bytes]:
    for name, value in values.items():
        yield (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode(errors="surrogatepass")
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="drawing.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode()
    yield image
    yield f"\r\n--{BOUNDARY}--\r\n".encode()
