import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import ConsoleMessage, Page, Request
from whitenoise import WhiteNoise

from drawings.imaging import pixels
from drawings.models import Drawing
from drawsite.ratelimit import shared_counters
from tests.support.browser import Studio, launch_options
from tests.support.installation import MIGRATED
from tests.support.server import Server

KEPT_TABLES = {
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite's test database is a file, as the real one, so that other processes can share it.

    PostgreSQL's has the C locale, the most restrictive one.
    """
    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "test.sqlite3")
    else:
        locale = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.creation.sql_table_creation_suffix = lambda: locale  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Content types, permissions and the groups that are made with them stay as they are between
    tests: a running server knows their ids, and they take long to make.

    PostgreSQL drops no database that a session is in, and the one of a server that has just ended
    may outlive it by a moment.
    """
    introspection: Any = type(connections["default"].introspection)
    all_tables = introspection.django_table_names
    introspection.django_table_names = lambda self, **options: [
        table for table in all_tables(self, **options) if table not in KEPT_TABLES
    ]
    connection = connections["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Autovacuum would change query plans between tests.
            cursor.execute("ALTER TABLE drawings_drawing SET (autovacuum_enabled = off)")
        else:
            cursor.execute("VACUUM INTO %s", [str(MIGRATED)])
            with closing(sqlite3.connect(MIGRATED)) as copy:
                copy.execute("PRAGMA journal_mode = WAL")
    yield
    if connection.vendor != "postgresql":
        return
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(f"SELECT count(pg_terminate_backend(pid)) {others}")
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.05)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """Every test client loads the middleware, and WhiteNoise would list the static files anew: that
    takes longer than most requests.
    """
    call_command("collectstatic", verbosity=0, interactive=False)
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    list_files = WhiteNoise.update_files_dictionary

    def list_once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in listed:
            list_files(self, root, prefix)
            listed[root, prefix] = dict(self.files)
        self.files.update(listed[root, prefix])

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(WhiteNoise, "update_files_dictionary", list_once)
        yield


@pytest.fixture(scope="session")
def server_process(static_files: None, django_db_setup: None) -> Iterator[Server]:
    """The real server, gunicorn with its own configuration, on this process's test database."""
    with Server() as server:
        yield server


@pytest.fixture
def server(server_process: Server, transactional_db: None) -> Server:
    """The running server, with an empty database that the test sees too."""
    return server_process


@pytest.fixture(autouse=True)
def own_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start each test with empty counters."""
    with ExitStack() as stack:
        tables = {
            scope: stack.enter_context(closing(shared_counters.Counters(1024)))
            for scope in shared_counters.SCOPES
        }
        monkeypatch.setattr(shared_counters, "tables", tables)
        yield


@pytest.fixture
def field() -> pixels.Field:
    """A field with every shade in it, black at the top left."""
    return np.arange(200 * 200, dtype=np.uint32).astype(np.uint8).reshape(200, 200)


@pytest.fixture
def make_drawing(db: None, field: pixels.Field) -> Callable[..., Drawing]:
    """Stores a drawing; values that are not given are those of a plain published one."""

    def make(pixels_field: pixels.Field = field, **values: Any) -> Drawing:
        drawing = Drawing.from_field(pixels_field, **values)
        drawing.save()
        return drawing

    return make


@pytest.fixture
def admin_user(db: None, django_user_model: Any) -> Any:
    """Without a password, which takes long to hash: tests log in by force."""
    return django_user_model.objects.create_superuser("admin")


# --- The browser ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return launch_options()


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "has_touch": True}


@pytest.fixture
def problems() -> list[str]:
    """Errors in the page. Any that the test does not remove fails it."""
    return []


@pytest.fixture
def page(page: Page, problems: list[str], server: Server) -> Iterator[Page]:
    def on_request(request: Request) -> None:
        if not request.url.startswith(f"{server.url}/"):
            problems.append(f"request to another host: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        # A plot is refused while another is drawn, perhaps for an earlier test. Pages ask again.
        is_busy = "503" in message.text and "/gallery/plots/" in message.location["url"]
        if message.type in ("error", "warning") and not is_busy:
            problems.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    yield page
    assert problems == []


@pytest.fixture
def studio(page: Page, server: Server) -> Studio:
    """The studio in shades of grey, which are antialiased."""
    studio = Studio(page, server.url)
    studio.use_colormap("gray")
    return studio


@pytest.fixture
def crayons(page: Page, server: Server) -> Studio:
    """The studio as it begins: with crayons."""
    return Studio(page, server.url)
