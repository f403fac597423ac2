"""What only a process on the site's own database can tell: see `Site.ask`."""

import base64
import json
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TextIO, cast
from uuid import UUID
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.db.models import Value
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drawings.models import Drawing, DrawingQuerySet

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PAGE_SIZE = 24
BATCH = 500
IN_TURN = 100
WARMING = 10
HIDDEN = Path(settings.DATA_DIR, "hidden.json")


def published() -> DrawingQuerySet:
    return Drawing.objects.published().newest_first()


def count() -> int:
    """How many drawings there are."""
    return Drawing.objects.count()


def ids(number: int, skip: int = 0) -> list[str]:
    """The newest published drawings after the first `skip`."""
    found = published().values_list("id", flat=True)[skip : skip + number]
    return [str(id) for id in found]


def published_ids() -> list[str]:
    """All published drawings, the oldest first."""
    return [str(id) for id in published().order_by("id").values_list("id", flat=True)]


def export(target: str) -> dict[str, float]:
    """Export the wall: the seconds that it took, and the most memory that this process had."""
    for loaded in ("pyarrow.parquet", "drawings.management.commands.export_drawings"):
        import_module(loaded)  # as those have done what they need that it is compared with
    begin = time.perf_counter()
    call_command("export_drawings", target, verbosity=0)
    seconds = time.perf_counter() - begin
    status = Path("/proc/self/status").read_text()
    [kilobytes] = re.findall(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return {"seconds": seconds, "megabytes": int(kilobytes) * 1024 / 1e6}


def drawings(wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Drawings by their ids, in that order."""
    names = ("id", "height", "width", "vmin", "vmax", "colormap", "title", "artist")
    found = Drawing.objects.in_bulk(wanted)
    rows = {str(id): drawing for id, drawing in found.items()}
    return [
        {
            **{name: getattr(rows[id], name) for name in names[1:]},
            "id": id,
            "blob": base64.b64encode(bytes(rows[id].blob)).decode(),
        }
        for id in wanted
    ]


def queries(paths: Sequence[str], cookie: str = "") -> list[int]:
    """How many queries each page takes, the second time it is asked for."""
    client = Client(SERVER_NAME="127.0.0.1", HTTP_COOKIE=cookie)
    return [_queries(client, path) for path in paths]


def _queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return len(captured)


def processor_times(asked: Sequence[Sequence[str]], times: int) -> list[float]:
    """The median processor time in milliseconds of each kind of page, of which some paths are
    given: of all but the server itself, for a client that takes no compressed answers.

    The kinds take turns, so that whatever else the machine does meets them all; several pages at a
    time, because a page that is often asked for finds the processor's caches filled.
    """
    from drawsite.wsgi import application

    taken: list[list[float]] = [[] for _ in asked]
    with Path(os.devnull).open("w") as nowhere:  # a line for each request
        for handler in logging.getLogger().handlers:
            cast(logging.StreamHandler[TextIO], handler).setStream(nowhere)
        for begin in range(0, times, IN_TURN):
            for paths, so_far in zip(asked, taken, strict=True):
                for number in range(begin - WARMING, begin + IN_TURN):
                    seconds = _processor_time(application, paths[number % len(paths)])
                    if number >= begin:
                        so_far.append(seconds * 1000)
    return [median(so_far) for so_far in taken]


def _processor_time(application: "WSGIApplication", path: str) -> float:
    where, _, query = path.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": where, "QUERY_STRING": query}
    setup_testing_defaults(environ)
    statuses = []

    def start_response(status: str, *others: object) -> Callable[[bytes], object]:
        statuses.append(status)
        return bytes  # Django does not use it

    begin = time.process_time()
    for _ in application(environ, start_response):
        pass
    seconds = time.process_time() - begin
    if statuses != ["200 OK"]:
        raise RuntimeError(f"{path}: {statuses}")
    return seconds


def log_in() -> str:
    """The Cookie header of a superuser's session."""
    user, _ = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def hide(number: int) -> None:
    """Hide the newest published drawings."""
    some = [str(id) for id in published().values_list("id", flat=True)[:number]]
    HIDDEN.write_text(json.dumps(some))
    _set_status(some, Drawing.Status.HIDDEN)


def show() -> None:
    """Publish again what `hide` has hidden."""
    _set_status(json.loads(HIDDEN.read_text()), Drawing.Status.PUBLISHED)


def _set_status(some: Sequence[str], status: Drawing.Status) -> None:
    # In steps that no statement timeout ends.
    for at in range(0, len(some), BATCH):
        Drawing.objects.filter(pk__in=some[at : at + BATCH]).update(status=status)


def spread_statuses() -> None:
    """As many published drawings as pending and hidden ones."""
    some = [str(id) for id in Drawing.objects.values_list("id", flat=True)]
    for number, status in enumerate(Drawing.Status):
        _set_status(some[number :: len(Drawing.Status)], status)


def searches() -> list[dict[str, Any]]:
    """What people may search for here, and by plain reading the ids that must be found."""
    # In chunks: one statement for all rows of a large gallery would exceed statement_timeout.
    said = list(published().values_list("id", "colormap", "title", "artist").iterator())
    titles = Counter(word for row in said for word in words(row[2]) if len(word) > 3)
    artists = Counter(word for row in said for word in words(row[3]) if len(word) > 1)
    [(frequent, _), *_, (rare, _)] = titles.most_common()
    [(artist, _)] = artists.most_common(1)
    two = next(
        " ".join(pair)
        for row in said[len(said) // 2 :]
        for pair in pairwise(words(row[2]))
        if all(len(word) > 3 for word in pair)
    )
    cmap = said[0][1]
    asked = [
        ("a frequent word", frequent, ""),
        ("an artist", artist, ""),
        ("a rare word", rare, ""),
        ("the beginning of a word", frequent[:3], ""),
        ("a word that nothing has", "qzxwvkj", ""),
        ("two words", two, ""),
        ("a frequent word and a colormap", frequent, cmap),
        ("a rare word and a colormap", rare, cmap),
    ]
    return [
        {"what": what, "q": q, "cmap": own, "ids": _matching(said, q.split(), own)}
        for what, q, own in asked
    ]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _matching(said: list[tuple[UUID, str, str, str]], asked: list[str], cmap: str) -> list[str]:
    """The newest drawings in which each word that is asked for begins a word."""
    found = (
        str(id)
        for id, own, title, artist in said
        if (not cmap or own == cmap)
        and all(any(word.startswith(each) for word in words(f"{title} {artist}")) for each in asked)
    )
    return list(islice(found, PAGE_SIZE))


def stored() -> dict[str, float]:
    """Of the whole database: its bytes, its drawings, and how many of them have strokes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute("PRAGMA page_size")
            size = pages * cursor.fetchone()[0]
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
            size = cursor.fetchone()[0]
    with_strokes = Drawing.objects.filter(strokes__isnull=False).count()
    return {"size": size, "drawings": count(), "with_strokes": with_strokes}


def forget_strokes() -> None:
    """As if all drawings were pictures."""
    Drawing.objects.update(strokes=Value(None))
