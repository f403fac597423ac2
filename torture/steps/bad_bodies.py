"""Bodies that no page of ours sends, by the thousand."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import MULTIPART, multipart, post, token_of
from benchmarks.harness.table import WrongAnswerError
from benchmarks.steps.memory import GROWTH, megabytes
from tests.support import samples
from torture.harness.crowd import ask
from torture.harness.lab import Lab
from torture.harness.table import Result

BODIES = 10_000
SHORT_BODIES = 200
WARM_SHARE = 0.5  # of the bodies, before the memory is looked at for the first time
FORM = "application/x-www-form-urlencoded"
PICTURE: bytes = samples.png(samples.shades(200, 200))  # type: ignore[no-untyped-call]
brightness_list: Callable[[str], str] = samples.brightness_list

Body = tuple[str, bytes]  # its content type, and the bytes


def run(lab: Lab) -> Iterator[Result]:
    for backend in lab.backends:
        with lab.fresh(backend) as site, site.started(SUBMIT_RATE="0") as server:
            yield _send(lab, site, server, backend)


def _send(lab: Lab, site: Site, server: Server, backend: str) -> Result:
    number = lab.scaled(BODIES, SHORT_BODIES)
    seen: Counter[int | str] = Counter()
    token = token_of(server)

    def send(body: Body, path: str) -> None:
        kind, data = body
        outcome = ask(server.port, post(token, data, kind, path))
        seen[outcome.status] += 1
        if outcome.answer is None or not 400 <= outcome.answer.status < 500:
            raise WrongAnswerError(f"{outcome.status}: {path}, {kind}, {data[:500]!r}")

    _generate(send, round(number * WARM_SHARE))
    warm = megabytes(server)
    _generate(send, round(number * (1 - WARM_SHARE)))
    late = megabytes(server)
    growth = max(late[pid] / warm[pid] for pid in warm) - 1
    rows = site.ask("count")
    answers = ", ".join(f"{status}: {times:,}" for status, times in sorted(seen.items(), key=str))
    return Result(
        f"{sum(seen.values()):,} generated bad bodies, {backend}",
        f"{answers}; {rows} rows; memory {growth:+.1%}",
        # Not turned away unread, by a limit or for want of a token.
        rows == 0
        and seen[400] + seen[422] > sum(seen.values()) / 2
        # The first few hundred still load what comes with every kind of picture.
        and (growth < GROWTH or lab.is_short),
    )


def _generate(send: Callable[[Body, str], None], number: int) -> None:
    settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(_bodies(), st.sampled_from(["/drawings/", "/postmethod"]))(send))()


def _bodies() -> st.SearchStrategy[Body]:
    kinds = st.sampled_from([MULTIPART, FORM, "application/json", "text/plain", "image/png"])
    return st.one_of(
        st.tuples(kinds | st.text("abc/;=\"'-", max_size=40), st.binary(max_size=2_000)),
        st.tuples(st.just(FORM), _lists().map(_as_form)),
        st.tuples(st.just(FORM), st.binary(max_size=500).map(_as_percents)),
        st.tuples(st.just(MULTIPART), _pictures().map(partial(multipart, {}))),
        st.tuples(st.just(MULTIPART), _fields().map(lambda fields: multipart(fields, PICTURE))),
        st.tuples(st.just(MULTIPART), _torn(multipart({"title": "A"}, PICTURE))),
    )


def _as_form(text: str) -> bytes:
    return urlencode({"canvas_data": text}, errors="surrogatepass").encode()


def _as_percents(data: bytes) -> bytes:
    return b"canvas_data=" + quote_from_bytes(data).encode()


def _lists() -> st.SearchStrategy[str]:
    """Texts that are no brightness list: of another length, or with something else in it."""
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


def _pictures() -> st.SearchStrategy[bytes]:
    """Bytes that are no picture, and a picture that was damaged on its way."""
    places = st.integers(0, len(PICTURE) - 1)
    return st.one_of(
        st.binary(max_size=2_000),
        st.tuples(places, st.integers(1, 255)).map(_flip),
        _torn(PICTURE),
        st.binary(max_size=500).map(lambda junk: PICTURE[:41] + junk),
    )


def _flip(place_and_bits: tuple[int, int]) -> bytes:
    place, bits = place_and_bits
    damaged = bytearray(PICTURE)
    damaged[place] ^= bits
    return bytes(damaged)


def _torn(whole: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(whole) - 30).map(lambda end: whole[:end])


def _fields() -> st.SearchStrategy[dict[str, str]]:
    """One field of a good submission is bad."""
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
