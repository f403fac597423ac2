"""What the API's list reads, and what caches keep of it."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from drawings.api import pagination as paging
from drawings.api.pagination import encode_cursor
from drawings.queries import pagination
from tests.support import samples
from tests.support.api import followed, ids, listed
from tests.support.planner import PUBLISHED, plan_for_many

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

NOW = datetime(2026, 1, 22, 15, tzinfo=UTC)


# --- Queries ------------------------------------------------------------------------------


def test_filters_without_an_index_examine_a_limited_number_of_drawings_per_page(
    client, make_many, make_drawing, monkeypatch
):
    monkeypatch.setattr(paging, "MAX_EXAMINED", 4)
    oldest = make_drawing(samples.shades(20, 30))
    make_many(9)
    newest = make_drawing(samples.shades(20, 30))

    pages = followed(client, f"{URL}?width=30")
    by_change = followed(client, f"{URL}?width=30&updated_since=2026-01-01")

    assert pages == [ids(newest), [], ids(oldest)]
    assert by_change == [ids(oldest), [], ids(newest)]


def test_a_search_without_an_index_examines_fewer_drawings_per_page(
    client, make_many, make_drawing, monkeypatch
):
    monkeypatch.setattr(paging, "MAX_SEARCHED", 3)
    fox = make_drawing(title="Fox")
    make_many(4)
    other = make_drawing(title="Fox")

    pages = followed(client, f"{URL}?q=fox&updated_since=2026-01-01")

    assert pages == [ids(fox), ids(other), []]


def test_a_full_page_continues_after_its_last_drawing(client, make_many, monkeypatch):
    monkeypatch.setattr(paging, "MAX_EXAMINED", 4)
    made = make_many(6)

    assert followed(client, f"{URL}?width=200&limit=3") == [made[:3], made[3:]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "cmap=gray",
        "artist=Ada",
        "artist=Ada&cmap=gray&width=200",
        "q=fox",
        "q=fox&artist=Ada&height=200",
        "since=2026-01-01&until=2100-01-01",
        "updated_since=2026-01-01",
        "updated_since=2026-01-01&q=fox&artist=Ada&width=200",
    ],
)
def test_twice_as_many_drawings_take_no_more_queries_and_read_no_pixels(
    client, make_many, make_drawing, query
):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert len(listed(client.get(f"{URL}?limit=100&{query}"))) > 0
        return [each["sql"] for each in captured]

    parent = make_drawing(status="hidden")
    values = {"title": "Fox", "artist": "Ada", "parent": parent}
    make_many(4, **values)
    few = queries()
    make_many(4, **values)
    many = queries()

    assert len(many) == len(few) <= 6
    assert not [sql for sql in many if '"blob"' in sql]
    assert not [sql for sql in many if "COUNT(" in sql.upper()]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", PUBLISHED),
        ("since=2026-01-01&until=2100-01-01", PUBLISHED),
        ("width=200&height=200", PUBLISHED),
        ("cmap=gray", "drawing_status_colormap"),
        ("artist=Ada", "drawing_status_artist"),
        ("artist=Ada&cmap=gray&width=200", "drawing_status_artist"),
        ("updated_since=2026-01-01", "drawing_updated"),
        ("updated_since=2026-01-01&artist=Ada&cmap=gray", "drawing_updated"),
    ],
)
@pytest.mark.parametrize("page", ["first", "further"])
def test_every_page_is_read_from_an_index_in_order(client, make_many, query, index, page):
    make_many(3, artist="Ada")
    address = f"{URL}?limit=1&{query}"
    if page == "further":
        place = pagination.Change(NOW, uuid7())
        address += f"&cursor={encode_cursor(place)}"

    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    finding = [
        each["sql"] for each in queries if "ORDER BY" in each["sql"] and "LIMIT" in each["sql"]
    ]

    assert finding
    plan_for_many()
    for sql in finding:
        plan = plan_of(sql)
        assert re.search(rf"\b{index}\b", plan), plan
        assert not re.search(r"TEMP B-TREE|Sort|SCAN drawings|Seq Scan|Bitmap", plan), plan


def plan_of(sql):
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}")
        return str(cursor.fetchall())


# --- Caches and other origins -------------------------------------------------------------


def test_a_matching_etag_gets_not_modified(client, make_drawing):
    make_drawing()
    etag = client.get(URL)["ETag"]

    again = client.get(URL, headers={"If-None-Match": etag})
    make_drawing()
    changed = client.get(URL, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_pages_of_other_origins_may_read_the_public_list(client, make_drawing):
    response = client.get(URL, headers={"Origin": "https://notebook.example"})
    refused = client.get(f"{URL}?limit=x", headers={"Origin": "https://notebook.example"})

    for each in (response, refused):
        assert each["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Authorization" in response["Vary"]
    assert not response.cookies


def test_pages_of_other_origins_are_never_allowed_to_send_a_token(client):
    preflight = client.options(URL, headers={"Origin": "https://notebook.example"})

    assert preflight.status_code == 405
    assert "Access-Control-Allow-Headers" not in preflight
    assert json.loads(preflight.content)["errors"]
