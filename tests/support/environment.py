"""A pytest plugin that is loaded before Django's settings: each test process gets a data directory
of its own, and the settings' defaults but for the database and Redis that it is told to test on."""

import atexit
import os
import shutil
import tempfile

import pytest

KEEP = {"DATABASE_URL", "REDIS_URL"}
SETTINGS = [
    "HOST",
    "PORT",
    "WEB_WORKERS",
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "HTTPS",
    "TRUSTED_PROXIES",
    "DATABASE_URL",
    "DATABASE_REPLICA_URLS",
    "DATABASE_POOL",
    "REDIS_URL",
    "LOG_FORMAT",
    "METRICS_TOKEN",
    "SUBMIT_RATE",
    "SUBMIT_BYTES",
    "REPORT_RATE",
    "FIGURE_RATE",
    "LOGIN_RATE",
    "API_RATE",
    "REQUIRE_APPROVAL",
    "CANVAS_SIZES",
    "MAX_UPLOAD_BYTES",
    "MIN_FREE_BYTES",
]

for name in set(SETTINGS) - KEEP:
    os.environ.pop(name, None)

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="drawsite-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

# Tests of a limit set their own.
os.environ.update({name: "0" for name in SETTINGS if name.endswith("_RATE")})
# Whatever room the machine has that they run on.
os.environ.update(SUBMIT_BYTES="0", MIN_FREE_BYTES="0")

# Playwright's event loop makes Django think that the tests are asynchronous; they are not.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--another-database",
        action="store_true",
        help="only the tests that may end otherwise on another database than the one before",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--another-database"):
        deselected = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if asks_database(item)]


def asks_database(item: pytest.Item) -> bool:
    """Whether a test is about the database; others have it for their page or their files only."""
    if any(item.get_closest_marker(name) for name in ("page_alone", "files_alone")):
        return False
    fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", []))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None
