"""API tokens: made, checked, limited to their scope, revoked."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drawings.models import ApiToken
from drawings.services import api_tokens
from drawsite.environment import Rate
from tests.support import samples
from tests.support.api import change, date_in
from tests.support.installation import installation

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

STATISTICS = "/api/v1/statistics"

EXPORT = "/api/v1/export."

AGES = 10**9


@pytest.fixture
def site(tmp_path):
    with installation(tmp_path) as site:
        yield site


# --- Checking a token ---------------------------------------------------------------------


def test_the_database_does_not_contain_the_secret(make_token):
    headers, token = make_token()
    secret = headers["Authorization"].removeprefix("Bearer ")

    row = ApiToken.objects.values().get()

    assert len(secret) >= 43 + len(api_tokens.PREFIX)  # 256 bits, six to a character
    assert not [value for value in row.values() if secret in str(value)]
    assert secret.startswith(row["begins"])
    assert len(row["begins"]) < len(api_tokens.PREFIX) + 10
    assert api_tokens.find_token(secret) == token


def test_every_secret_is_different(admin_user):
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
def test_an_invalid_token_is_refused_even_where_none_is_needed(client, header, path):
    response = client.get(URL + path, headers={"Authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert list(response.json()["errors"]) == ["request"]
    assert response["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in response


def test_basic_authentication_for_a_proxy_is_not_taken_for_a_token(client):
    assert client.get(URL, headers={"Authorization": "Basic YTpi"}).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: ApiToken.objects.update(revoked_at=timezone.now()),
        lambda token: ApiToken.objects.update(expires_on=date_in(-1)),
        lambda token: type(token.user).objects.update(is_active=False),
        lambda token: token.user.user_permissions.clear(),
        lambda token: token.user.delete(),
    ],
    ids=["revoked", "expired", "inactive", "no longer staff", "gone"],
)
def test_a_token_that_is_no_longer_valid_is_refused_at_once(client, make_token, spoil):
    headers, token = make_token("view_drawing")
    assert client.get(URL, headers=headers).status_code == 200

    spoil(token)

    assert client.get(URL, headers=headers).status_code == 401


def test_the_last_use_of_a_token_is_recorded_once_a_day(client, make_token):
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
def test_a_reader_does_not_wait_for_a_writer(client, transactional_db, make_token):
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
def test_a_reader_does_not_wait_for_another_that_records_the_same_use(
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


def test_a_client_that_guesses_tokens_is_limited(client, settings, make_token):
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
    assert after.status_code == 429  # otherwise a correct guess would stand out
    assert client.get(URL).status_code == 200


# --- Scopes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("may_read", {"read", "statistics"}),
        ("may_curate", {"read", "statistics", "curate"}),
        ("may_export", {"export"}),
    ],
)
def test_a_token_allows_no_more_than_its_scope(client, make_token, make_drawing, scope, allowed):
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


def test_a_scope_grants_nothing_that_the_user_may_not_do(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")

    assert change(client, make_drawing(), "hidden", headers).status_code == 403
    assert client.get(f"{EXPORT}csv", headers=headers).status_code == 403


def test_an_expired_token_gets_the_same_response_as_an_unknown_one(client, make_token):
    headers, _ = make_token("view_drawing", expires_on=date_in(-1))
    unknown = {"Authorization": f"Bearer {api_tokens.PREFIX}guess"}

    answers = [client.get(URL, headers=each) for each in (headers, unknown)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


def test_a_token_works_on_its_last_day(client, make_token):
    headers, _ = make_token(expires_on=date_in(0))

    assert client.get(URL, headers=headers).status_code == 200


def test_the_database_rejects_a_token_without_a_scope(make_token):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_token(may_read=False, may_curate=False, may_export=False)


def test_an_upgrade_keeps_the_rights_of_old_tokens_for_a_year(site):
    site.migrate()
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
