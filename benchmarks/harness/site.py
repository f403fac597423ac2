"""Sites of the bench's own, served as `make run` serves."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
# Every setting has its default, whatever the environment of the bench says.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@dataclass(frozen=True)
class Site:
    """A data directory, and the database if that is not the SQLite one in there."""

    data: Path
    database_url: str = ""

    def environment(self, **settings: str) -> dict[str, str]:
        own = {"DATA_DIR": str(self.data), "DATABASE_URL": self.database_url}
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {**inherited, **{name: value for name, value in own.items() if value}, **settings}

    def manage(self, *arguments: str) -> None:
        """Run a management command."""
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

    def ask(self, question: str, *arguments: object, of: str = "benchmarks.harness.inside") -> Any:
        """What a function of that module returns, called by a process on this site."""
        command = [
            sys.executable,
            "-m",
            "benchmarks.harness.ask",
            of,
            question,
            json.dumps(arguments),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.PIPE
        )
        return json.loads(done.stdout)

    @contextmanager
    def serving(self, **settings: str) -> Iterator[Server]:
        """Prepare the site and serve it, with other settings than the defaults given by name."""
        self.manage("prepare", "--verbosity=0")
        with self.started(**settings) as server:
            yield server

    @contextmanager
    def started(self, **settings: str) -> Iterator[Server]:
        """Serve the site as it stands."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = self.environment(PORT=str(port), **settings)
        command = [sys.executable, "-m", "gunicorn", "drawsite.wsgi"]
        log = self.data / "server.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=stderr)
        try:
            server = Server(port, process.pid)
            _wait(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/healthz", timeout=5).close()  # noqa: S310
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
