"""GET /api/v1/drawings: what it lists, page by page, and how much it reads for that."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from drawings.api import pagination as paging
from drawings.api.pagination import encode_cursor
from drawings.datasets.splits import split_of
from drawings.models import Drawing
from drawings.queries import pagination
from tests.support import samples
from tests.support.planner import PUBLISHED, plan_for_many

URL = "/api/v1/drawings"
NOW = datetime(2026, 1, 22, 15, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def listed(response):
    assert response.status_code == 200, response.content
    return [drawing["id"] for drawing in response.json()["drawings"]]


def ids(*drawings):
    return [str(drawing.id) for drawing in drawings]


def followed(client, address):
    """The ids on each page, to the last."""
    pages = []
    while address:
        response = client.get(address)
        pages.append(listed(response))
        address = response.json()["next"]
    return pages


@pytest.fixture
def make_at(make_drawing):
    def make(time, **values):
        id = uuid7(nanoseconds=int(time.timestamp() * 10**9))
        return make_drawing(id=id, created_at=time, **values)

    return make


@pytest.fixture
def make_many(field):
    """Stores many drawings at once; returns their ids, newest first."""

    def make(number, **values):
        model = Drawing.from_field(field)
        rows = [Drawing(blob=model.blob, width=200, height=200, **values) for _ in range(number)]
        Drawing.objects.bulk_create(rows)
        return ids(*reversed(rows))

    return make


# --- What it says ---------------------------------------------------------------------------


def test_a_drawing_is_described(client, make_at):
    drawing = make_at(NOW, title="Fox", artist="Ada", colormap="magma", vmin=3, vmax=200)
    Drawing.objects.update(changed_at=NOW + timedelta(microseconds=1_234))

    body = client.get(URL).json()

    page = f"http://testserver/drawings/{drawing.id}/"
    assert body == {
        "drawings": [
            {
                "id": str(drawing.id),
                "url": page,
                "image_url": f"{page}image.png",
                "pixels_url": f"{page}pixels.npy",
                "strokes_url": None,
                "title": "Fox",
                "artist": "Ada",
                "colormap": "magma",
                "width": 200,
                "height": 200,
                "vmin": 3,
                "vmax": 200,
                "status": "published",
                "created_at": "2026-01-22T15:00:00Z",
                "updated_at": "2026-01-22T15:00:00.001234Z",
                "parent": None,
                "split": split_of(drawing.id),
            }
        ],
        "next": None,
    }


def test_words_are_text_and_not_a_page(client, make_drawing):
    title = """</script><img src=x onerror="hacked=1">'&"""
    make_drawing(title=title)

    response = client.get(URL)

    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["drawings"][0]["title"] == title


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_only_published_drawings_are_listed_and_a_session_changes_nothing(
    client, admin_client, make_drawing, status
):
    make_drawing(status=status)

    for each in (client, admin_client):
        assert listed(each.get(URL)) == []
        assert each.get(URL, {"status": status}).status_code == 401


@pytest.mark.parametrize(("parent", "is_shown"), [("published", True), ("hidden", False)])
def test_the_parent_is_named_if_it_is_public(client, make_drawing, parent, is_shown):
    parent = make_drawing(status=parent)
    child = make_drawing(parent=parent)

    drawings = {each["id"]: each for each in client.get(URL).json()["drawings"]}

    assert drawings[str(child.id)]["parent"] == (str(parent.id) if is_shown else None)


def test_head_is_answered_as_get_is(client, make_drawing):
    make_drawing()

    head, get = client.head(URL), client.get(URL)

    assert head.status_code == 200
    assert head["ETag"] == get["ETag"]


# --- Pages ----------------------------------------------------------------------------------


def test_following_next_gives_every_drawing_once_the_newest_first(client, make_many):
    made = make_many(5)

    assert followed(client, f"{URL}?limit=2") == [made[:2], made[2:4], made[4:]]


def test_the_last_page_may_be_full(client, make_many):
    made = make_many(4)

    assert followed(client, f"{URL}?limit=2") == [made[:2], made[2:]]


def test_a_list_has_24_drawings_unless_told_otherwise(client, make_many):
    make_many(25)

    assert len(listed(client.get(URL))) == 24
    assert len(listed(client.get(URL, {"limit": 100}))) == 25


def test_next_keeps_what_was_asked(client, make_many):
    made = make_many(3, title="Fox & Owl", colormap="magma")
    make_many(2)

    pages = followed(client, f"{URL}?limit=2&q={quote('fox & owl')}&cmap=magma")

    assert pages == [made[:2], made[2:]]


def test_what_comes_meanwhile_changes_no_further_page(client, make_many):
    made = make_many(4)
    first = client.get(URL, {"limit": 2}).json()
    make_many(3)

    assert listed(client.get(first["next"])) == made[2:]


# --- Filters --------------------------------------------------------------------------------


@pytest.fixture
def wall(make_at):
    """Drawings that differ in everything, a day apart."""
    day = timedelta(days=1)
    return {
        "fox": make_at(NOW - 3 * day, title="Red fox", artist="Ada", colormap="magma"),
        "owl": make_at(NOW - 2 * day, title="Owl", artist="Ada"),
        "small": make_at(NOW - day, pixels_field=samples.shades(20, 30), artist="ada"),
        "tall": make_at(NOW, pixels_field=samples.shades(30, 20), title="Fox"),
    }


FILTERS = [
    ("q=fox", ["tall", "fox"]),
    ("q=fox&cmap=magma", ["fox"]),
    ("q=fox&artist=Ada", ["fox"]),
    ("q=fox&width=20", ["tall"]),
    ("artist=Ada", ["owl", "fox"]),
    ("artist=Ad", []),
    ("artist=Ada&cmap=magma", ["fox"]),
    ("cmap=magma", ["fox"]),
    ("width=30", ["small"]),
    ("height=30", ["tall"]),
    ("width=30&height=30", []),
    ("since=2026-01-21T15:00:00Z", ["tall", "small"]),
    ("since=2026-01-21T16:00:00%2B01:00", ["tall", "small"]),
    ("until=2026-01-21T15:00:00Z", ["owl", "fox"]),
    ("since=2026-01-20&until=2026-01-21", ["owl"]),
    ("q=ada&until=2026-01-21T15:00:00Z", ["owl", "fox"]),
    ("status=published&artist=Ada", ["owl", "fox"]),
]


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters_select(client, wall, query, names):
    assert listed(client.get(f"{URL}?{query}")) == ids(*(wall[name] for name in names))


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters_select_the_same_in_the_order_of_change(client, wall, query, names):
    found = listed(client.get(f"{URL}?{query}&updated_since=2026-01-01"))

    assert found == ids(*(wall[name] for name in reversed(names)))


def test_an_id_can_be_searched_for_in_either_order(client, wall):
    query = f"{URL}?q={wall['owl'].id}"

    for more in ("", "&width=200", "&updated_since=2026-01-01"):
        assert listed(client.get(query + more)) == ids(wall["owl"])


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e1", "limit"),
        ("limit=true", "limit"),
        ("limit=", "limit"),
        ("limit=" + "9" * 3000, "limit"),
        ("width=15", "width"),
        ("height=NaN", "height"),
        ("height=1e400", "height"),
        ("q=%00", "q"),
        ("q=%ED%A0%80", "q"),
        ("q=" + "x" * 101, "q"),
        ("artist=", "artist"),
        ("artist=" + "x" * 41, "artist"),
        ("artist=a%0Ab", "artist"),
        ("cmap=nosuch", "cmap"),
        ("cmap=gray%00", "cmap"),
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("until=%00", "until"),
        ("updated_since=1700000000", "updated_since"),
        ("status=all", "status"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=" + "!" * 32, "cursor"),
        ("cursor=" + "%C3%A9" * 32, "cursor"),
        ("cursor=" + "A" * 3000, "cursor"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name_and_not_repeated(client, query, blamed):
    response = client.get(f"{URL}?{query}", headers={"Accept": "text/html"})

    assert response.status_code == 422
    errors = response.json()["errors"]
    assert list(errors) == [blamed]
    assert all(re.fullmatch(r"[A-Zm].*\.", sentence) for sentence in errors[blamed])
    assert len(response.content) < 300


def test_all_that_is_wrong_is_named(client):
    errors = client.get(f"{URL}?limit=x&cmap=x&since=x").json()["errors"]

    assert set(errors) == {"limit", "cmap", "since"}


def test_of_a_parameter_that_comes_twice_the_last_counts(client, make_many):
    made = make_many(3)

    assert listed(client.get(f"{URL}?limit=1&limit=2")) == made[:2]


def test_a_parameter_that_is_not_known_is_left_alone(client, make_many):
    assert listed(client.get(f"{URL}?nosuch=1")) == make_many(0)


@pytest.mark.parametrize("place", ["A" * 32, "_" * 32, "f" + "_" * 31, "g" + "A" * 31])
def test_a_cursor_that_was_made_up_breaks_nothing(client, wall, place):
    for more in ("", "&updated_since=0001-01-01", "&q=fox", "&artist=Ada&width=200"):
        assert client.get(f"{URL}?cursor={place}{more}").status_code == 200


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("name", ["since", "until", "updated_since"])
def test_the_first_and_the_last_hour_are_times_as_well(client, wall, name, time):
    assert client.get(f"{URL}?{name}={time}").status_code == 200


# --- What is new or changed -----------------------------------------------------------------


def test_what_changed_comes_in_the_order_of_change(client, make_at):
    first, _, third = (make_at(NOW) for _ in range(3))
    Drawing.objects.update(changed_at=NOW)
    Drawing.objects.filter(pk=third.pk).update(changed_at=NOW + timedelta(seconds=1))
    Drawing.objects.filter(pk=first.pk).update_stamped(title="Fox")

    found = listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:01Z"))

    assert found == ids(third, first)


def test_what_was_stored_before_its_time_was_noted_changed_when_it_was_made(client, make_at):
    drawing = make_at(NOW)
    Drawing.objects.update(changed_at=None)

    assert listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:00Z")) == ids(drawing)
    assert listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:01Z")) == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_many_that_changed_at_one_moment_come_each_once(client, make_many, limit):
    made = make_many(7)
    Drawing.objects.update(created_at=NOW, changed_at=None)
    Drawing.objects.filter(pk__in=made[:3]).update(changed_at=NOW + timedelta(seconds=1))

    pages = followed(client, f"{URL}?updated_since=2026-01-01&limit={limit}")

    assert [id for page in pages for id in page] == [*made[:2:-1], *made[2::-1]]


# --- How much it reads ----------------------------------------------------------------------


def test_filters_without_an_index_look_at_so_many_drawings_and_then_go_on(
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


def test_words_are_looked_for_in_fewer_where_each_drawing_is_searched(
    client, make_many, make_drawing, monkeypatch
):
    monkeypatch.setattr(paging, "MAX_SEARCHED", 3)
    fox = make_drawing(title="Fox")
    make_many(4)
    other = make_drawing(title="Fox")

    pages = followed(client, f"{URL}?q=fox&updated_since=2026-01-01")

    assert pages == [ids(fox), ids(other), []]


def test_a_page_that_is_full_goes_on_after_its_last_drawing(client, make_many, monkeypatch):
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
def test_twice_the_drawings_take_no_more_queries_and_no_pixels(
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
def test_every_page_is_read_from_an_index_in_its_order(client, make_many, query, index, page):
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


# --- Caches and other sites' pages ----------------------------------------------------------


def test_who_has_the_answer_is_told_that_it_is_still_good(client, make_drawing):
    make_drawing()
    etag = client.get(URL)["ETag"]

    again = client.get(URL, headers={"If-None-Match": etag})
    make_drawing()
    changed = client.get(URL, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_any_page_may_read_what_is_public(client, make_drawing):
    response = client.get(URL, headers={"Origin": "https://notebook.example"})
    refused = client.get(f"{URL}?limit=x", headers={"Origin": "https://notebook.example"})

    for each in (response, refused):
        assert each["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Authorization" in response["Vary"]
    assert not response.cookies


def test_a_browser_is_never_told_that_another_sites_page_may_send_a_token(client):
    preflight = client.options(URL, headers={"Origin": "https://notebook.example"})

    assert preflight.status_code == 405
    assert "Access-Control-Allow-Headers" not in preflight
    assert json.loads(preflight.content)["errors"]
