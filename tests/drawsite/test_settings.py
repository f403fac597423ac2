"""Settings from environment variables."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from environs import ValidationError

from drawsite import environment
from tests.support.settings_process import start, starting

OWN_KEY = "a key of my own"


def complaint(data_dir, **variables):
    """The last line of the error when a start with these variables fails."""
    with starting(data_dir, **variables) as process:
        _, err = process.communicate()
    assert process.returncode != 0
    return err.strip().splitlines()[-1]


# --- Bad values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("WEB_WORKERS", "many"),
        ("DEBUG", "maybe"),
        ("HTTPS", "2"),
        ("REQUIRE_APPROVAL", "perhaps"),
        ("TRUSTED_PROXIES", "-1"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_REPLICA_URLS", "postgres://one.example/name,mysql://two.example/name"),
        ("DATABASE_POOL", "-1"),
        ("REDIS_URL", "localhost:6379"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "guess me"),
        ("SUBMIT_RATE", "60"),
        ("CANVAS_SIZES", "15x200"),
        ("MAX_UPLOAD_BYTES", "99999"),
        ("SUBMIT_BYTES", "-1"),
        ("SUBMIT_BYTES", "50MB"),
        ("MIN_FREE_BYTES", "-1"),
        ("MIN_FREE_BYTES", ""),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(tmp_path, name, value):
    assert f'"{name}"' in complaint(tmp_path, **{name: value})


def test_a_data_directory_that_cannot_be_made_stops_the_start_and_is_named(tmp_path):
    (tmp_path / "file").touch()

    assert "DATA_DIR" in complaint(tmp_path / "file" / "data")


def test_a_secret_key_that_cannot_be_read_stops_the_start_and_is_named(tmp_path):
    (tmp_path / "secret_key").mkdir()

    told = complaint(tmp_path)

    assert "DATA_DIR" in told
    assert "secret_key" in told


@pytest.mark.parametrize(
    "left",
    [b"", b"\n", bytes(67), b"\xff\xfe"],
    ids=["empty", "an empty line", "zeros", "no text"],
)
def test_a_file_without_a_key_stops_the_start_and_is_named_and_kept(tmp_path, left):
    file = tmp_path / "secret_key"
    file.write_bytes(left)

    told = complaint(tmp_path)

    assert "EnvError" in told
    assert str(file) in told
    assert file.read_bytes() == left


@pytest.mark.parametrize("program", [["manage.py", "prepare"], ["-m", "gunicorn", "drawsite.wsgi"]])
def test_a_bad_value_is_reported_in_one_line(tmp_path, program):
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=project.BASE_DIR,
        env={**os.environ, "DATA_DIR": str(tmp_path), "PORT": "abc"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == 'Environment variable "PORT" invalid: Not a valid integer.\n'


@pytest.mark.parametrize("value", ["", "60", "0/m", "60/w", "-1/m", "1.5/s", "60/m,5/s"])
def test_an_invalid_rate_is_refused(value):
    with pytest.raises(ValidationError, match="as 60/m"):
        environment.parse_rate(value)


@pytest.mark.parametrize(
    "value", ["", "200", "15x200", "200x1025", "200x200,", "200x200;64x64", "-200x200"]
)
def test_invalid_sizes_are_refused(value):
    with pytest.raises(ValidationError, match="as 200x200"):
        environment.parse_sizes(value)


@pytest.mark.parametrize("value", ["", "db.sqlite3", "postgres://host:port/name", "http://host/"])
def test_an_invalid_database_url_is_refused(value):
    with pytest.raises(ValidationError, match="must be sqlite:///"):
        environment.parse_database(value)


# --- Good ones ----------------------------------------------------------------------------


def test_without_any_variable_the_settings_are_safe(tmp_path):
    settings = start(tmp_path)

    assert settings["DEBUG"] is False
    assert settings["HOST"] == "127.0.0.1"
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["SUBMIT_RATE"] == [60, 60]
    assert settings["TRUSTED_PROXIES"] == 0
    assert settings["CANVAS_SIZES"] == [[200, 200], [400, 400], [400, 300]]
    assert settings["DEFAULT_COLORMAP"] == "crayons"
    assert settings["MAX_UPLOAD_BYTES"] == 2_000_000
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert settings["REDIS_URL"] == ""


def test_every_variable_is_read(tmp_path):
    settings = start(
        tmp_path / "new" / "directory",
        PORT="9000",
        DEBUG="on",
        SECRET_KEY=OWN_KEY,
        ALLOWED_HOSTS="wall.example,www.wall.example",
        HTTPS="true",
        TRUSTED_PROXIES="2",
        DATABASE_URL="postgres://user:password@host:5433/name",
        REDIS_URL="redis://host:6379/5",
        SUBMIT_RATE="5/h",
        REQUIRE_APPROVAL="yes",
        CANVAS_SIZES="200x200, 16x1024",
        MAX_UPLOAD_BYTES="100000",
    )

    assert (settings["PORT"], settings["DEBUG"], settings["REQUIRE_APPROVAL"]) == (9000, True, True)
    assert settings["SECRET_KEY"] == OWN_KEY
    assert settings["ALLOWED_HOSTS"] == ["wall.example", "www.wall.example"]
    assert settings["SESSION_COOKIE_SECURE"] is settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert settings["DATABASES"]["default"]["ENGINE"] == "drawsite.db.postgresql"
    assert settings["DATABASES"]["default"]["HOST"] == "host"
    assert settings["DATABASES"]["default"]["PORT"] == 5433
    assert settings["REDIS_URL"] == "redis://host:6379/5"
    assert settings["SUBMIT_RATE"] == [5, 3600]
    assert settings["CANVAS_SIZES"] == [[200, 200], [16, 1024]]
    assert settings["DATA_UPLOAD_MAX_MEMORY_SIZE"] == 100_000
    assert not (tmp_path / "new" / "directory" / "secret_key").exists()


def test_replicas_and_a_pool_become_djangos_settings(tmp_path):
    settings = start(
        tmp_path,
        DATABASE_URL="postgres://user:password@one/name",
        DATABASE_REPLICA_URLS="postgres://user:password@two/name, postgres://user:password@three/name",
        DATABASE_POOL="8",
    )["DATABASES"]

    assert {alias: database["HOST"] for alias, database in settings.items()} == {
        "default": "one",
        "replica1": "two",
        "replica2": "three",
    }
    for database in settings.values():
        assert database["CONN_MAX_AGE"] == 0
        assert database["OPTIONS"]["pool"]["max_size"] == 8
        assert "statement_timeout=5000" in database["OPTIONS"]["options"]
        assert "lock_timeout=2000" in database["OPTIONS"]["options"]


@pytest.mark.parametrize("alias", ["default", "replica1"])
def test_a_postgresql_that_vanishes_is_given_up_after_five_seconds(tmp_path, alias):
    url = "postgres://user:password@host/name"
    settings = start(tmp_path, DATABASE_URL=url, DATABASE_REPLICA_URLS=url)["DATABASES"]

    options = settings[alias]["OPTIONS"]
    unasked = options["keepalives_idle"]
    asked = options["keepalives_interval"] * options["keepalives_count"]
    assert unasked + asked == 5
    assert options["tcp_user_timeout"] == 5000


@pytest.mark.parametrize(
    ("value", "rate"), [("0", None), ("5/s", (5, 1)), (" 60/m ", (60, 60)), ("9/d", (9, 86400))]
)
def test_a_rate_is_a_number_and_a_period(value, rate):
    assert environment.parse_rate(value) == rate
