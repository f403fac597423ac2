"""The real server on a database of its own, thrown away afterwards."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@contextmanager
def serving(**settings: str) -> Iterator[str]:
    """Serve with these settings; the site's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="drawsite-bench-") as data:
        environment = {**os.environ, "DATA_DIR": data, "PORT": str(port), **settings}
        prepare = [sys.executable, "manage.py", "prepare", "--verbosity=0"]
        subprocess.run(prepare, cwd=ROOT, env=environment, check=True)  # noqa: S603
        command = [sys.executable, "-m", "gunicorn", "drawsite.wsgi"]
        with Path(data, "server.log").open("wb") as log:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)  # noqa: S603
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
