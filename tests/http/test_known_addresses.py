"""What is stored about logins."""

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from drawings.http import logins
from drawings.models import KnownAddress
from tests.support.installation import installation
from tests.support.limits import fail, log_in

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"

TRIES = logins.FROM_ONE_ADDRESS.limit


@pytest.fixture
def site(tmp_path):
    with installation(tmp_path) as site:
        yield site


def test_a_failed_login_stores_nothing(client, curators, caplog):
    fail(client, 6)

    assert not KnownAddress.objects.exists()
    assert "A login failed" in caplog.text
    assert not any(word in caplog.text for word in ("ada", HERE, "wrong"))


def test_a_login_stores_a_keyed_hash_and_the_day(client, curators, settings):
    for _ in range(2):
        log_in(client)

    row = KnownAddress.objects.get()
    assert row.seen_on == timezone.now().date()
    assert len(bytes(row.digest)) == 32
    settings.SECRET_KEY = uuid4().hex
    log_in(client)
    assert KnownAddress.objects.count() == 2


def test_an_upgrade_deletes_what_django_axes_had_stored(site):
    site.migrate()
    site.manage("migrate", "drawings", "0004", "--verbosity=0")
    with site.database() as database:
        for table in ("accessattempt", "accesslog", "accessfailurelog"):
            database.execute(f"CREATE TABLE axes_{table} (username varchar(255))")
        database.execute("CREATE TABLE axes_accessattemptexpiration (expires_at varchar(9))")
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('axes', '0001_initial', CURRENT_TIMESTAMP)"
        )
        database.execute(
            "INSERT INTO django_content_type (app_label, model) VALUES ('axes', 'accesslog')"
        )

    site.manage("migrate", "--verbosity=0")

    with site.database() as database:
        for table, column in [("migrations", "app"), ("content_type", "app_label")]:
            query = f"SELECT count(*) FROM django_{table} WHERE {column} = 'axes'"  # noqa: S608
            assert database.execute(query).fetchone() == (0,)
        tables = connection.introspection.table_names(database.cursor())
    assert "django_migrations" in tables
    assert not any(table.startswith("axes") for table in tables)
