"""Sends exports as downloads, which are written while they are sent."""

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
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from drawings.datasets.exports.formats import FORMATS, Format, find_problem
from drawings.datasets.exports.source import snapshot
from drawings.forms.export import may_see_unpublished
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawsite.db.transactions import write_transaction
from drawsite.lib.refusals import RefusedError

CHUNK_BYTES = 256_000
BUSY_SECONDS = 60
# An export that takes longer, in all or for one chunk, is stopped, because other exports are
# refused meanwhile.
MAX_SECONDS = 3600
STALLED_SECONDS = 60

# One export at a time: it takes a thread and much of a core for as long as the client reads.
_export_lock = threading.Lock()


def export_response(
    request: HttpRequest,
    format: str,
    drawing_filter: DrawingFilter,
    user: AbstractUser | None = None,
) -> HttpResponseBase:
    """Returns a download of the drawings that a filter selects, and logs it in the admin's log.

    `format` is one of FORMATS; `user` is the request's user unless given. The caller checks that
    the user may export at all. Raises RefusedError: 403 for drawings that the user may not see, 422
    if there is nothing to export, 503 while another export runs in this process of the server.
    """
    user = cast(AbstractUser, request.user) if user is None else user
    if not drawing_filter.is_published_only and not may_see_unpublished(user):
        raise RefusedError(403, "You can export published drawings only.")
    if (sentence := find_problem(format, drawing_filter)) is not None:
        raise RefusedError(422, sentence)
    if not _export_lock.acquire(blocking=False):
        raise RefusedError(
            503,
            f"Another export is running. Please try again in {BUSY_SECONDS} seconds.",
            retry_after=BUSY_SECONDS,
        )
    stream = ExportStream(FORMATS[format], drawing_filter, request.META.get("gunicorn.socket"))
    try:
        _log_export(format, drawing_filter, user)
    except BaseException:
        stream.close()
        raise
    name = f"drawings-{datetime.now(UTC):%Y-%m-%d}.{format}"
    response = StreamingHttpResponse(stream, content_type=FORMATS[format].content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _log_export(format: str, drawing_filter: DrawingFilter, user: AbstractUser) -> None:
    described = ", ".join(f"{name}: {value}" for name, value in drawing_filter.describe().items())
    with write_transaction():
        LogEntry.objects.create(
            user_id=cast(int, user.pk),
            content_type=ContentType.objects.get_for_model(Drawing),
            object_repr="Drawings",
            action_flag=CHANGE,
            change_message=f"Exported as {format}. {described}",
        )


class ExportStream:
    """The bytes of an export. It holds the lock until they end or the client leaves.

    Raises TimeoutError after MAX_SECONDS. Where the client's socket is known, the socket raises it
    if the client does not read a chunk within STALLED_SECONDS.
    """

    def __init__(
        self, format: Format, drawing_filter: DrawingFilter, client: socket.socket | None = None
    ) -> None:
        self._holds_lock = True
        self._end = time.monotonic() + MAX_SECONDS
        self._client = client
        if client is not None:
            client.settimeout(STALLED_SECONDS)
        self._chunks = _generate_chunks(format, drawing_filter)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            if time.monotonic() > self._end:
                raise TimeoutError(f"An export took more than {MAX_SECONDS} seconds.")
            return next(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        try:
            self._chunks.close()
        finally:
            if self._holds_lock:
                self._holds_lock = False
                _export_lock.release()
                if self._client is not None:
                    self._client.settimeout(None)

    # Django never closes a response that an error response replaces.
    __del__ = close


class Buffer:
    """Collects the bytes that an export writes until they are sent."""

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


def _generate_chunks(format: Format, drawing_filter: DrawingFilter) -> Generator[bytes, None, None]:
    buffer = Buffer()
    with snapshot(drawing_filter) as source, closing(format.write(buffer, source)) as progress:
        for _ in progress:
            if buffer.size >= CHUNK_BYTES:
                yield buffer.take()
    yield buffer.take()
