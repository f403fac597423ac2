"""Tokens: made and revoked in the admin, and what they open in the API."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from drawings.models import ApiToken, Drawing, Report
from drawings.services import api_tokens
from drawsite.environment import Rate
from tests.support import samples
from tests.support.installation import installation

URL = "/api/v1/drawings"
STATISTICS = "/api/v1/statistics"
EXPORT = "/api/v1/export."
ADMIN = "/admin/drawings/apitoken/"
AGES = 10**9

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(tmp_path):
    with installation(tmp_path) as site:
        yield site


@pytest.fixture
def make_token(django_user_model):
    """Makes a token of a new member of staff with these permissions; the headers that show it, and
    its row."""

    def make(*permissions, **values):
        user = django_user_model.objects.create_user(uuid4().hex, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        scopes = {"may_read": True, "may_curate": True, "may_export": True}
        token = ApiToken(name="Notebook", user=user, **{**scopes, **values})
        secret = api_tokens.set_secret(token)
        token.save()
        return {"Authorization": f"Bearer {secret}"}, token

    return make


def date_in(days):
    return timezone.now().date() + timedelta(days=days)


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

    assert len(secret) >= 43 + len(api_tokens.PREFIX)  # 256 bits, six to a character
    assert not [value for value in row.values() if secret in str(value)]
    assert secret.startswith(row["begins"])
    assert len(row["begins"]) < len(api_tokens.PREFIX) + 10
    assert api_tokens.find_token(secret) == token


def test_no_two_secrets_are_alike(admin_user):
    assert len({api_tokens.set_secret(ApiToken(user=admin_user)) for _ in range(50)}) == 50


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
        lambda token: ApiToken.objects.update(expires_on=date_in(-1)),
        lambda token: type(token.user).objects.update(is_active=False),
        lambda token: type(token.user).objects.update(is_staff=False),
        lambda token: token.user.delete(),
    ],
    ids=["revoked", "expired", "inactive", "no longer staff", "gone"],
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
    guess = {"Authorization": f"Bearer {api_tokens.PREFIX}guess"}

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
    stored_at = drawing.changed_at
    Report.objects.create(drawing=drawing, reason="other")

    response = change(client, drawing, status, headers)

    assert response.status_code == 200
    assert response.json()["status"] == status
    assert datetime.fromisoformat(response.json()["updated_at"]) > stored_at
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
    Drawing.objects.update_stamped(title="Something else")

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
    Drawing.objects.update_stamped(title="Something else")

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


# --- Its scope ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("may_read", {"read", "statistics"}),
        ("may_curate", {"read", "statistics", "curate"}),
        ("may_export", {"export"}),
    ],
)
def test_a_token_does_no_more_than_its_scope(client, make_token, make_drawing, scope, allowed):
    none = dict.fromkeys(["may_read", "may_curate", "may_export"], False)
    permissions = ("view_drawing", "curate_drawing", "export_drawing")
    headers, _ = make_token(*permissions, **{**none, scope: True})
    hidden = make_drawing(status="hidden")
    drawing = make_drawing()

    answers = {
        "read": client.get(f"{URL}?status=hidden", headers=headers),
        "statistics": client.get(STATISTICS, headers=headers),
        "export": client.get(f"{EXPORT}csv", headers=headers),
        "curate": change(client, drawing, "hidden", headers),
    }

    assert {name for name, answer in answers.items() if answer.status_code == 200} == allowed
    assert {answer.status_code for answer in answers.values()} <= {200, 403}
    one = client.get(f"{URL}/{hidden.id}", headers=headers).status_code
    assert one == (200 if "read" in allowed else 404)
    assert client.get(f"{EXPORT}csv?status=hidden", headers=headers).status_code == 403


def test_a_scope_gives_nothing_that_the_user_may_not(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")

    assert change(client, make_drawing(), "hidden", headers).status_code == 403
    assert client.get(f"{EXPORT}csv", headers=headers).status_code == 403


def test_a_token_that_has_expired_gets_the_answer_of_one_that_never_was(client, make_token):
    headers, _ = make_token("view_drawing", expires_on=date_in(-1))
    unknown = {"Authorization": f"Bearer {api_tokens.PREFIX}guess"}

    answers = [client.get(URL, headers=each) for each in (headers, unknown)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


def test_a_token_works_on_its_last_day(client, make_token):
    headers, _ = make_token(expires_on=date_in(0))

    assert client.get(URL, headers=headers).status_code == 200


def test_the_database_takes_no_token_without_a_scope(make_token):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_token(may_read=False, may_curate=False, may_export=False)


def test_an_upgrade_leaves_old_tokens_their_rights_for_a_year(site):
    site.manage("migrate", "--verbosity=0")
    site.manage("migrate", "drawings", "0005", "--verbosity=0")
    with site.database() as database:
        database.execute(
            "INSERT INTO auth_user (username, password, first_name, last_name, email,"
            " is_superuser, is_staff, is_active, date_joined)"
            " VALUES ('ada', '', '', '', '', TRUE, TRUE, TRUE, CURRENT_TIMESTAMP)"
        )
        database.execute(
            "INSERT INTO drawings_apitoken (name, begins, digest, created_at, user_id)"
            " SELECT 'Old', '', 'x', CURRENT_TIMESTAMP, id FROM auth_user"
        )

    site.manage("migrate", "--verbosity=0")

    with site.database() as database:
        columns = "expires_on, may_read, may_curate, may_export"
        (row,) = database.execute(f"SELECT {columns} FROM drawings_apitoken").fetchall()  # noqa: S608
    assert str(row[0]) == str(date_in(365))
    assert all(row[1:])


# --- The admin ------------------------------------------------------------------------------


@pytest.fixture
def data(client, django_user_model):
    """A client of somebody in the group Data."""
    user = django_user_model.objects.create_user("data", is_staff=True)
    user.groups.set([Group.objects.get(name="Data")])
    client.force_login(user)
    return client


def form(name="Notebook", **values):
    return {"name": name, "expires_on": date_in(365), "may_read": "on", **values}


def make_in_admin(client, name="Notebook", **values):
    response = client.post(f"{ADMIN}add/", form(name, **values))
    (secret,) = re.findall(r'class="secret">([^<]+)<', response.content.decode())
    return response, secret


def test_a_token_is_shown_once_and_works(data, make_drawing):
    make_drawing(status="hidden")

    response, secret = make_in_admin(data)

    token = ApiToken.objects.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "you won't see it again" in response.content.decode()
    assert not response.cookies.get("messages")
    assert (token.user.username, token.name) == ("data", "Notebook")
    headers = {"Authorization": f"Bearer {secret}"}
    assert data.get(f"{URL}?status=hidden", headers=headers).status_code == 200
    for url in (ADMIN, f"{ADMIN}{token.pk}/change/", f"{ADMIN}{token.pk}/history/", "/admin/"):
        page = data.get(url)
        assert page.status_code == 200
        assert secret not in page.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Added."


def test_expiry_and_scope_are_chosen_in_the_form_and_shown_in_the_list(data):
    page = data.get(f"{ADMIN}add/").content.decode()
    assert f'value="{date_in(365)}"' in page

    made, _ = make_in_admin(data, expires_on=date_in(10), may_export="on")

    token = ApiToken.objects.get()
    assert token.expires_on == date_in(10)
    assert (token.may_read, token.may_curate, token.may_export) == (True, False, True)
    shown = date_format(date_in(10))
    assert shown in made.content.decode()
    assert shown in data.get(ADMIN).content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"expires_on": date_in(-1)}, "This day has passed."),
        ({"expires_on": "soon"}, "Enter a valid date."),
        ({"expires_on": ""}, "This field is required."),
        ({"may_read": ""}, "Choose at least one of Read, Curate and Export."),
    ],
)
def test_a_token_that_could_do_nothing_is_refused_with_the_reason(data, values, sentence):
    page = data.post(f"{ADMIN}add/", form(**values))

    assert sentence in page.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("days", "is_warned"), [(0, True), (30, True), (31, False), (-1, False)])
def test_who_has_a_token_is_warned_before_it_expires(data, days, is_warned):
    make_in_admin(data, name="<Notebook>")
    ApiToken.objects.update(expires_on=date_in(days))

    page = data.get("/admin/").content.decode()
    assert ("“&lt;Notebook&gt;” expires on" in page) is is_warned

    ApiToken.objects.update(revoked_at=timezone.now())
    assert "expires on" not in data.get("/admin/").content.decode()


def test_others_tokens_are_nothing_to_be_warned_of(data, make_token):
    make_token(expires_on=date_in(1))

    assert "expires on" not in data.get("/admin/").content.decode()


def test_what_is_sent_beside_the_name_is_not_heard(data, admin_user):
    data.post(f"{ADMIN}add/", form(user=admin_user.pk, digest="x", begins="x"))

    assert ApiToken.objects.get().user.username == "data"


def test_a_name_is_a_line_of_text_and_text_on_every_page(data):
    assert data.post(f"{ADMIN}add/", form("a\0b")).status_code == 200
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
    assert client.post(f"{ADMIN}add/", form()).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_user_who_has_tokens_can_be_deleted(admin_client, make_token):
    _, token = make_token()

    admin_client.post(f"/admin/auth/user/{token.user_id}/delete/", {"post": "yes"})

    assert not ApiToken.objects.exists()
