"""A separate installation of the site: an empty database, a data directory, `manage.py`."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

from tests.support.server import database_url

# The test database as it is before the first test. Where it is PostgreSQL, there is no such file.
MIGRATED = Path(settings.DATA_DIR) / "migrated.sqlite3"


class Installation:
    def __init__(self, data_dir: Path, url: str) -> None:
        self.data_dir = data_dir
        self.url = url
        self.environment = {**os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": url}

    def start(self, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments: object, code: int = 0, **environment: str) -> str:
        """Run manage.py and check its exit code; its output and error output."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == code, out + err
        return out + err

    def migrate(self) -> None:
        """Migrate, for tests of something else: copies a migrated database if there is one."""
        file = self.data_dir / "db.sqlite3"
        if not self.url.startswith("sqlite:") or not MIGRATED.exists():
            self.manage("migrate", "--verbosity=0")
            return
        shutil.copyfile(MIGRATED, file)
        file.chmod(0o600)

    def ask(self, expression: str) -> str:
        """Print a Python expression there, which may use `Drawing` and `matching`."""
        program = (
            "from drawings.models import Drawing; from drawings.queries.search import matching;"
            f" print(({expression}))"
        )
        return self.manage("shell", "--no-imports", "--command", program).strip()

    @contextmanager
    def database(self) -> Iterator[Any]:
        """A plain driver connection, without Django. Commits at the end of the `with` block."""
        if self.url.startswith("sqlite:"):
            with closing(sqlite3.connect(self.data_dir / "db.sqlite3")) as sqlite, sqlite:
                yield sqlite
        else:
            with psycopg.connect(self.url) as postgresql:
                yield postgresql


@contextmanager
def installation(data_dir: Path) -> Iterator[Installation]:
    """An installation on the kind of database that the tests run on."""
    if connection.vendor == "sqlite":
        yield on_sqlite(data_dir)
        return
    server, _, _ = database_url().rpartition("/")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"CREATE DATABASE {name}")
        try:
            yield Installation(data_dir, f"{server}/{name}")
        finally:
            maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")


def on_sqlite(data_dir: Path) -> Installation:
    return Installation(data_dir, f"sqlite:///{data_dir / 'db.sqlite3'}")
