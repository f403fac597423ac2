import json
import logging
import re
import sys

import pytest
from django.db import DatabaseError, OperationalError, connection

from drawings.models import Drawing
from drawsite.observability import log_formats
from drawsite.server import logging as server_logging
from tests.support import samples

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
MADE = re.compile(r"[A-Za-z0-9_-]{12}")
GIVEN = "0123456789abcdef0123456789abcdef"
PERSONAL = ("Anna", "Secret%20title", "Secret title", "203.0.113.9", "sessionid", "Mozilla")


@pytest.fixture
def lines(monkeypatch):
    """The lines logged during the test, in both formats."""
    lines: dict[str, list[str]] = {"json": [], "text": []}

    class Keeper(logging.Handler):
        def emit(self, record):
            for name, formatter in log_formats.FORMATTERS.items():
                lines[name].append(formatter().format(record))

    keeper = Keeper()
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(keeper)
    yield lines
    for logger in loggers:
        logger.removeHandler(keeper)


def events(lines):
    return [json.loads(line) for line in lines["json"]]


def test_each_request_is_one_line(client, lines):
    response = client.get("/gallery/?q=tree")

    (event,) = events(lines)
    assert event.pop("time").endswith("+00:00")
    assert event.pop("ms") > 0
    assert event == {
        "level": "INFO",
        "logger": "drawsite.request",
        "message": "request",
        "method": "GET",
        "path": "/gallery/",
        "route": "drawings:gallery",
        "status": 200,
        "request_id": response["X-Request-ID"],
    }
    (line,) = lines["text"]
    assert "request method=GET path=/gallery/ route=drawings:gallery status=200" in line


def test_a_path_cannot_begin_another_line_nor_fill_the_log(client, lines):
    client.get("/nowhere%0aERROR%20all%20is%20lost/" + "x" * 1000)

    (line,) = lines["text"]
    assert "\n" not in line
    assert "path=/nowhere%0AERROR%20all%20is%20lost/xxx" in line
    assert len(line) < 500


def test_nothing_personal_is_logged(client, lines):
    drawing = {"canvas_data": samples.brightness_list("0"), "title": "Secret title"}
    headers = {"User-Agent": "Mozilla", "Cookie": "sessionid=Anna"}
    client.post(
        "/drawings/", {**drawing, "artist": "Anna"}, headers=headers, REMOTE_ADDR="203.0.113.9"
    )
    client.get("/gallery/?q=Secret%20title", headers=headers, REMOTE_ADDR="203.0.113.9")
    client.get("/", headers={"Host": "Anna.example"})

    written = "".join(lines["json"] + lines["text"])
    assert Drawing.objects.count() == 1
    assert written.count("\n") == 0
    assert not [word for word in PERSONAL if word in written]


# --- Errors ---------------------------------------------------------------------------------


def fail(error):
    def fail(*args):
        raise error

    return connection.execute_wrapper(fail)


def test_an_error_is_logged_with_its_traceback_and_without_its_message(client, lines):
    client.raise_request_exception = False
    with fail(DatabaseError("Failing row contains (Secret title, Anna).")):
        response = client.get("/gallery/")

    error, request = events(lines)
    assert response.status_code == request["status"] == 500
    assert error["error"] == "django.db.utils.DatabaseError"
    assert any("views/pages.py" in frame for frame in error["traceback"])
    assert error["request_id"] == request["request_id"] == response["X-Request-ID"]
    assert not [word for word in PERSONAL if word in "".join(lines["json"] + lines["text"])]


def test_a_database_that_does_not_answer_is_logged_without_client_data(client, lines):
    with fail(OperationalError("canceled\nCONTEXT: (Secret title, Anna)")):
        assert client.get("/gallery/").status_code == 503

    assert "The database did not answer: canceled" in "".join(lines["text"])
    assert "Secret" not in "".join(lines["text"])


def test_the_page_of_an_error_names_the_request(client):
    client.raise_request_exception = False
    with fail(DatabaseError()):
        response = client.get("/gallery/")

    assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()
    assert "<code>" not in client.get("/nowhere").content.decode()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Invalid request from ip=203.0.113.9: Anna", "Invalid request"),
        ("Error handling request /gallery/?q=Anna", "Error handling request"),
        ("Worker exiting (pid: 7)", "Worker exiting (pid: 7)"),
    ],
)
def test_gunicorns_own_lines_have_no_client_data(said, kept):
    failure = (ValueError, ValueError("Anna"), None)
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 1, said, None, failure)

    assert server_logging.remove_client_data(record)
    event = log_formats.extract_values(record)
    assert event["message"] == kept
    assert ("says" in event) == ("request" not in kept)


def test_outside_a_request_an_error_is_logged_with_its_message():
    try:
        raise ValueError("no such file")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "Lost", None, sys.exc_info())

    first, *frames = log_formats.TextFormatter().format(record).splitlines()

    assert first.endswith("ERROR x: Lost error=builtins.ValueError says=no such file")
    assert frames
    assert all(frame.startswith("    ") for frame in frames)


# --- Request ids ----------------------------------------------------------------------------


def test_every_response_has_a_different_id(client):
    ids = {client.get(path)["X-Request-ID"] for path in ("/gallery/", "/gallery/", "/nowhere")}

    assert len(ids) == 3
    assert all(MADE.fullmatch(each) for each in ids)


def test_a_trusted_proxy_may_send_the_id(client, settings):
    settings.TRUSTED_PROXIES = 1

    assert client.get("/healthz", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN


@pytest.mark.parametrize(("proxies", "given"), [(0, GIVEN), (1, "a b"), (1, "x" * 65), (1, "<b>")])
def test_other_ids_are_ignored(client, settings, proxies, given):
    settings.TRUSTED_PROXIES = proxies

    assert MADE.fullmatch(client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"])


def test_a_proxy_that_the_settings_do_not_know_of_is_warned_of_once(client, settings, lines):
    for _ in range(2):
        client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})

    warnings = [event["message"] for event in events(lines) if event["level"] == "WARNING"]
    assert len(warnings) == 1
    assert "set TRUSTED_PROXIES" in warnings[0]
    assert "203.0.113.9" not in "".join(lines["text"])


def test_a_proxy_that_the_settings_know_of_is_not_warned_of(client, settings, lines):
    settings.TRUSTED_PROXIES = 1
    client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})

    assert [event["message"] for event in events(lines)] == ["request"]
