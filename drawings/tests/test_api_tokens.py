"""Tokens: made and revoked in the admin, and what they open in the API."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drawings import tokens
from drawings.models import ApiToken, Drawing, Report
from drawings.tests import samples
from drawsite.environment import Rate

URL = "/api/v1/drawings"
STATISTICS = "/api/v1/statistics"
EXPORT = "/api/v1/export."
ADMIN = "/admin/drawings/apitoken/"
AGES = 10**9

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_token(django_user_model):
    """Makes a token of a new member of staff with these permissions; the headers that show it, and
    its row."""

    def make(*permissions):
        user = django_user_model.objects.create_user(uuid4().hex, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        token = ApiToken(name="Notebook", user=user)
        secret = tokens.prepare(token)
        token.save()
        return {"Authorization": f"Bearer {secret}"}, token

    return make


def change(client, drawing, status, headers, **seen):
    return client.patch(
        f"{URL}/{drawing.id}",
        json.dumps({"status": status, **seen}),
        content_type="application/json",
        headers=headers,
    )


# --- What a token is ------------------------------------------------------------------------


def test_the_secret_is_nowhere_in_the_database(make_token):
    headers, token = make_token()
    secret = headers["Authorization"].removeprefix("Bearer ")

    row = ApiToken.objects.values().get()

    assert len(secret) >= 43 + len(tokens.MARK)  # 256 bits, six to a character
    assert not [value for value in row.values() if secret in str(value)]
    assert secret.startswith(row["begins"])
    assert len(row["begins"]) < len(tokens.MARK) + 10
    assert tokens.find(secret) == token


def test_no_two_secrets_are_alike(admin_user):
    assert len({tokens.prepare(ApiToken(user=admin_user)) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer drawsite_" + "x" * 43,
        "Bearer " + "x" * 5000,
        "Bearer \xed\xa0\x80",
        "Bearer a b",
    ],
)
@pytest.mark.parametrize("path", ["", f"/{samples.NO_ID}"])
def test_what_is_no_token_is_refused_even_where_none_is_needed(client, header, path):
    response = client.get(URL + path, headers={"Authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert list(response.json()["errors"]) == ["request"]
    assert response["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in response


def test_a_password_that_a_proxy_asked_for_is_no_token(client):
    assert client.get(URL, headers={"Authorization": "Basic YTpi"}).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: ApiToken.objects.update(revoked_at=timezone.now()),
        lambda token: type(token.user).objects.update(is_active=False),
        lambda token: type(token.user).objects.update(is_staff=False),
        lambda token: token.user.delete(),
    ],
    ids=["revoked", "inactive", "no longer staff", "gone"],
)
def test_a_token_that_is_no_more_is_refused_at_once(client, make_token, spoil):
    headers, token = make_token("view_drawing")
    assert client.get(URL, headers=headers).status_code == 200

    spoil(token)

    assert client.get(URL, headers=headers).status_code == 401


def test_that_it_was_used_is_noted_once_a_day(client, make_token):
    headers, token = make_token()
    client.get(URL, headers=headers)
    token.refresh_from_db()
    first = token.last_used_at

    with CaptureQueriesContext(connection) as queries:
        client.get(URL, headers=headers)
    ApiToken.objects.update(last_used_at=first - timedelta(days=1, seconds=1))
    client.get(URL, headers=headers)

    assert timezone.now() - first < timedelta(minutes=1)
    assert not [each["sql"] for each in queries if each["sql"].startswith("UPDATE")]
    token.refresh_from_db()
    assert token.last_used_at > first


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Others lock rows, as below")
def test_a_reader_waits_for_no_writer(client, transactional_db, make_token):
    headers, token = make_token()
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        before = timeout()
        response = client.get(URL, headers=headers)
        other.rollback()

    assert response.status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is None
    assert timeout() == before > 0


def timeout():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return cursor.fetchone()[0]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks all of the database")
def test_a_reader_does_not_wait_for_another_that_notes_the_same(
    client, transactional_db, make_token
):
    headers, token = make_token()
    other = connection.copy()
    with closing(other), transaction.atomic():
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE drawings_apitoken SET name = name")
        response = client.get(URL, headers=headers)

    assert response.status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is None


def test_who_guesses_is_stopped(client, settings, make_token):
    settings.LOGIN_RATE = Rate(2, AGES)
    settings.SECRET_KEY = uuid4().hex
    headers, _ = make_token()
    guess = {"Authorization": f"Bearer {tokens.MARK}guess"}

    before = [client.get(URL, headers=headers).status_code for _ in range(3)]
    guesses = [client.get(URL, headers=guess) for _ in range(3)]
    after = client.get(URL, headers=headers)

    assert before == [200] * 3
    assert [each.status_code for each in guesses] == [401, 401, 429]
    assert int(guesses[2]["Retry-After"]) > 0
    assert after.status_code == 429  # else a guess that is right would still be told from others
    assert client.get(URL).status_code == 200


# --- What it opens --------------------------------------------------------------------------


def test_who_may_view_reads_all(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")
    hidden = make_drawing(status="hidden", title="Fox")
    child = make_drawing(parent=hidden)

    listed = client.get(f"{URL}?status=hidden", headers=headers)
    one = client.get(f"{URL}/{hidden.id}", headers=headers)
    described = client.get(f"{URL}/{child.id}", headers=headers).json()

    assert [each["id"] for each in listed.json()["drawings"]] == [str(hidden.id)]
    assert one.json()["status"] == "hidden"
    assert described["parent"] == str(hidden.id)
    for answer in (listed, one):
        assert answer["Cache-Control"] == "private, no-store"
        assert "Authorization" in answer["Vary"]
        assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(("permission", "title"), [("view_drawing", "Fox"), (None, "Owl")])
def test_only_who_may_view_is_told_of_a_hidden_drawing_by_its_key(
    client, make_token, make_drawing, permission, title
):
    key = uuid4()
    make_drawing(submission_key=key, title="Fox", status="hidden")
    body = {
        "pixels": samples.shades(20, 20).tolist(),
        "title": "Owl",
        "submission_key": str(key),
    }
    headers, _ = make_token(*[permission] if permission else [])

    answer = client.post(URL, body, "application/json", headers=headers).json()

    assert (answer["title"], answer["status"]) == (title, "hidden" if permission else "pending")


def test_without_the_permission_a_token_reads_no_more_than_anybody(
    client, make_token, make_drawing
):
    headers, _ = make_token("curate_drawing", "export_drawing")
    hidden = make_drawing(status="hidden")

    assert client.get(f"{URL}?status=hidden", headers=headers).status_code == 403
    assert client.get(f"{URL}/{hidden.id}", headers=headers).status_code == 404
    assert client.get(f"{URL}?status=published", headers=headers).status_code == 200
    assert client.get(STATISTICS, headers=headers).status_code == 403


@pytest.mark.parametrize("status", Drawing.Status)
def test_who_curates_sets_the_status_and_it_is_written_down(
    client, make_token, make_drawing, status
):
    headers, token = make_token("view_drawing", "curate_drawing")
    was = "hidden" if status == "published" else "published"
    drawing = make_drawing(status=was)
    Report.objects.create(drawing=drawing, reason="other")

    response = change(client, drawing, status, headers)

    assert response.status_code == 200
    assert response.json()["status"] == status
    assert response.json()["updated_at"] > response.json()["created_at"]
    assert Drawing.objects.get().status == status
    assert not Report.objects.waiting().exists()
    said = LogEntry.objects.filter(object_id=drawing.id, user=token.user)
    assert set(said.values_list("change_message", flat=True)) == {
        f"Status set to {status.label}.",
        "Reports settled.",
    }


def test_nobody_decides_on_what_has_changed_since_it_was_seen(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing(title="Fox", status="pending")
    seen = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]
    Drawing.objects.change(title="Something else")

    late = change(client, drawing, "published", headers, updated_at=seen)
    now = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]

    assert late.status_code == 409
    assert late.json()["errors"]["request"] == ["The drawing has changed since. Look at it again."]
    assert Drawing.objects.get().status == "pending"
    assert not LogEntry.objects.exists()
    assert change(client, drawing, "published", headers, updated_at=now).status_code == 200
    assert Drawing.objects.get().status == "published"


def test_reports_of_what_has_changed_since_it_was_seen_still_wait(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing(title="Fox")
    Report.objects.create(drawing=drawing, reason="other")
    seen = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]
    Drawing.objects.change(title="Something else")

    late = change(client, drawing, "published", headers, updated_at=seen)

    assert late.status_code == 409
    assert Report.objects.waiting().count() == 1


@pytest.mark.parametrize("permissions", [[], ["view_drawing"], ["curate_drawing"]])
def test_who_does_not_curate_changes_nothing(client, make_token, make_drawing, permissions):
    headers, _ = make_token(*permissions)
    drawing = make_drawing()

    assert change(client, drawing, "hidden", headers).status_code == 403
    assert change(client, drawing, "hidden", {}).status_code == 401
    assert Drawing.objects.get().status == "published"


@pytest.mark.parametrize(
    ("body", "status", "blamed"),
    [
        ("", 422, "request"),
        ("{}", 422, "status"),
        ("[]", 422, "request"),
        ("null", 422, "request"),
        ('"hidden"', 422, "request"),
        ('{"status": "gone"}', 422, "status"),
        ('{"status": null}', 422, "status"),
        ('{"status": true}', 422, "status"),
        ('{"status": ["hidden"]}', 422, "status"),
        ('{"status": "hid\\u0000den"}', 422, "status"),
        ('{"status": "\\ud800"}', 422, "status"),
        ('{"status": "hidden", "title": "x"}', 422, "title"),
        ('{"status": "hidden", "updated_at": "soon"}', 422, "updated_at"),
        ('{"status": "hidden", "updated_at": 5}', 422, "updated_at"),
        ('{"status": "hidden", "updated_at": null}', 422, "updated_at"),
        ('{"status": "hidden", "\\ud800": "x"}', 422, "request"),
        ('{"status": NaN}', 422, "status"),
        ('{"status": 1e400}', 422, "status"),
        ('{"status": "' + "x" * 5000 + '"}', 422, "status"),
        ("{", 400, "request"),
        ('{"status":' + "[" * 5000, 400, "request"),
        ('{"status": ' + "9" * 5000 + "}", 400, "request"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_status_is_refused_by_name(
    client, make_token, make_drawing, body, status, blamed
):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing()

    response = client.patch(
        f"{URL}/{drawing.id}", body, content_type="application/json", headers=headers
    )

    assert response.status_code == status
    errors = response.json()["errors"]
    assert list(errors) == [blamed]
    assert all(re.fullmatch(r"[A-Z].*\.", each) for each in errors[blamed])
    assert len(response.content) < 300
    assert Drawing.objects.get().status == "published"


def test_a_body_of_many_fields_that_there_are_not_gets_a_short_answer(
    client, make_token, make_drawing
):
    headers, _ = make_token("view_drawing", "curate_drawing")
    fields = ",".join(f'"{number}{"x" * 100}": 1' for number in range(5_000))

    response = client.patch(
        f"{URL}/{make_drawing().id}",
        f"{{{fields}}}",
        content_type="application/json",
        headers=headers,
    )

    assert response.status_code == 422
    assert len(response.content) < 3_000


def test_what_is_not_there_cannot_be_changed(client, make_token):
    headers, _ = make_token("view_drawing", "curate_drawing")

    response = client.patch(
        f"{URL}/{samples.NO_ID}",
        '{"status": "hidden"}',
        content_type="application/json",
        headers=headers,
    )

    assert response.status_code == 404


def test_statistics_are_for_who_may_view(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")
    make_drawing(colormap="magma", status="hidden")

    response = client.get(f"{STATISTICS}?days=365", headers=headers)

    body = response.json()
    assert len(body["days"]) == 365
    assert body["days"][-1]["drawings"] == 1
    assert body["colormaps"] == [{"colormap": "magma", "drawings": 1}]
    assert body["sampled"] == 1
    assert len(client.get(STATISTICS, headers=headers).json()["days"]) == 30
    assert list(client.get(f"{STATISTICS}?days=31", headers=headers).json()["errors"]) == ["days"]
    assert client.get(STATISTICS).status_code == 401


@pytest.mark.parametrize("format", ["npz", "zip", "ndjson", "parquet", "csv"])
def test_who_may_export_takes_the_wall_and_it_is_written_down(
    client, make_token, make_drawing, format
):
    headers, token = make_token("export_drawing")
    make_drawing(artist="Ada")

    response = client.get(f"{EXPORT}{format}?artist=Ada", headers=headers)

    assert response.status_code == 200
    assert b"".join(response.streaming_content)
    assert response["Content-Disposition"].endswith(f'.{format}"')
    assert response["Cache-Control"] == "private, no-store"
    (entry,) = LogEntry.objects.filter(user=token.user)
    assert entry.change_message.startswith(f"Exported as {format}.")


def test_an_export_has_what_is_selected_alone(client, make_token, make_drawing):
    headers, _ = make_token("export_drawing", "view_drawing")
    fox = make_drawing(title="Fox", colormap="magma")
    make_drawing(title="Fox")
    hidden = make_drawing(status="hidden")

    def exported(query):
        response = client.get(f"{EXPORT}csv?{query}", headers=headers)
        lines = b"".join(response.streaming_content).decode().splitlines()
        return [line.partition(",")[0] for line in lines[1:]]

    assert exported("q=fox&cmap=magma&since=2026-01-01&until=2100-01-01") == [str(fox.id)]
    assert exported("status=hidden") == [str(hidden.id)]


def test_an_export_is_refused_in_the_one_form(client, make_token, make_drawing):
    headers, _ = make_token("export_drawing")
    others, _ = make_token("view_drawing")

    for query, shown, status, blamed in [
        ("csv", {}, 401, "request"),
        ("csv", others, 403, "request"),
        ("csv?status=hidden", headers, 403, "request"),
        ("csv", headers, 422, "request"),  # of nothing
        ("csv?cmap=nosuch", headers, 422, "cmap"),
        ("xlsx", headers, 404, "request"),
    ]:
        response = client.get(EXPORT + query, headers=shown)
        assert (response.status_code, list(response.json()["errors"])) == (status, [blamed]), query


# --- The admin ------------------------------------------------------------------------------


@pytest.fixture
def data(client, django_user_model):
    """A client of somebody in the group Data."""
    user = django_user_model.objects.create_user("data", is_staff=True)
    user.groups.set([Group.objects.get(name="Data")])
    client.force_login(user)
    return client


def make_in_admin(client, name="Notebook"):
    response = client.post(f"{ADMIN}add/", {"name": name})
    (secret,) = re.findall(r'class="secret">([^<]+)<', response.content.decode())
    return response, secret


def test_a_token_is_shown_once_and_works(data, make_drawing):
    make_drawing(status="hidden")

    response, secret = make_in_admin(data)

    token = ApiToken.objects.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "is not shown again" in response.content.decode()
    assert not response.cookies.get("messages")
    assert (token.user.username, token.name) == ("data", "Notebook")
    headers = {"Authorization": f"Bearer {secret}"}
    assert data.get(f"{URL}?status=hidden", headers=headers).status_code == 200
    for url in (ADMIN, f"{ADMIN}{token.pk}/change/", f"{ADMIN}{token.pk}/history/", "/admin/"):
        page = data.get(url)
        assert page.status_code == 200
        assert secret not in page.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Added."


def test_what_is_sent_beside_the_name_is_not_heard(data, admin_user):
    form = {"name": "Notebook", "user": admin_user.pk, "digest": "x", "begins": "x"}

    data.post(f"{ADMIN}add/", form)

    assert ApiToken.objects.get().user.username == "data"


def test_a_name_is_a_line_of_text_and_text_on_every_page(data):
    assert data.post(f"{ADMIN}add/", {"name": "a\0b"}).status_code == 200
    assert not ApiToken.objects.exists()

    response, _ = make_in_admin(data, "<img src=x onerror=hacked>")

    for page in (response, data.get(ADMIN)):
        assert "<img src=x" not in page.content.decode()


def test_a_token_is_revoked_and_never_changed(data):
    _, secret = make_in_admin(data)
    token = ApiToken.objects.get()

    data.post(f"{ADMIN}{token.pk}/change/", {"name": "Other"})
    for _ in range(2):
        data.post(ADMIN, {"action": "revoke", "_selected_action": [token.pk]})

    token.refresh_from_db()
    assert token.name == "Notebook"
    assert token.revoked_at is not None
    assert data.get(URL, headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    said = [each.get_change_message() for each in LogEntry.objects.order_by("pk")]
    assert said == ["Added.", "Revoked."]


def test_others_tokens_are_a_superusers_alone_to_see_and_revoke(data, make_token, admin_client):
    _, others = make_token()

    page = data.get(ADMIN).content.decode()
    data.post(ADMIN, {"action": "revoke", "_selected_action": [others.pk]})
    assert others.begins not in page
    assert data.get(f"{ADMIN}{others.pk}/change/").status_code == 302
    others.refresh_from_db()
    assert others.revoked_at is None

    assert others.begins in admin_client.get(ADMIN).content.decode()
    admin_client.post(ADMIN, {"action": "revoke", "_selected_action": [others.pk]})
    others.refresh_from_db()
    assert others.revoked_at is not None


@pytest.mark.parametrize("group", ["Curators", "Editors"])
def test_who_has_not_the_permission_makes_none(client, django_user_model, group):
    user = django_user_model.objects.create_user(group, is_staff=True)
    user.groups.set([Group.objects.get(name=group)])
    client.force_login(user)

    assert client.get(ADMIN).status_code == 403
    assert client.post(f"{ADMIN}add/", {"name": "Notebook"}).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_user_who_has_tokens_can_be_deleted(admin_client, make_token):
    _, token = make_token()

    admin_client.post(f"/admin/auth/user/{token.user_id}/delete/", {"post": "yes"})

    assert not ApiToken.objects.exists()
