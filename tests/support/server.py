"""The server in its own process, for tests that need a real one, and a slow proxy for it."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection

START_SECONDS = 30

PIECE_BYTES = 500
PAUSE_SECONDS = 0.025  # long enough for the browser to paint each piece


class Server:
    """gunicorn on a free port, on the database that this process tests on.

    Keywords are environment variables that override the defaults.
    """

    def __init__(self, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(settings.DATA_DIR),
            "PORT": str(self.port),
            "WEB_WORKERS": "2",
            **environment,
        }
        self.log = Path(settings.DATA_DIR) / f"server-{self.port}.log"

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "drawsite.wsgi"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=START_SECONDS)

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


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


def database_url() -> str:
    """The DATABASE_URL of the test database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{user}{database['HOST']}{port}/{database['NAME']}"
