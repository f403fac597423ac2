"""The admin's list on a large site and a small one: first page, filters, search, last page."""

import html
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks.harness.client import Client, get_alternately
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_most
from benchmarks.harness.workspace import SMALL, Workspace

TARGET = 1.5
TIMES = 25
CHANGELIST = "/admin/drawings/drawing/"


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    large = workspace.filled_site(backend, workspace.large_count)
    with workspace.fresh_site(backend, drawings=SMALL) as small:
        # So that each filter fills a page on the small site, too.
        small.run_function("spread_statuses")
        yield from _compare(workspace, backend, small, large)


def _compare(workspace: Workspace, backend: str, small: Site, large: Site) -> Iterator[Row]:
    cookies = small.run_function("log_in"), large.run_function("log_in")
    with (
        small.serving() as small_server,
        large.serving() as large_server,
        Client(small_server, Cookie=cookies[0]) as small_client,
        Client(large_server, Cookie=cookies[1]) as large_client,
    ):
        # One letter, so that the search fills a page on the small site, too.
        word = large.run_function("choose_searches")[0]["q"][0]
        baseline, ours = _list_views(small_client, word), _list_views(large_client, word)
        if baseline.keys() != ours.keys():
            raise WrongAnswerError(f"The admins link to {list(baseline)} and {list(ours)}")
        small_queries = small.run_function("count_queries", list(baseline.values()), cookies[0])
        large_queries = large.run_function("count_queries", list(ours.values()), cookies[1])
        for number, what in enumerate(ours):
            targets = [(small_client, baseline[what]), (large_client, ours[what])]
            if len(shown := {_count_shown(client, path) for client, path in targets}) != 1:
                raise WrongAnswerError(f"{what}: pages of different lengths, {shown} drawings")
            small_page, large_page = get_alternately(targets, TIMES)
            row = at_most(
                f"{what}, {workspace.large_count:,} drawings; {SMALL:,}; {backend}",
                large_page.seconds * 1000,
                small_page.seconds * 1000,
                TARGET,
                "ms",
            )
            yield row._replace(
                ours=f"{row.ours}, {large_queries[number]} queries",
                baseline=f"{row.baseline}, {small_queries[number]} queries",
            )


def _count_shown(client: Client, path: str) -> int:
    return client.get(path).body.count(b'name="_selected_action"')


def _list_views(client: Client, word: str) -> dict[str, str]:
    """The views that the list's page links to: path by name."""
    page = client.get(CHANGELIST).body.decode()
    if not re.search(r'id="result_list"', page):
        raise WrongAnswerError("The admin's list is empty, or the login has failed")
    views = {"the list": CHANGELIST}
    _, _, filters = page.partition('id="changelist-filter"')
    for number, (query, label) in enumerate(
        re.findall(r'<a\s[^>]*href="(\?[^"]+)"[^>]*>\s*([^<]*?)\s*</a>', filters)
    ):
        views[f"filter {number}, {html.unescape(label)}"] = CHANGELIST + html.unescape(query)
    views["search"] = f"{CHANGELIST}?{urlencode({'q': word})}"
    views["the last page"] = CHANGELIST + _last_page_query(page)
    return views


def _last_page_query(page: str) -> str:
    oldest = re.search(r'href="(\?[^"]*oldest[^"]*)"', page)
    if oldest is None:
        raise ValueError("The list has no link to its last page: it needs more drawings.")
    return html.unescape(oldest[1])
