"""Submissions as the studio sends them, as the bytes of requests."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

from benchmarks.harness.client import Client
from benchmarks.harness.sample_drawings import generate_drawings
from benchmarks.harness.site import Server
from drawings.imaging import pixels
from drawings.imaging.png import png_from_blob

BOUNDARY = "----drawsite-bench"
MULTIPART_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
# The site takes the client's address from X-Forwarded-For.
BEHIND_PROXY = {"TRUSTED_PROXIES": "1"}


class Submission(NamedTuple):
    request: bytes
    field: pixels.Field


def build_submissions(
    server: Server, number: int, different: int, *, with_keys: bool = True
) -> list[Submission]:
    """Build `number` submissions, each from another address and with another submission key.

    They repeat `different` drawings.
    """
    token = fetch_csrf_token(server)
    sketches = [
        (
            png_from_blob(pixels.write_blob(field), *field.shape),
            json.dumps(document, separators=(",", ":")),
            field,
        )
        for document, field in generate_drawings(seed=2, number=different)
    ]
    submissions = []
    for one in range(number):
        image, strokes, field = sketches[one % different]
        values = {"title": f"Drawing {one}", "artist": "Bench", "colormap": "magma"}
        values["strokes"] = strokes
        if with_keys:
            values["submission_key"] = str(uuid4())
        request = build_post_request(token, encode_multipart(values, image), number=one)
        submissions.append(Submission(request, field))
    return submissions


def fetch_csrf_token(server: Server) -> str:
    """The CSRF token that the studio sets, which a POST must send back."""
    with Client(server) as client:
        cookie = client.get("/").headers["Set-Cookie"]
    found = re.search(r"csrftoken=(\w+)", cookie)
    if found is None:
        raise RuntimeError("The studio sets no CSRF token")
    return found[1]


def build_post_request(
    token: str,
    body: bytes,
    content_type: str = MULTIPART_TYPE,
    path: str = "/drawings/",
    number: int = 0,
) -> bytes:
    """The bytes of a POST request, from `client_address(number)`."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"X-Forwarded-For: {client_address(number)}\r\nX-Forwarded-Proto: http\r\n"
        f"Cookie: csrftoken={token}\r\nX-CSRFToken: {token}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def client_address(number: int) -> str:
    """An IPv4 address in 10.0.0.0/8 for each number up to 2**24 - 1."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def encode_multipart(values: dict[str, str], image: bytes) -> bytes:
    """A multipart form's body, with an image file."""
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
