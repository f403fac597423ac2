"""Typed readers for the environment variables that the settings are made of.

A bad value stops the start with a message that names the variable and what it takes.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import dj_database_url
from environs import Env, EnvError, ValidationError

from drawsite.lib.atomic_files import flush_to_disk, temporary_path
from drawsite.lib.canvas_limits import MAX_SIDE, MIN_SIDE

env = Env()

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """A bad value in here ends the program with what is wrong, without a traceback."""
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
    raise ValidationError("takes on or off")


@env.parser_for("redis")
def parse_redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValidationError("takes redis://host:port/number")
    return value


@env.parser_for("token")
def parse_token(value: str) -> str:
    """A secret that nobody guesses, or none."""
    if value and not re.fullmatch(r"[!-~]{16,}", value):
        raise ValidationError("takes at least 16 letters, digits and signs, without spaces")
    return value


@env.parser_for("directory")
def parse_directory(value: str | Path) -> Path:
    """The directory, made if it is not there."""
    if not str(value).strip():
        raise ValidationError("takes a directory")
    path = Path(value).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError(f"takes a directory that can be written: {error}") from error
    return path


@env.parser_for("rate")
def parse_rate(value: str) -> Rate | None:
    """`60/m` is Rate(60, 60); `0` is None, which means no limit."""
    if value.strip() == "0":
        return None
    match = re.fullmatch(r"([1-9]\d{0,8})/([smhd])", value.strip())
    if match is None:
        raise ValidationError(
            "takes a number and a period, as 60/m (s, m, h, d), or 0 for no limit"
        )
    return Rate(int(match[1]), PERIODS[match[2]])


@env.parser_for("sizes")
def parse_sizes(value: str) -> list[tuple[int, int]]:
    """`200x200,320x200` is [(200, 200), (320, 200)]: (width, height) in pixels."""
    sizes = []
    for item in value.split(","):
        match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", item.strip())
        if match is None or not all(MIN_SIDE <= int(side) <= MAX_SIDE for side in match.groups()):
            raise ValidationError(
                f"takes sizes as 200x200,320x200, each side from {MIN_SIDE} to {MAX_SIDE}"
            )
        sizes.append((int(match[1]), int(match[2])))
    return sizes


@env.parser_for("database")
def parse_database(value: str) -> dict[str, Any]:
    """A `sqlite:///path` or `postgres://user:password@host:port/name` URL as Django's settings.

    For PostgreSQL with a pool's size, see `databases`.
    """
    try:
        database: dict[str, Any] = dict(
            dj_database_url.parse(value, conn_max_age=60, conn_health_checks=True)
        )
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        database = {}
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        database["ENGINE"] = "drawsite.db.sqlite"
        database["OPTIONS"] = {
            # A transaction takes the write lock when it begins: taking it later, after a read,
            # fails at once with "locked" instead of waiting its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            # FULL: what was acknowledged survives a power cut. (WAL itself is switched on once,
            # by the migrate step: the file remembers it.) The cache is each thread's own: more
            # than these 4 MB cost memory and gain nothing, the system keeps the file in its own.
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
            # A server that vanishes without a word is given up after as long, be it by who sends or
            # by who waits for an answer. It is asked thrice whether it lives: were it asked only
            # after 5 seconds, Linux would give it up for one packet that was lost.
            tcp_user_timeout=5000,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
        )
    else:
        raise ValidationError("takes sqlite:///path/to/file or postgres://user:password@host/name")
    return database


@env.parser_for("databases")
def parse_databases(value: str) -> list[dict[str, Any]]:
    """Database URLs, separated by commas; none is []."""
    return [parse_database(url.strip()) for url in value.split(",")] if value.strip() else []


def databases(
    primary: dict[str, Any], replicas: list[dict[str, Any]], pool_size: int
) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default`, and `replica1` and so on.

    With a pool, the threads of a process share so many connections to each PostgreSQL database;
    without (0), each thread keeps its own.
    """
    named = {"default": primary}
    for number, replica in enumerate(replicas, start=1):
        named[f"replica{number}"] = {**replica, "TEST": {"MIRROR": "default"}}
    for alias, database in named.items():
        if database["ENGINE"] != "drawsite.db.postgresql":
            continue
        if alias != "default":
            # There is another to ask; and 2 is the least that libpq takes.
            database["OPTIONS"]["connect_timeout"] = 2
        if pool_size:
            wait = 5 if alias == "default" else 1
            pool = {"min_size": 1, "max_size": pool_size, "timeout": wait}
            database["OPTIONS"]["pool"] = pool
            database["CONN_MAX_AGE"] = 0  # connections are the pool's to keep
    return named


def read_or_make_secret_key(path: Path) -> str:
    """The key in the file, which only its owner can read; made when there is none yet."""
    try:
        if not path.exists():
            _make_secret_key(path)
        key = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvError(
            f'Environment variable "DATA_DIR" invalid: {path} cannot be read or made: {error}'
        ) from error
    if not re.search(r"\w", key):  # nothing, or the zeros that a power cut leaves
        raise EnvError(
            f"{path} has no key in it: put your copy of it there, or remove the file. Then one is"
            " made, which logs everybody out."
        )
    return key


def _make_secret_key(path: Path) -> None:
    draft = temporary_path(path)
    try:
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # What is signed with it may outlast a power cut; so must it.
        flush_to_disk(draft)
        # Unlike a rename, a link never replaces the key that another process made meanwhile.
        with suppress(FileExistsError):
            os.link(draft, path)
        flush_to_disk(path.parent)
    finally:
        draft.unlink(missing_ok=True)
