"""The admin of a large site beside that of a small one: list, filters, search, last page."""

import html
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks.harness.alternately import get_alternately
from benchmarks.harness.client import Client
from benchmarks.harness.lab import SMALL, Lab
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_most

TARGET = 1.5
TIMES = 25
CHANGELIST = "/admin/drawings/drawing/"


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    large = lab.filled(backend, lab.large)
    with lab.fresh(backend, drawings=SMALL) as small:
        # Else its filters would show fewer drawings than a page has room for.
        small.ask("spread_statuses")
        yield from _compare(lab, backend, small, large)


def _compare(lab: Lab, backend: str, small: Site, large: Site) -> Iterator[Row]:
    cookies = small.ask("log_in"), large.ask("log_in")
    with (
        small.serving() as small_server,
        large.serving() as large_server,
        Client(small_server, Cookie=cookies[0]) as small_client,
        Client(large_server, Cookie=cookies[1]) as large_client,
    ):
        # One letter: a small site must have a page full of what is searched for, too.
        word = large.ask("searches")[0]["q"][0]
        theirs, ours = _views(small_client, word), _views(large_client, word)
        if theirs.keys() != ours.keys():
            raise WrongAnswerError(f"The admins offer {list(theirs)} and {list(ours)}")
        fewer = small.ask("queries", list(theirs.values()), cookies[0])
        more = large.ask("queries", list(ours.values()), cookies[1])
        for number, what in enumerate(ours):
            asked = [(small_client, theirs[what]), (large_client, ours[what])]
            if len(shown := {_drawings_on(client, path) for client, path in asked}) != 1:
                raise WrongAnswerError(f"{what}: pages of different length, {shown} drawings")
            of_small, of_large = get_alternately(asked, TIMES)
            row = at_most(
                f"{what}, {lab.large:,} drawings; {SMALL:,}; {backend}",
                of_large.seconds * 1000,
                of_small.seconds * 1000,
                TARGET,
                "ms",
            )
            yield row._replace(
                ours=f"{row.ours}, {more[number]} queries",
                theirs=f"{row.theirs}, {fewer[number]} queries",
            )


def _drawings_on(client: Client, path: str) -> int:
    return client.get(path).body.count(b'name="_selected_action"')


def _views(client: Client, word: str) -> dict[str, str]:
    """What the list's page leads to: name and path."""
    page = client.get(CHANGELIST).body.decode()
    if not re.search(r'id="result_list"', page):
        raise WrongAnswerError("The admin's list is empty, or nobody is logged in")
    views = {"the list": CHANGELIST}
    _, _, filters = page.partition('id="changelist-filter"')
    for number, (query, label) in enumerate(
        re.findall(r'<a\s[^>]*href="(\?[^"]+)"[^>]*>\s*([^<]*?)\s*</a>', filters)
    ):
        views[f"filter {number}, {html.unescape(label)}"] = CHANGELIST + html.unescape(query)
    views["search"] = f"{CHANGELIST}?{urlencode({'q': word})}"
    views["the last page"] = CHANGELIST + _last_page(page)
    return views


def _last_page(page: str) -> str:
    oldest = re.search(r'href="(\?[^"]*oldest[^"]*)"', page)
    if oldest:
        return html.unescape(oldest[1])
    numbers = [int(number) for number in re.findall(r'href="\?p=(\d+)"', page)]
    return f"?p={max(numbers, default=1)}"
