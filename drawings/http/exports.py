"""An export as a download, made while it is sent."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from typing import Self, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from drawings.datasets.exports.formats import FORMATS, Format, problem
from drawings.datasets.exports.source import Selection, snapshot
from drawings.forms.export import may_see_all
from drawings.http.errors import request_error
from drawings.models import Drawing
from drawsite.db.transactions import write_transaction

CHUNK_BYTES = 256_000
BUSY_SECONDS = 60
# A client that takes longer, in all or for one chunk, has it broken off: others wait for the turn.
MOST_SECONDS = 3600
STALLED_SECONDS = 60

# It takes a thread and much of a core for as long as the client takes.
_turn = threading.Lock()


def export_response(
    request: HttpRequest, format: str, selection: Selection, user: AbstractUser | None = None
) -> HttpResponseBase:
    """The drawings of a selection as a file to download; the admin's log says who took what.

    `format` is one of FORMATS; `user` is who asks, if not the request's user. Who may ask at all is
    for the caller to say. 403 if it is for what this user may not see; 422 if there is nothing to
    export; 503 while another export is under way in this process of the server.
    """
    user = cast(AbstractUser, request.user) if user is None else user
    if selection.has_status and not may_see_all(user):
        return request_error(request, 403, "You may export what is published, and nothing else.")
    if (sentence := problem(format, selection)) is not None:
        return request_error(request, 422, sentence)
    if not _turn.acquire(blocking=False):
        return busy(request)
    stream = Stream(FORMATS[format], selection, request.META.get("gunicorn.socket"))
    try:
        _log(format, selection, user)
    except BaseException:
        stream.close()
        raise
    name = f"drawings-{datetime.now(UTC):%Y-%m-%d}.{format}"
    response = StreamingHttpResponse(stream, content_type=FORMATS[format].content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def busy(request: HttpRequest) -> HttpResponse:
    return request_error(
        request,
        503,
        f"Another export is under way. Try again in {BUSY_SECONDS} seconds.",
        retry_after=BUSY_SECONDS,
    )


def _log(format: str, selection: Selection, user: AbstractUser) -> None:
    said = ", ".join(f"{name}: {value}" for name, value in selection.said().items())
    with write_transaction():
        LogEntry.objects.create(
            user_id=cast(int, user.pk),
            content_type=ContentType.objects.get_for_model(Drawing),
            object_repr="Drawings",
            action_flag=CHANGE,
            change_message=f"Exported as {format}. {said}",
        )


class Stream:
    """The bytes of an export, which has the turn until they end or nobody wants more of them.

    Raises TimeoutError if that takes more than MOST_SECONDS; where the client's socket is known, it
    does so itself for a chunk that is not taken within STALLED_SECONDS.
    """

    def __init__(
        self, format: Format, selection: Selection, client: socket.socket | None = None
    ) -> None:
        self._has_turn = True
        self._end = time.monotonic() + MOST_SECONDS
        self._client = client
        if client is not None:
            client.settimeout(STALLED_SECONDS)
        self._chunks = _chunks(format, selection)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            if time.monotonic() > self._end:
                raise TimeoutError(f"An export took more than {MOST_SECONDS} seconds.")
            return next(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        try:
            self._chunks.close()
        finally:
            if self._has_turn:
                self._has_turn = False
                _turn.release()
                if self._client is not None:
                    self._client.settimeout(None)

    # An answer that is replaced by that of an error is never closed.
    __del__ = close


class Buffer:
    """What was written and not yet taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> None:
        self._parts.append(data)
        self.size += len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts, self.size = [], 0
        return taken


def _chunks(format: Format, selection: Selection) -> Generator[bytes, None, None]:
    buffer = Buffer()
    with snapshot(selection) as source, closing(format.write(buffer, source)) as progress:
        for _ in progress:
            if buffer.size >= CHUNK_BYTES:
                yield buffer.take()
    yield buffer.take()
