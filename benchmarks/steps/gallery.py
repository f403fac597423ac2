"""The gallery of a large site beside that of a small one, and searches in it."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.harness.alternately import get_alternately
from benchmarks.harness.client import Answer, Client
from benchmarks.harness.lab import SMALL, Lab
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_most

PAGE_SIZE = 24
PAGES_TARGET = 1.15
SEARCH_TARGET = 3.0

GALLERY = "/gallery/"


class Both(NamedTuple):
    """The sites that are compared, and a client of each."""

    small_site: Site
    small: Client
    large_site: Site
    large: Client


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    small, large = lab.filled(backend, SMALL), lab.filled(backend, lab.large)
    with (
        small.serving() as small_server,
        large.serving() as large_server,
        Client(small_server) as small_client,
        Client(large_server) as large_client,
    ):
        both = Both(small, small_client, large, large_client)
        yield _page(both, f"first page, {lab.large:,} drawings; {SMALL:,}; {backend}")
        yield _deep_page(both, lab, backend)
        yield from _searches(both, lab, backend)
        yield _below_hidden(both, lab, backend)


def _page(both: Both, what: str, skip: int = 0) -> Row:
    """The page after `skip` drawings of the large site, beside the first of the small one."""
    path = GALLERY
    if skip:
        path = f"{GALLERY}?before={both.large_site.ask('ids', 1, skip - 1)[0]}"
    small, large = get_alternately([(both.small, GALLERY), (both.large, path)])
    _check(large, both.large_site.ask("ids", PAGE_SIZE, skip), path)
    _check(small, both.small_site.ask("ids", PAGE_SIZE), GALLERY)
    [more] = both.large_site.ask("queries", [path])
    [fewer] = both.small_site.ask("queries", [GALLERY])
    row = at_most(what, large.seconds * 1000, small.seconds * 1000, PAGES_TARGET, "ms")
    return row._replace(
        ours=f"{row.ours}, {more} queries",
        theirs=f"{row.theirs}, {fewer} queries",
        is_met=row.is_met and more <= fewer,
    )


def _deep_page(both: Both, lab: Lab, backend: str) -> Row:
    depth = lab.large // 2
    what = f"page {depth:,} drawings deep of {lab.large:,}; first of {SMALL:,}; {backend}"
    return _page(both, what, depth)


def _below_hidden(both: Both, lab: Lab, backend: str) -> Row:
    hidden = lab.large // 10
    both.large_site.ask("hide", hidden)
    try:
        what = f"first page below {hidden:,} hidden drawings of {lab.large:,}; {SMALL:,}; {backend}"
        return _page(both, what)
    finally:
        both.large_site.ask("show")


def _searches(both: Both, lab: Lab, backend: str) -> Iterator[Row]:
    for search in both.large_site.ask("searches"):
        asked = {name: search[name] for name in ("q", "cmap") if search[name]}
        path = f"{GALLERY}?{urlencode(asked)}"
        plain, found = get_alternately([(both.large, GALLERY), (both.large, path)], times=25)
        _check(found, search["ids"], path)
        what = f"search of {lab.large:,} for {search['what']}; the first page; {backend}"
        yield at_most(what, found.seconds * 1000, plain.seconds * 1000, SEARCH_TARGET, "ms")


def _check(answer: Answer, expected: list[str], path: str) -> None:
    shown = re.findall(r'class="card" href="/drawings/([0-9a-f-]{36})/"', answer.body.decode())
    if shown != expected:
        raise WrongAnswerError(f"{path} shows {shown}, and should show {expected}")
