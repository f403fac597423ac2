"""Datasets for staff to download: the admin page and the stream."""

import gc
import io
import socket
import zipfile
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections, connection
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from playwright.sync_api import expect
from pyarrow import parquet as arrow

from drawings.datasets import PYARROW_MISSING
from drawings.datasets.exports import parquet
from drawings.datasets.exports.formats import FORMATS, NOTHING_SELECTED
from drawings.forms.export import FILTER_FIELDS
from drawings.http import exports
from drawings.http.errors import refusal_response
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawsite.lib.refusals import RefusedError
from tests.support import sample_wall

PAGE = "/admin/drawings/drawing/export/"
LIST = "/admin/drawings/drawing/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_connection():
    """Stops a closed response from closing the connection with the test's transaction."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def wall(make_drawing):
    return sample_wall.fill(make_drawing, 12)


@pytest.fixture
def data_user(client, django_user_model):
    """A user in the group "Data", which may only view and export drawings."""
    user = django_user_model.objects.create_user("data")
    user.groups.add(Group.objects.get(name="Data"))
    client.force_login(user)
    return user


@pytest.fixture
def respond(admin_user):
    def make(format="csv", selection=DrawingFilter.published()):  # noqa: B008 - it is a tuple
        request = RequestFactory().post(PAGE)
        request.user = admin_user
        try:
            return exports.export_response(request, format, selection)
        except RefusedError as error:
            return refusal_response(request, error)

    return make


def sent(**values):
    return {"format": "csv", "status": "published", **values}


def download(client, **values):
    response = client.post(PAGE, sent(**values))
    assert response.status_code == 200, response.content
    return response, b"".join(response.streaming_content)


def export_slot_is_free():
    return not exports._export_lock.locked()


# --- The page -------------------------------------------------------------------------------


def test_the_list_links_to_the_export_page_with_its_form(client, data_user):
    assert f'<a href="{PAGE}">Export</a>' in client.get(LIST).content.decode()

    page = client.get(PAGE)

    assert page.status_code == 200
    text = page.content.decode()
    for name in ("format", *FILTER_FIELDS):
        assert f'name="{name}"' in text
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    "codenames", [["view_report"], ["view_drawing", "curate_drawing", "change_drawing"]]
)
def test_an_export_needs_the_permission_to_export(client, django_user_model, codenames, wall):
    user = django_user_model.objects.create_user("staff")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, sent()).status_code == 403
    if "view_drawing" in codenames:
        assert PAGE not in client.get(LIST).content.decode()


@pytest.mark.parametrize("status", ["pending", "hidden"])
def test_without_the_view_permission_only_published_drawings_can_be_exported(
    client, django_user_model, make_drawing, status
):
    make_drawing()
    make_drawing(status=status)
    user = django_user_model.objects.create_user("staff")
    user.user_permissions.set(Permission.objects.filter(codename="export_drawing"))
    client.force_login(user)

    refused = client.post(PAGE, sent(status=status))

    assert refused.status_code == 422
    assert "Select a valid choice" in refused.content.decode()
    assert f'value="{status}"' not in client.get(PAGE).content.decode()
    assert download(client)[1].count(b"\n") == 2
    request = RequestFactory().post(PAGE)
    request.user = user
    with pytest.raises(RefusedError) as refused:
        exports.export_response(request, "csv", DrawingFilter(status=status))
    assert refused.value.status == 403
    assert export_slot_is_free()


def test_visitors_are_sent_to_the_login_page(client, wall):
    response = client.post(PAGE, sent())

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


@pytest.mark.parametrize("name", FORMATS)
def test_a_download_equals_the_file_that_the_command_writes(
    client, data_user, wall, tmp_path, name
):
    response, content = download(client, format=name)

    call_command("export_drawings", tmp_path / f"wall.{name}", verbosity=0)
    written = (tmp_path / f"wall.{name}").read_bytes()
    assert response["Content-Type"] == FORMATS[name].content_type
    today = datetime.now(UTC).date()
    assert response["Content-Disposition"] == f'attachment; filename="drawings-{today}.{name}"'
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    if name in ("zip", "npz"):
        ours, theirs = (zipfile.ZipFile(io.BytesIO(data)) for data in (content, written))
        assert ours.testzip() is None
        assert ours.namelist() == theirs.namelist()
        # These two contain the time of the export.
        for each in set(ours.namelist()) - {"README.md", "card.npy"}:
            assert ours.read(each) == theirs.read(each)
    else:
        assert content == written


def test_an_export_contains_only_drawings_that_match_the_filters(client, data_user, wall):
    values = {"artist": "Ada", "since": "2026-03-01", "until": "2026-03-01", "cmap": "gray"}
    _, content = download(client, format="parquet", q="", **values)

    table = arrow.read_table(io.BytesIO(content))
    assert table["id"].to_pylist() == [
        str(drawing.id) for drawing in wall if (drawing.artist, drawing.colormap) == ("Ada", "gray")
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"format": "exe"}, "Select a valid choice"),
        ({"status": "deleted"}, "Select a valid choice"),
        ({"cmap": "<b>"}, "There is no colormap of this name."),
        ({"since": "31/12/2026"}, "Enter a day as YYYY-MM-DD."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "This day is before the first day."),
        ({"q": "\0"}, "Null characters are not allowed."),
        ({"artist": "Nobody"}, NOTHING_SELECTED),
    ],
)
def test_an_invalid_export_request_is_explained_on_the_page(
    client, data_user, wall, values, sentence
):
    response = client.post(PAGE, sent(**values))

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert export_slot_is_free()


def test_without_pyarrow_the_page_says_how_to_install_it(client, data_user, wall, monkeypatch):
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)

    response = client.post(PAGE, sent(format="parquet"))

    assert response.status_code == 422
    assert PYARROW_MISSING in response.content.decode()


def test_an_export_is_recorded_in_the_admin_log(client, data_user, wall):
    download(client, format="zip", artist="Ada", since="2026-03-01")

    entry = LogEntry.objects.get()
    assert entry.user == data_user
    assert entry.get_change_message() == (
        "Exported as zip. artist: Ada, since: 2026-03-01 00:00:00+00:00, status: published"
    )
    assert entry.content_type == ContentType.objects.get_for_model(Drawing)


# --- The stream -----------------------------------------------------------------------------


def test_an_export_is_streamed_batch_by_batch(respond, wall, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK_BYTES", 1)
    monkeypatch.setattr("drawings.datasets.exports.source.BATCH_ROWS", 2)
    monkeypatch.setattr("drawings.datasets.exports.source.FETCH_ROWS", 1)

    response = respond()

    assert response.streaming
    assert len(list(response)) == 7  # the header row and six batches
    response.close()


def test_a_second_export_at_once_gets_503_with_retry_after(respond, wall):
    first = respond()
    next(iter(first))

    second = respond()
    assert (second.status_code, second["Retry-After"]) == (503, "60")
    first.close()
    third = respond()

    assert third.status_code == 200
    third.close()
    assert export_slot_is_free()


def test_a_client_that_disconnects_frees_the_export_slot_and_the_snapshot(
    respond, transactional_db, make_drawing, monkeypatch
):
    sample_wall.fill(make_drawing, 6)
    monkeypatch.setattr(exports, "CHUNK_BYTES", 1)
    monkeypatch.setattr("drawings.datasets.exports.source.BATCH_ROWS", 2)
    monkeypatch.setattr("drawings.datasets.exports.source.FETCH_ROWS", 1)
    response = respond()
    next(iter(response))
    assert in_transaction()

    response.close()

    assert not in_transaction()
    assert export_slot_is_free()
    make_drawing()


def in_transaction():
    if connection.vendor == "sqlite":
        return connection.connection.in_transaction
    return connection.in_atomic_block


def test_an_export_that_is_never_read_frees_the_slot(respond, wall):
    respond().close()
    assert export_slot_is_free()

    respond()  # as when another response replaces it
    gc.collect()
    assert export_slot_is_free()


def test_an_export_that_fails_stops_and_frees_the_slot(respond, wall, monkeypatch):
    def fail(out, source):
        yield 0
        raise OperationalError("gone")

    monkeypatch.setitem(FORMATS, "csv", FORMATS["csv"]._replace(write=fail))
    response = respond()

    with pytest.raises(OperationalError):
        list(response)
    assert export_slot_is_free()


def test_an_export_that_takes_too_long_stops_and_frees_the_slot(respond, wall, monkeypatch):
    monkeypatch.setattr(exports, "MAX_SECONDS", -1)

    with pytest.raises(TimeoutError):
        list(respond())
    assert export_slot_is_free()


def test_the_client_socket_has_a_timeout_during_an_export(admin_user, wall):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        request = RequestFactory().post(PAGE)
        request.META["gunicorn.socket"] = ours
        request.user = admin_user
        response = exports.export_response(request, "csv", DrawingFilter.published())
        assert ours.gettimeout() == exports.STALLED_SECONDS
        response.close()
        assert ours.gettimeout() is None


def test_an_export_that_cannot_be_logged_is_not_made(respond, wall, monkeypatch):
    def fail(*arguments):
        raise OperationalError("locked")

    monkeypatch.setattr(exports, "_log_export", fail)

    with pytest.raises(OperationalError):
        respond()
    assert export_slot_is_free()


def test_an_export_can_be_made_on_behalf_of_a_given_user(wall, admin_user):
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    response: HttpResponseBase = exports.export_response(
        request, "csv", DrawingFilter.published(), user=admin_user
    )

    assert b"".join(response).count(b"\n") == 13
    response.close()
    assert LogEntry.objects.get().user == admin_user
    with pytest.raises(RefusedError) as refused:
        exports.export_response(request, "csv", DrawingFilter.published(q="nothing at all"))
    assert refused.value.status == 422


def test_a_browser_can_download_a_complete_export(page, server, admin_user, make_drawing, client):
    sample_wall.fill(make_drawing, 12)
    client.force_login(admin_user)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    page.goto(f"{server.url}{LIST}")
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    page.get_by_label("Format").select_option("zip")

    with page.expect_download() as event:
        page.get_by_role("button", name="Export").click()

    with zipfile.ZipFile(event.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 14
    assert LogEntry.objects.count() == 1
