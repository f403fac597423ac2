"""A slow line in front of the server: pages arrive in pieces, as they do on a bad connection."""

import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.support.server import Server

PIECE_BYTES = 500
PAUSE_SECONDS = 0.025  # long enough for the browser to paint what it has


class Drip:
    """Passes GET requests on to a server, and its pages back piece by piece."""

    def __init__(self, server: Server) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with urllib.request.urlopen(f"{server.url}{self.path}") as response:
                    body = response.read()
                    kind = response.headers["Content-Type"]
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                step = PIECE_BYTES if kind.startswith("text/html") else len(body)
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    time.sleep(PAUSE_SECONDS)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nobody reads it."""

        self.line = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.line.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.line.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.line.shutdown()
        self.line.server_close()
