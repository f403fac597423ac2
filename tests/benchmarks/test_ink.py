"""First ink is found when a page draws, however it draws, and not before."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.harness.table import WrongAnswerError
from benchmarks.steps import ink

pytestmark = pytest.mark.page_alone

LATENCY = ink.FAST_3G["latency"]
PAPER = """<!doctype html>
<link rel="icon" href="data:,">
<canvas id="paper" width="100" height="100"></canvas>
"""
DRAW = """
const context = document.getElementById("paper").getContext("2d", { alpha: false });
context.fillStyle = "white";
context.fillRect(0, 0, 100, 100);
context.fillStyle = "black";
const draw = ({ offsetX, offsetY }) => context.fillRect(offsetX - 2, offsetY - 2, 4, 4);
"""


@pytest.fixture
def serve() -> Iterator[Callable[[str], str]]:
    """Serves the page at every path. Returns its address."""
    body = bytearray()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:

        def serve(page: str) -> str:
            body[:] = page.encode()
            return f"http://127.0.0.1:{server.server_port}/"

        threading.Thread(target=server.serve_forever).start()
        yield serve
        server.shutdown()


def test_ink_shows_as_soon_as_the_page_can_draw(browser, serve):
    url = serve(f"{PAPER}<script>{DRAW} onpointerdown = draw;</script>")

    found = ink.measure_ink(browser, url)

    assert found.milliseconds > LATENCY
    assert found.requests == 1


def test_an_early_stroke_counts_when_it_is_painted(browser, serve):
    url = serve(f"""{PAPER}<script>{DRAW}
        let first = null;
        onpointerdown = (event) => (first ??= event);
        const timer = setInterval(() => {{
            if (first) clearInterval(timer), draw(first);
        }}, 1000);
        </script>""")

    assert ink.measure_ink(browser, url).milliseconds >= LATENCY + 1000


def test_blank_paper_is_no_ink(browser, serve, monkeypatch):
    monkeypatch.setattr(ink, "MAX_SECONDS", 1.5)
    url = serve(f"{PAPER}<script>{DRAW}</script>")

    with pytest.raises(WrongAnswerError, match="no ink"):
        ink.measure_ink(browser, url)


def test_requests_after_the_page_has_loaded_count(browser, serve):
    url = serve(f'{PAPER}<script>setTimeout(() => fetch("/late"), 800);</script>')

    load = ink.measure_load(browser, url)

    assert load.requests == 2
    assert load.kilobytes * 1000 > 2 * len(PAPER)
