"""PostgreSQL and Redis servers for one test, so that stopping them disturbs nobody else."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from torture.harness.workspace import UnavailableError

TIMEOUT_SECONDS = 30


class PostgreSQL:
    """A PostgreSQL server with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = find_free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        self._run("initdb", "--username=postgres", "--auth=trust", "--pgdata", self.folder)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.folder, "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """Shut down at once, as for a restart: open connections are closed."""
        self._run("pg_ctl", "-D", self.folder, "-m", "fast", "-w", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [_find_program(program), *map(str, arguments)]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["runuser", "--user", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


class Redis:
    """A Redis server that stores nothing on disk."""

    def __init__(self) -> None:
        self.port = find_free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)

    def start(self) -> None:
        command = [
            _find_program("redis-server"),
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            "/",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError("Redis did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def run_postgresql() -> Iterator[PostgreSQL]:
    with tempfile.TemporaryDirectory(prefix="drawsite-torture-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = PostgreSQL(Path(folder, "data"))
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def run_redis() -> Iterator[Redis]:
    server = Redis()
    server.start()
    try:
        yield server
    finally:
        server.kill()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _find_program(name: str) -> str:
    """The path of a program. Debian installs PostgreSQL's outside PATH."""
    folders = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise UnavailableError(f"{name} is not installed")
    return found
