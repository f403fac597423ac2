"""Sites to measure, served as `make run` serves them."""

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
MAX_MEMORY_GROWTH = 0.10  # of a worker, once it is warm
# No settings: each site has the defaults, whatever the environment says.
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

    def worker_megabytes(self) -> dict[int, float]:
        """The resident memory of each worker by its process id, in millions of bytes."""
        found = {}
        for pid in self.workers():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
            found[pid] = int(kilobytes) * 1024 / 1e6
        return found


@dataclass(frozen=True)
class Site:
    """A data directory, and a database URL unless the database is the SQLite file in there."""

    data: Path
    database_url: str = ""

    def environment(self, **settings: str) -> dict[str, str]:
        own = {"DATA_DIR": str(self.data), "DATABASE_URL": self.database_url}
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {**inherited, **{name: value for name, value in own.items() if value}, **settings}

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

    def run_function(
        self, name: str, *arguments: object, module: str = "benchmarks.harness.site_functions"
    ) -> Any:
        """Call a function of a module in a process with this site's settings; its return value.

        Arguments and the return value travel as JSON.
        """
        command = [
            sys.executable,
            "-m",
            "benchmarks.harness.run_function",
            module,
            name,
            json.dumps(arguments),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.PIPE
        )
        return json.loads(done.stdout)

    @contextmanager
    def serving(self, **settings: str) -> Iterator[Server]:
        """Prepare the site and serve it. Settings override the defaults."""
        self.manage("prepare", "--verbosity=0")
        with self.started(**settings) as server:
            yield server

    @contextmanager
    def started(self, **settings: str) -> Iterator[Server]:
        """Serve the site without preparing it. Settings override the defaults."""
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
            _wait_until_healthy(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _wait_until_healthy(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/healthz", timeout=5).close()  # noqa: S310
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
