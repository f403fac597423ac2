"""A proxy that sends pages in pieces, as on a slow connection."""

import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.support.server import Server

PIECE_BYTES = 500
PAUSE_SECONDS = 0.025  # long enough for the browser to paint each piece


class SlowProxy:
    """Forwards GET requests to a server, and returns its HTML pages piece by piece."""

    def __init__(self, server: Server) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with urllib.request.urlopen(f"{server.url}{self.path}") as response:
                    body = response.read()
                    content_type = response.headers["Content-Type"]
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.end_headers()
                step = PIECE_BYTES if content_type.startswith("text/html") else len(body)
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    time.sleep(PAUSE_SECONDS)

            def log_message(self, format: str, *arguments: object) -> None:
                """Log nothing."""

        self.proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.proxy.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.proxy.shutdown()
        self.proxy.server_close()
