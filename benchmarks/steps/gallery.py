"""The gallery of a large site and of a small one, and searches in the large one."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.harness.client import Client, Response, get_alternately
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_most
from benchmarks.harness.workspace import SMALL, Workspace

PAGE_SIZE = 24
PAGE_TARGET = 1.15
SEARCH_TARGET = 3.0

GALLERY = "/gallery/"


class SitePair(NamedTuple):
    """A small and a large site, and a client of each."""

    small_site: Site
    small: Client
    large_site: Site
    large: Client


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    number = workspace.large_count
    small = workspace.filled_site(backend, SMALL)
    large = workspace.filled_site(backend, number)
    with (
        small.serving() as small_server,
        large.serving() as large_server,
        Client(small_server) as small_client,
        Client(large_server) as large_client,
    ):
        sites = SitePair(small, small_client, large, large_client)
        yield _measure_page(sites, f"first page, {number:,} drawings; {SMALL:,}; {backend}")
        yield _measure_deep_page(sites, number, backend)
        yield from _measure_searches(sites, number, backend)
        yield _measure_below_hidden(sites, number, backend)


def _measure_page(sites: SitePair, what: str, skip: int = 0) -> Row:
    """Compare the large site's page after `skip` drawings with the small site's first page."""
    path = GALLERY
    if skip:
        path = f"{GALLERY}?before={sites.large_site.run_function('newest_ids', 1, skip - 1)[0]}"
    small, large = get_alternately([(sites.small, GALLERY), (sites.large, path)])
    _check_shown(large, sites.large_site.run_function("newest_ids", PAGE_SIZE, skip), path)
    _check_shown(small, sites.small_site.run_function("newest_ids", PAGE_SIZE), GALLERY)
    [large_queries] = sites.large_site.run_function("count_queries", [path])
    [small_queries] = sites.small_site.run_function("count_queries", [GALLERY])
    row = at_most(what, large.seconds * 1000, small.seconds * 1000, PAGE_TARGET, "ms")
    return row._replace(
        ours=f"{row.ours}, {large_queries} queries",
        baseline=f"{row.baseline}, {small_queries} queries",
        is_met=row.is_met and large_queries <= small_queries,
    )


def _measure_deep_page(sites: SitePair, number: int, backend: str) -> Row:
    depth = number // 2
    what = f"page {depth:,} drawings deep of {number:,}; first of {SMALL:,}; {backend}"
    return _measure_page(sites, what, depth)


def _measure_below_hidden(sites: SitePair, number: int, backend: str) -> Row:
    hidden = number // 10
    sites.large_site.run_function("hide_newest", hidden)
    try:
        what = f"first page below {hidden:,} hidden drawings of {number:,}; {SMALL:,}; {backend}"
        return _measure_page(sites, what)
    finally:
        sites.large_site.run_function("publish_hidden")


def _measure_searches(sites: SitePair, number: int, backend: str) -> Iterator[Row]:
    for search in sites.large_site.run_function("choose_searches"):
        parameters = {name: search[name] for name in ("q", "cmap") if search[name]}
        path = f"{GALLERY}?{urlencode(parameters)}"
        targets = [(sites.large, GALLERY), (sites.large, path)]
        first_page, results = get_alternately(targets, times=25)
        _check_shown(results, search["ids"], path)
        what = f"search of {number:,} for {search['what']}; the first page; {backend}"
        yield at_most(what, results.seconds * 1000, first_page.seconds * 1000, SEARCH_TARGET, "ms")


def _check_shown(response: Response, expected: list[str], path: str) -> None:
    shown = re.findall(r'class="card" href="/drawings/([0-9a-f-]{36})/"', response.body.decode())
    if shown != expected:
        raise WrongAnswerError(f"{path} shows {shown}, and should show {expected}")
