"""Typed parsers for the environment variables behind the settings.

An invalid value stops the start with a message that names the variable and the valid values.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dj_database_url
from environs import Env, EnvError, ValidationError

from drawsite.lib.canvas_limits import MAX_SIDE, MIN_SIDE

env = Env()

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@contextmanager
def exit_on_invalid_setting() -> Iterator[None]:
    """Exit with a message instead of a traceback if a setting is invalid."""
    try:
        yield
    except EnvError as error:
        raise SystemExit(str(error)) from None


class Rate(NamedTuple):
    """`limit` events in each window of `seconds`."""

    limit: int
    seconds: int


@env.parser_for("switch")
def parse_switch(value: str) -> bool:
    word = value.strip().lower()
    if word in {"on", "1", "true", "yes"}:
        return True
    if word in {"off", "0", "false", "no", ""}:
        return False
    raise ValidationError("must be on or off")


@env.parser_for("redis")
def parse_redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValidationError("must be redis://host:port/number")
    return value


@env.parser_for("token")
def parse_token(value: str) -> str:
    """Returns a secret that is hard to guess, or an empty string."""
    if value and not re.fullmatch(r"[!-~]{16,}", value):
        raise ValidationError("must be at least 16 letters, digits or symbols, without spaces")
    return value


@env.parser_for("directory")
def parse_directory(value: str | Path) -> Path:
    """Returns the directory. Creates it if it is missing."""
    if not str(value).strip():
        raise ValidationError("must be a directory")
    path = Path(value).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError(f"must be a directory that can be written: {error}") from error
    return path


@env.parser_for("rate")
def parse_rate(value: str) -> Rate | None:
    """`60/m` gives Rate(60, 60); `0` gives None, which means no limit."""
    if value.strip() == "0":
        return None
    match = re.fullmatch(r"([1-9]\d{0,8})/([smhd])", value.strip())
    if match is None:
        raise ValidationError(
            "must be a number and a period (s, m, h or d) such as 60/m, or 0 for no limit"
        )
    return Rate(int(match[1]), PERIODS[match[2]])


@env.parser_for("sizes")
def parse_sizes(value: str) -> list[tuple[int, int]]:
    """`200x200,320x200` gives [(200, 200), (320, 200)]: (width, height) in pixels."""
    sizes = []
    for item in value.split(","):
        match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", item.strip())
        if match is None or not all(MIN_SIDE <= int(side) <= MAX_SIDE for side in match.groups()):
            raise ValidationError(
                f"must be sizes such as 200x200,320x200, each side from {MIN_SIDE} to {MAX_SIDE}"
            )
        sizes.append((int(match[1]), int(match[2])))
    return sizes


@env.parser_for("database")
def parse_database(value: str) -> dict[str, Any]:
    """Returns Django's settings for the database at a `sqlite:///path` or
    `postgres://user:password@host:port/name` URL."""
    try:
        database: dict[str, Any] = dict(
            dj_database_url.parse(value, conn_max_age=60, conn_health_checks=True)
        )
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        database = {}
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        database["ENGINE"] = "drawsite.db.sqlite"
        database["OPTIONS"] = {
            # A transaction takes the write lock when it begins. Taking it later, after a read, can
            # fail at once with "locked" instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            # FULL: acknowledged writes survive a power cut. (`migrate` switches WAL on once; the
            # file remembers it.) Each thread has its own cache: more than 4 MB costs memory and
            # gains nothing, because the system caches the file.
            "init_command": (
                "PRAGMA synchronous=FULL; PRAGMA cache_size=-4000;"
                " PRAGMA journal_size_limit=67108864;"
            ),
        }
    elif database.get("ENGINE") == "django.db.backends.postgresql":
        database["ENGINE"] = "drawsite.db.postgresql"
        database.setdefault("OPTIONS", {}).update(
            connect_timeout=5,
            options="-c statement_timeout=5000 -c lock_timeout=2000",
            # Give up a server that vanishes after 5 seconds, when sending (tcp_user_timeout) and
            # when waiting for a result (keepalives: 2 s idle, then three probes 1 s apart). With a
            # single probe after 5 s, one lost packet would end the connection.
            tcp_user_timeout=5000,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
        )
    else:
        raise ValidationError(
            "must be sqlite:///path/to/file or postgres://user:password@host/name"
        )
    return database


@env.parser_for("databases")
def parse_databases(value: str) -> list[dict[str, Any]]:
    """Parses database URLs separated by commas. An empty value gives []."""
    return [parse_database(url.strip()) for url in value.split(",")] if value.strip() else []


def build_databases(
    primary: dict[str, Any], replicas: list[dict[str, Any]], pool_size: int
) -> dict[str, dict[str, Any]]:
    """Returns Django's DATABASES: `default`, `replica1`, `replica2` and so on.

    The threads of a process share a pool of `pool_size` connections to each PostgreSQL database. If
    it is 0, each thread keeps its own connection.
    """
    databases = {"default": primary}
    for number, replica in enumerate(replicas, start=1):
        databases[f"replica{number}"] = {**replica, "TEST": {"MIRROR": "default"}}
    for alias, database in databases.items():
        if database["ENGINE"] != "drawsite.db.postgresql":
            continue
        if alias != "default":
            # Short, because another database can answer. libpq's minimum is 2.
            database["OPTIONS"]["connect_timeout"] = 2
        if pool_size:
            wait = 5 if alias == "default" else 1
            pool = {"min_size": 1, "max_size": pool_size, "timeout": wait}
            database["OPTIONS"]["pool"] = pool
            database["CONN_MAX_AGE"] = 0  # the pool keeps the connections
    return databases
