"""The databases that the subjects share: made when they are first asked for, gone at the end."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.harness.site import Site

SQLITE = "SQLite"
POSTGRESQL = "PostgreSQL"
SMALL = 1_000
SEED = 1


class Lab:
    """A folder, and databases on the PostgreSQL server that DATABASE_URL names, if it does.

    BENCH_COUNT is how many drawings the large site has, BENCH_KEEP keeps the filled sites for the
    next run, BENCH_SOAK_SECONDS is how long the soak takes.
    """

    def __init__(self) -> None:
        url = os.environ.get("DATABASE_URL", "")
        self.server_url = url if url.startswith("postgres") else ""
        self.backends = [SQLITE, POSTGRESQL] if self.server_url else [SQLITE]
        self.large = int(os.environ.get("BENCH_COUNT", "1000000"))
        self.soak_seconds = float(os.environ.get("BENCH_SOAK_SECONDS", "600"))
        self.keeps = bool(os.environ.get("BENCH_KEEP"))
        self.folder = Path(tempfile.gettempdir(), "drawsite-bench")
        self._numbers = count()

    def __enter__(self) -> Self:
        if self.keeps:
            self.folder.mkdir(exist_ok=True)
        else:
            self.folder = Path(tempfile.mkdtemp(prefix="drawsite-bench-"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.keeps:
            return
        for data in self.folder.iterdir():
            backend = POSTGRESQL if data.name.startswith(POSTGRESQL.lower()) else SQLITE
            self._remove(self._site(backend, data))
        shutil.rmtree(self.folder)

    def filled(self, backend: str, drawings: int) -> Site:
        """The site with so many drawings."""
        data = self.folder / f"{backend.lower()}-{drawings}"
        site = self._site(backend, data)
        mark = data / "filled"
        if not mark.exists():
            self._make(site)
            begin = time.perf_counter()
            site.manage("fill_gallery", str(drawings), f"--seed={SEED}")
            seconds = time.perf_counter() - begin
            self._settle(site)
            mark.write_text(str(seconds))
        return site

    def seconds_of_filling(self, backend: str, drawings: int) -> float:
        """How long `fill_gallery` took for the site with so many drawings."""
        return float((self.filled(backend, drawings).data / "filled").read_text())

    @contextmanager
    def fresh(self, backend: str = SQLITE, drawings: int = 0) -> Iterator[Site]:
        """A site for one use."""
        site = self._site(backend, self.folder / f"{backend.lower()}-fresh-{next(self._numbers)}")
        try:
            self._make(site)
            if drawings:
                site.manage("fill_gallery", str(drawings), f"--seed={SEED}")
                self._settle(site)
            yield site
        finally:
            self._remove(site)

    def _site(self, backend: str, data: Path) -> Site:
        if backend == SQLITE:
            return Site(data)
        name = re.sub(r"\W", "_", f"{self.folder.name}_{data.name}")
        return Site(data, urlsplit(self.server_url)._replace(path=f"/{name}").geturl())

    def _make(self, site: Site) -> None:
        self._remove(site)
        site.data.mkdir()
        if site.database_url:
            self._on_server("CREATE DATABASE {}", site)
        site.manage("prepare", "--verbosity=0")

    def _settle(self, site: Site) -> None:
        """What PostgreSQL and the kernel do by themselves within minutes, and would do during a
        measurement."""
        if site.database_url:
            with psycopg.connect(site.database_url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
        os.sync()

    def _remove(self, site: Site) -> None:
        if site.database_url:
            self._on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", site)
        shutil.rmtree(site.data, ignore_errors=True)

    def _on_server(self, statement: str, site: Site) -> None:
        name = urlsplit(site.database_url).path.removeprefix("/")
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
