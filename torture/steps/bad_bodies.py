"""Thousands of generated bodies that none of the site's pages would send."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.harness.site import MAX_MEMORY_GROWTH, Server, Site
from benchmarks.harness.submissions import (
    MULTIPART_TYPE,
    build_post_request,
    encode_multipart,
    fetch_csrf_token,
)
from benchmarks.harness.table import WrongAnswerError
from tests.support import samples
from torture.harness.client_pool import send_request
from torture.harness.table import Result
from torture.harness.workspace import Workspace

BODIES = 10_000
SHORT_BODIES = 200
WARM_UP_SHARE = 0.5  # of the bodies, before the memory is first measured
FORM_TYPE = "application/x-www-form-urlencoded"
PNG: bytes = samples.png(samples.shades(200, 200))  # type: ignore[no-untyped-call]
brightness_list: Callable[[str], str] = samples.brightness_list

Body = tuple[str, bytes]  # content type and bytes


def run(workspace: Workspace) -> Iterator[Result]:
    for backend in workspace.backends:
        with workspace.fresh_site(backend) as site, site.started(SUBMIT_RATE="0") as server:
            yield _send_bodies(workspace, site, server, backend)


def _send_bodies(workspace: Workspace, site: Site, server: Server, backend: str) -> Result:
    number = workspace.scaled(BODIES, SHORT_BODIES)
    seen: Counter[int | str] = Counter()
    token = fetch_csrf_token(server)

    def send(body: Body, path: str) -> None:
        content_type, data = body
        request = build_post_request(token, data, content_type, path)
        outcome = send_request(server.port, request)
        seen[outcome.status] += 1
        if outcome.response is None or not 400 <= outcome.response.status < 500:
            raise WrongAnswerError(f"{outcome.status}: {path}, {content_type}, {data[:500]!r}")

    _send_generated(send, round(number * WARM_UP_SHARE))
    warm = server.worker_megabytes()
    _send_generated(send, round(number * (1 - WARM_UP_SHARE)))
    late = server.worker_megabytes()
    growth = max(late[pid] / warm[pid] for pid in warm) - 1
    rows = site.run_function("count_drawings")
    responses = ", ".join(f"{status}: {times:,}" for status, times in sorted(seen.items(), key=str))
    return Result(
        f"{sum(seen.values()):,} generated bad bodies, {backend}",
        f"{responses}; {rows} rows; memory {growth:+.1%}",
        # Most must be refused for what they say, not for a rate limit or a missing token.
        rows == 0
        and seen[400] + seen[422] > sum(seen.values()) / 2
        # The first few hundred still load the decoder of each image format.
        and (growth < MAX_MEMORY_GROWTH or workspace.is_short),
    )


def _send_generated(send: Callable[[Body, str], None], number: int) -> None:
    settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(_body_strategy(), st.sampled_from(["/drawings/", "/postmethod"]))(send))()


def _body_strategy() -> st.SearchStrategy[Body]:
    content_types = st.sampled_from(
        [MULTIPART_TYPE, FORM_TYPE, "application/json", "text/plain", "image/png"]
    )
    return st.one_of(
        st.tuples(content_types | st.text("abc/;=\"'-", max_size=40), st.binary(max_size=2_000)),
        st.tuples(st.just(FORM_TYPE), _list_strategy().map(_encode_form)),
        st.tuples(st.just(FORM_TYPE), st.binary(max_size=500).map(_percent_encode)),
        st.tuples(st.just(MULTIPART_TYPE), _image_strategy().map(partial(encode_multipart, {}))),
        st.tuples(
            st.just(MULTIPART_TYPE),
            _fields_strategy().map(lambda fields: encode_multipart(fields, PNG)),
        ),
        st.tuples(st.just(MULTIPART_TYPE), _truncated(encode_multipart({"title": "A"}, PNG))),
    )


def _encode_form(text: str) -> bytes:
    return urlencode({"canvas_data": text}, errors="surrogatepass").encode()


def _percent_encode(data: bytes) -> bytes:
    return b"canvas_data=" + quote_from_bytes(data).encode()


def _list_strategy() -> st.SearchStrategy[str]:
    """Texts that are not brightness lists: of the wrong length, or with wrong items."""
    numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
    values = st.recursive(
        numbers, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner)
    )
    bad = ["NaN", "Infinity", "-1", "255.01", "1e400", "true", "null", '"1"', "[1]", "1,1", ""]
    return st.one_of(
        values.map(json.dumps),
        st.sampled_from(bad).map(brightness_list),
        st.integers(0, 50_000).map(lambda depth: "[" * depth),
    )


def _image_strategy() -> st.SearchStrategy[bytes]:
    """Bytes that are not an image, and a damaged image."""
    positions = st.integers(0, len(PNG) - 1)
    return st.one_of(
        st.binary(max_size=2_000),
        st.tuples(positions, st.integers(1, 255)).map(_flip_bits),
        _truncated(PNG),
        st.binary(max_size=500).map(lambda junk: PNG[:41] + junk),
    )


def _flip_bits(position_and_bits: tuple[int, int]) -> bytes:
    position, bits = position_and_bits
    damaged = bytearray(PNG)
    damaged[position] ^= bits
    return bytes(damaged)


def _truncated(whole: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(whole) - 30).map(lambda end: whole[:end])


def _fields_strategy() -> st.SearchStrategy[dict[str, str]]:
    """The fields of a submission, one of which is bad."""
    control = st.text(st.characters(categories=["Cc", "Cs"]), min_size=1, max_size=5)
    document = st.recursive(
        st.integers() | st.floats() | st.text(max_size=5) | st.none(),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    ["version", "width", "height", "paper", "operations", "tool", "x", "t"]
                ),
                inner,
                min_size=1,
            )
            | st.lists(inner)
        ),
    )
    return st.one_of(
        control.map(lambda text: {"title": f"a{text}b"}),
        st.text(st.characters(categories=["L"]), min_size=41).map(lambda text: {"artist": text}),
        st.text(st.characters(categories=["L"]), min_size=1).map(lambda text: {"colormap": text}),
        st.text("0123456789abcdefg-", min_size=1, max_size=31).map(
            lambda text: {"submission_key": f"{text}x"}
        ),
        document.map(lambda value: {"strokes": json.dumps(value)}),
    )
