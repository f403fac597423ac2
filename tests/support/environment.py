"""A pytest plugin, loaded before Django's settings.

Each test process gets its own data directory, and the settings' defaults except for the database
and Redis to test on.
"""

import atexit
import os
import shutil
import tempfile

import pytest

KEEP = {"DATABASE_URL", "REDIS_URL"}
ALONE = ("page_alone", "files_alone", "server_alone")
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
    "DEFAULT_COLORMAP",
    "MAX_UPLOAD_BYTES",
    "MIN_FREE_BYTES",
]

for name in set(SETTINGS) - KEEP:
    os.environ.pop(name, None)

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="drawsite-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

# No rate limits: tests of a limit set their own.
os.environ.update({name: "0" for name in SETTINGS if name.endswith("_RATE")})
# No storage limits, so that tests do not depend on the machine's free disk space.
os.environ.update(SUBMIT_BYTES="0", MIN_FREE_BYTES="0")

# Playwright's event loop makes Django take the tests for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--another-database",
        action="store_true",
        help="run only the tests whose result may depend on the database",
    )


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors, because many tests wait: for a window to end, for
    a silent client to be dropped, for a page to be still.
    """
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--another-database"):
        deselected = [item for item in items if not depends_on_database(item)]
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if depends_on_database(item)]


def depends_on_database(item: pytest.Item) -> bool:
    """Whether a test's result may depend on the database.

    Tests marked page_alone, files_alone or server_alone use it, but test a page, files or the
    server's connections.
    """
    if any(item.get_closest_marker(name) for name in ALONE):
        return False
    fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", []))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None
