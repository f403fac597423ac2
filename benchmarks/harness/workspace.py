"""The sites that the subjects share: created on first use, removed at the end."""

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
FILL_SECONDS_FILE = "filled"


class Workspace:
    """A folder of sites, and their databases on DATABASE_URL's PostgreSQL server, if it is set.

    BENCH_COUNT sets how many drawings the large site has, BENCH_SOAK_SECONDS how long the soak
    takes. With BENCH_KEEP, the filled sites are kept for the next run.
    """

    def __init__(self) -> None:
        url = os.environ.get("DATABASE_URL", "")
        self.server_url = url if url.startswith("postgres") else ""
        self.backends = [SQLITE, POSTGRESQL] if self.server_url else [SQLITE]
        self.large_count = int(os.environ.get("BENCH_COUNT", "1000000"))
        self.soak_seconds = float(os.environ.get("BENCH_SOAK_SECONDS", "600"))
        self.keeps_sites = bool(os.environ.get("BENCH_KEEP"))
        self.folder = Path(tempfile.gettempdir(), "drawsite-bench")
        self._numbers = count()

    def __enter__(self) -> Self:
        if self.keeps_sites:
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
        if self.keeps_sites:
            return
        for data in self.folder.iterdir():
            backend = POSTGRESQL if data.name.startswith(POSTGRESQL.lower()) else SQLITE
            self._remove(self._site(backend, data))
        shutil.rmtree(self.folder)

    def filled_site(self, backend: str, drawings: int) -> Site:
        """The site with this number of drawings, filled on first use."""
        data = self.folder / f"{backend.lower()}-{drawings}"
        site = self._site(backend, data)
        mark = data / FILL_SECONDS_FILE
        if not mark.exists():
            self._create(site)
            begin = time.perf_counter()
            site.manage("fill_gallery", str(drawings), f"--seed={SEED}")
            seconds = time.perf_counter() - begin
            self._settle(site)
            mark.write_text(str(seconds))
        return site

    def fill_seconds(self, backend: str, drawings: int) -> float:
        """The seconds that `fill_gallery` took for this number of drawings."""
        return float((self.filled_site(backend, drawings).data / FILL_SECONDS_FILE).read_text())

    @contextmanager
    def fresh_site(self, backend: str = SQLITE, drawings: int = 0) -> Iterator[Site]:
        """A new site, removed at the end of the `with` block."""
        site = self._site(backend, self.folder / f"{backend.lower()}-fresh-{next(self._numbers)}")
        try:
            self._create(site)
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

    def _create(self, site: Site) -> None:
        self._remove(site)
        site.data.mkdir()
        if site.database_url:
            self._execute_on_server("CREATE DATABASE {}", site)
        site.manage("prepare", "--verbosity=0")

    def _settle(self, site: Site) -> None:
        """Do now what PostgreSQL and the kernel would otherwise do during a measurement."""
        if site.database_url:
            with psycopg.connect(site.database_url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
        os.sync()

    def _remove(self, site: Site) -> None:
        if site.database_url:
            self._execute_on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", site)
        shutil.rmtree(site.data, ignore_errors=True)

    def _execute_on_server(self, statement: str, site: Site) -> None:
        name = urlsplit(site.database_url).path.removeprefix("/")
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
