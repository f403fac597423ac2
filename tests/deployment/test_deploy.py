"""The files in deploy/, as far as they can be tested without a container engine or systemd."""

import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.support.dockerfile import Image, clone, steps
from tests.support.environment import SETTINGS
from tests.support.nginx import TEMPLATES
from tests.support.server import START_SECONDS, Server, database_url

DEPLOY = Path(settings.BASE_DIR, "deploy")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([?-])([^}]*))?\}")
OWN_VARIABLES = {"POSTGRES_PASSWORD", "PUBLISHED_PORT", "NGINX_CACHE_SIZE"}
# The one version of PostgreSQL that each release of Debian has.
DEBIANS = {"15": "bookworm", "17": "trixie"}


def strings(value):
    """Yields all strings of a YAML document."""
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


# --- The compose file -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["web", "prepare"])
def test_compose_gives_the_site_all_settings_but_where_it_listens(name):
    assert SERVICES[name]["environment"].keys() == set(SETTINGS) - {"HOST", "PORT", "DEBUG"}


def test_compose_and_its_example_use_known_variables():
    used = {match[1] for text in strings(COMPOSE) for match in VARIABLE.finditer(text)}

    assert used <= {*SETTINGS, *OWN_VARIABLES}
    example = re.findall(r"^([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert set(example) <= used


@pytest.mark.parametrize("name", SERVICES)
def test_the_log_of_each_container_is_limited(name):
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"])
def test_variables_without_a_safe_default_must_be_set(name):
    uses = [
        match for text in strings(COMPOSE) for match in VARIABLE.finditer(text) if match[1] == name
    ]

    assert uses
    assert all(match[2] == "?" and name in match[3] for match in uses)


def test_compose_has_the_defaults_of_the_settings():
    given = SERVICES["web"]["environment"]
    for name in (
        "SUBMIT_RATE",
        "REPORT_RATE",
        "FIGURE_RATE",
        "LOGIN_RATE",
        "API_RATE",
        "DATABASE_POOL",
        "LOG_FORMAT",
        "REQUIRE_APPROVAL",
        "CANVAS_SIZES",
        "DEFAULT_COLORMAP",
        "MAX_UPLOAD_BYTES",
    ):
        [(_, _, default)] = VARIABLE.findall(given[name])
        assert (
            f"| `{name}` | `{default}` |" in Path(settings.BASE_DIR, "docs/settings.md").read_text()
        )


def test_nginx_takes_as_large_a_body_as_the_site():
    names = ("nginx", "web")
    limits = {SERVICES[name]["environment"]["MAX_UPLOAD_BYTES"] for name in names}

    assert len(limits) == 1


def test_nginx_gets_all_variables_of_its_configuration():
    templates = "".join(path.read_text() for path in TEMPLATES.glob("*.template"))

    assert set(re.findall(r"\$\{([A-Z_]+)\}", templates)) == SERVICES["nginx"]["environment"].keys()


def test_services_wait_for_healthy_dependencies():
    for service in SERVICES.values():
        for name, needed in service.get("depends_on", {}).items():
            if needed["condition"] == "service_healthy":
                image_has_one = "build" in SERVICES[name]
                assert image_has_one or "healthcheck" in SERVICES[name]
            else:
                assert SERVICES[name]["restart"] == "no"


def test_nginx_is_reached_where_it_listens():
    nginx = SERVICES["nginx"]
    [published] = nginx["ports"]
    port = nginx["environment"]["NGINX_LISTEN"]

    assert published.rpartition(":")[2] == port
    assert port in nginx["healthcheck"]["test"]


def test_nginx_includes_the_directives_of_the_host():
    included = re.findall(
        r"include (/.+)/\*\.conf;", (TEMPLATES / "drawsite.conf.template").read_text()
    )
    folders = dict(volume.split(":")[1::-1] for volume in SERVICES["nginx"]["volumes"])

    assert [folders[path] for path in included] == ["./drawsite.d"]
    # The repository ships none.
    shipped = subprocess.check_output(["git", "ls-files", "drawsite.d"], cwd=DEPLOY, text=True)
    assert shipped.splitlines() == ["drawsite.d/real_ip.example"]


def test_the_site_starts_after_prepare_has_succeeded():
    assert SERVICES["prepare"]["command"] == ["python", "manage.py", "prepare"]
    assert SERVICES["web"]["depends_on"]["prepare"] == {
        "condition": "service_completed_successfully"
    }
    assert "command" not in SERVICES["web"]


def test_volumes_are_declared_and_only_nginx_publishes_a_port():
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }

    assert {name for name in used if not name.startswith(".")} == COMPOSE["volumes"].keys()
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]


# --- The image ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    image = Image(tmp_path_factory.mktemp("root"))
    image.build(clone(tmp_path_factory.mktemp("clone")), packages=Path(sys.prefix))
    return image


def test_the_image_has_a_postgresql_client_of_the_servers_version():
    [client] = [text for _, text in steps() if "postgresql-client" in text]
    [version] = re.findall(r"postgresql-client-(\d+)", client)
    bases = [text.split()[0] for instruction, text in steps() if instruction == "FROM"]

    assert SERVICES["postgres"]["image"] == f"postgres:{version}"
    assert {base.rpartition("-")[2] for base in bases} == {DEBIANS[version]}
    # In the last stage, which is the image.
    order = [text for instruction, text in steps() if instruction == "FROM" or text == client]
    assert order[-1] == client


@pytest.mark.parametrize("name", ["web", "prepare"])
def test_the_images_user_may_write_only_to_volumes(name):
    """A new volume takes over the owner of the folder in the image."""
    data = next(text for _, text in steps() if text.startswith("DATA_DIR=")).partition("=")[2]
    mounted = [volume.partition(":")[2] for volume in SERVICES[name]["volumes"]]
    owned = [text for _, text in steps() if text.startswith("chown")]

    assert mounted == [data, f"{data}/backups"]
    assert owned == [f"chown -R drawsite:drawsite {data}"]
    made = [text for instruction, text in steps() if instruction == "RUN"]
    assert made.index(f"mkdir -m 700 {data}/backups") < made.index(owned[0])
    assert SERVICES[name]["read_only"] is True


def test_the_image_installs_only_hashed_packages_and_does_not_run_as_root():
    installs = [text for _, text in steps() if "pip install" in text]
    users = [text for instruction, text in steps() if instruction == "USER"]

    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert users == ["drawsite"]


def test_the_build_context_has_exactly_what_the_image_copies():
    copied = {
        source
        for instruction, text in steps()
        if instruction == "COPY" and "--from" not in text
        for source in text.split()[:-1]
    }
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text()

    assert {name.removeprefix("!") for name in re.findall("^!.+", ignored, re.MULTILINE)} == copied


def test_the_image_has_no_key_and_its_server_writes_no_file(built, transactional_db):
    assert {path.name for path in (built.site / "data").iterdir()} == {"static", "backups"}
    before = files(built)
    with serving(built) as is_healthy:
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy():
            assert time.monotonic() < deadline
    assert not is_healthy()
    assert files(built) == before


def test_prepare_and_backup_in_the_image_write_only_to_its_data(built, transactional_db):
    before = files(built)

    built.run(SERVICES["prepare"]["command"], **host_settings())
    built.run(["python", "manage.py", "backup"], **host_settings())

    data = built.site / "data"
    assert [path.stem.partition("-")[0] for path in (data / "backups").iterdir()] == ["drawsite"]
    written = {path for path, time in files(built).items() if before.get(path) != time}
    assert all(path.is_relative_to(data) for path in written)


def files(image):
    return {path: path.stat().st_mtime_ns for path in image.site.rglob("*")}


def host_settings():
    return {
        "SECRET_KEY": "a key of my own",
        "DATABASE_URL": database_url(),
        "ALLOWED_HOSTS": "wall.example,localhost",
        "HTTPS": "on",
        "TRUSTED_PROXIES": "1",
    }


@contextmanager
def serving(image):
    """Run the image's server. Yields a function that runs the image's health check."""
    environment = {
        **image.environment,
        **host_settings(),
        "HOST": "127.0.0.1",
        "PORT": str(Server().port),
        "WEB_WORKERS": "1",
    }

    def is_healthy():
        check = subprocess.run(
            image.healthcheck, cwd=image.site, env=environment, stderr=subprocess.PIPE
        )
        return check.returncode == 0

    server = subprocess.Popen(image.command, cwd=image.site, env=environment)
    try:
        yield is_healthy
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


# --- The service ----------------------------------------------------------------------------


def test_the_service_sets_known_variables_and_runs_existing_programs():
    unit = (DEPLOY / "drawsite.service").read_text()
    variables = set(re.findall(r"^Environment=([A-Z_]+)=", unit, re.MULTILINE))
    commands = re.findall(r"^ExecStart(?:Pre)?=(\S+) (\S+)", unit, re.MULTILINE)
    [home] = re.findall(r"^WorkingDirectory=(.+)$", unit, re.MULTILINE)

    assert variables - {"MPLCONFIGDIR", "PYTHONDONTWRITEBYTECODE"} == {"DATA_DIR"}
    for program, first in commands:
        assert Path(program.replace(f"{home}/.venv", sys.prefix)).is_file()
        assert first == "drawsite.wsgi" or Path(settings.BASE_DIR, first).is_file()
