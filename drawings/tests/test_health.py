import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_alive(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_a_site_that_can_serve_is_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_no_cache_answers_for_the_site(client, url):
    response = client.get(url)

    assert "no-store" in response["Cache-Control"]
    assert client.head(url).status_code == 200


@pytest.mark.parametrize("app", ["drawings", "auth", "sessions"])
def test_a_site_whose_migrations_are_not_applied_is_not_ready(client, app):
    last = MigrationRecorder.Migration.objects.filter(app=app).latest("id")
    last.delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "fault": "migrations are not applied"}


@pytest.mark.parametrize("table", ["drawings_drawing", "django_migrations"])
def test_a_site_whose_table_is_missing_is_not_ready_and_yet_alive(client, table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert client.get("/healthz").status_code == 200


def test_a_site_whose_database_is_away_is_not_ready_and_yet_alive(client):
    def away(*args):
        raise OperationalError("could not connect")

    with connection.execute_wrapper(away):
        ready, alive = client.get("/readyz"), client.get("/healthz")

    assert ready.status_code == 503
    assert ready.json()["fault"] == "the database does not answer"
    assert alive.status_code == 200
