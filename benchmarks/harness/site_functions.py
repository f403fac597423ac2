"""Functions that `Site.run_function` calls in a process with the site's settings and database."""

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
REQUESTS_A_BLOCK = 100
WARM_UP_REQUESTS = 10
HIDDEN_IDS = Path(settings.DATA_DIR, "hidden.json")


def newest_published() -> DrawingQuerySet:
    return Drawing.objects.published().newest_first()


def count_drawings() -> int:
    return Drawing.objects.count()


def newest_ids(number: int, skip: int = 0) -> list[str]:
    """The ids of the newest published drawings, without the first `skip`."""
    found = newest_published().values_list("id", flat=True)[skip : skip + number]
    return [str(id) for id in found]


def published_ids() -> list[str]:
    """The ids of all published drawings, oldest first."""
    return [str(id) for id in newest_published().order_by("id").values_list("id", flat=True)]


def measure_export(target: str) -> dict[str, float]:
    """Export the wall; the seconds that took, and this process's peak memory in MB."""
    # The baseline does not count the time of its imports, either.
    for module in ("pyarrow.parquet", "drawings.management.commands.export_drawings"):
        import_module(module)
    begin = time.perf_counter()
    call_command("export_drawings", target, verbosity=0)
    seconds = time.perf_counter() - begin
    status = Path("/proc/self/status").read_text()
    [kilobytes] = re.findall(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return {"seconds": seconds, "megabytes": int(kilobytes) * 1024 / 1e6}


def read_drawings(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The drawings with these ids, in that order, each blob in Base64."""
    names = ("id", "height", "width", "vmin", "vmax", "colormap", "title", "artist")
    found = Drawing.objects.in_bulk(ids)
    rows = {str(id): drawing for id, drawing in found.items()}
    return [
        {
            **{name: getattr(rows[id], name) for name in names[1:]},
            "id": id,
            "blob": base64.b64encode(bytes(rows[id].blob)).decode(),
        }
        for id in ids
    ]


def count_queries(paths: Sequence[str], cookie: str = "") -> list[int]:
    """How many SQL queries each page makes on its second request."""
    client = Client(SERVER_NAME="127.0.0.1", HTTP_COOKIE=cookie)
    return [_count_queries(client, path) for path in paths]


def _count_queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    return len(captured)


def measure_processor_times(kinds: Sequence[Sequence[str]], times: int) -> list[float]:
    """The median CPU time in milliseconds of each kind of page, given as a list of its paths.

    Measured in Django, without the server, and without compression. The kinds alternate, so that
    other load on the machine affects all of them alike. They do so in blocks of requests, because
    a page requested many times in a row finds its code and data in the CPU caches.
    """
    from drawsite.wsgi import application

    taken: list[list[float]] = [[] for _ in kinds]
    with Path(os.devnull).open("w") as nowhere:  # discards the log line of each request
        for handler in logging.getLogger().handlers:
            cast(logging.StreamHandler[TextIO], handler).setStream(nowhere)
        for begin in range(0, times, REQUESTS_A_BLOCK):
            for paths, so_far in zip(kinds, taken, strict=True):
                for number in range(begin - WARM_UP_REQUESTS, begin + REQUESTS_A_BLOCK):
                    seconds = _measure_processor_time(application, paths[number % len(paths)])
                    if number >= begin:
                        so_far.append(seconds * 1000)
    return [median(so_far) for so_far in taken]


def _measure_processor_time(application: "WSGIApplication", path: str) -> float:
    path_info, _, query = path.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": path_info, "QUERY_STRING": query}
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
    """Log a superuser in; the value of the session's Cookie header."""
    user, _ = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def hide_newest(number: int) -> None:
    """Hide the newest published drawings."""
    ids = [str(id) for id in newest_published().values_list("id", flat=True)[:number]]
    HIDDEN_IDS.write_text(json.dumps(ids))
    _set_status(ids, Drawing.Status.HIDDEN)


def publish_hidden() -> None:
    """Publish the drawings that `hide_newest` has hidden."""
    _set_status(json.loads(HIDDEN_IDS.read_text()), Drawing.Status.PUBLISHED)


def _set_status(ids: Sequence[str], status: Drawing.Status) -> None:
    # In batches, to stay below the statement timeout.
    for at in range(0, len(ids), BATCH):
        Drawing.objects.filter(pk__in=ids[at : at + BATCH]).update(status=status)


def spread_statuses() -> None:
    """Give each status to the same number of drawings."""
    ids = [str(id) for id in Drawing.objects.values_list("id", flat=True)]
    for number, status in enumerate(Drawing.Status):
        _set_status(ids[number :: len(Drawing.Status)], status)


def choose_searches() -> list[dict[str, Any]]:
    """Searches of each kind for this site, each with the ids that it must find.

    The ids come from a plain scan of all rows, not from the search index.
    """
    # In chunks: one statement for all rows of a large gallery would exceed statement_timeout.
    rows = list(newest_published().values_list("id", "colormap", "title", "artist").iterator())
    titles = Counter(word for row in rows for word in split_words(row[2]) if len(word) > 3)
    artists = Counter(word for row in rows for word in split_words(row[3]) if len(word) > 1)
    [(frequent, _), *_, (rare, _)] = titles.most_common()
    [(artist, _)] = artists.most_common(1)
    two = next(
        " ".join(pair)
        for row in rows[len(rows) // 2 :]
        for pair in pairwise(split_words(row[2]))
        if all(len(word) > 3 for word in pair)
    )
    cmap = rows[0][1]
    searches = [
        ("a frequent word", frequent, ""),
        ("an artist", artist, ""),
        ("a rare word", rare, ""),
        ("the beginning of a word", frequent[:3], ""),
        ("a word that occurs nowhere", "qzxwvkj", ""),
        ("two words", two, ""),
        ("a frequent word and a colormap", frequent, cmap),
        ("a rare word and a colormap", rare, cmap),
    ]
    return [
        {"what": what, "q": q, "cmap": own, "ids": _find_matching(rows, q.split(), own)}
        for what, q, own in searches
    ]


def split_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _find_matching(
    rows: list[tuple[UUID, str, str, str]], prefixes: list[str], cmap: str
) -> list[str]:
    """The ids of the newest drawings in which each prefix begins some word: one page of them."""
    found = (
        str(id)
        for id, own, title, artist in rows
        if (not cmap or own == cmap)
        and all(
            any(word.startswith(prefix) for word in split_words(f"{title} {artist}"))
            for prefix in prefixes
        )
    )
    return list(islice(found, PAGE_SIZE))


def measure_database() -> dict[str, float]:
    """The database's size in bytes, its drawings, and how many of them have strokes."""
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
    return {"size": size, "drawings": count_drawings(), "with_strokes": with_strokes}


def delete_strokes() -> None:
    """Make all drawings like uploads, which have no strokes."""
    Drawing.objects.update(strokes=Value(None))
