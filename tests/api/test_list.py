"""The API's list of drawings: contents, pages and filters."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from uuid_utils.compat import uuid7

from drawings.datasets.splits import split_of
from drawings.models import Drawing
from tests.support import samples
from tests.support.api import followed, ids, listed

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

NOW = datetime(2026, 1, 22, 15, tzinfo=UTC)


@pytest.fixture
def make_at(make_drawing):
    def make(time, **values):
        id = uuid7(nanoseconds=int(time.timestamp() * 10**9))
        return make_drawing(id=id, created_at=time, **values)

    return make


# --- Contents -----------------------------------------------------------------------------


def test_the_list_describes_a_drawing(client, make_at):
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


def test_titles_with_markup_are_returned_as_json_text(client, make_drawing):
    title = """</script><img src=x onerror="hacked=1">'&"""
    make_drawing(title=title)

    response = client.get(URL)

    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["drawings"][0]["title"] == title


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_only_published_drawings_are_listed_even_with_a_session(
    client, admin_client, make_drawing, status
):
    make_drawing(status=status)

    for each in (client, admin_client):
        assert listed(each.get(URL)) == []
        assert each.get(URL, {"status": status}).status_code == 401


@pytest.mark.parametrize(("parent", "is_shown"), [("published", True), ("hidden", False)])
def test_a_parent_is_named_only_if_it_is_public(client, make_drawing, parent, is_shown):
    parent = make_drawing(status=parent)
    child = make_drawing(parent=parent)

    drawings = {each["id"]: each for each in client.get(URL).json()["drawings"]}

    assert drawings[str(child.id)]["parent"] == (str(parent.id) if is_shown else None)


def test_a_head_request_gets_the_status_and_etag_of_get(client, make_drawing):
    make_drawing()

    head, get = client.head(URL), client.get(URL)

    assert head.status_code == 200
    assert head["ETag"] == get["ETag"]


# --- Pages --------------------------------------------------------------------------------


def test_following_next_gives_every_drawing_once_newest_first(client, make_many):
    made = make_many(5)

    assert followed(client, f"{URL}?limit=2") == [made[:2], made[2:4], made[4:]]


def test_a_full_last_page_has_no_next(client, make_many):
    made = make_many(4)

    assert followed(client, f"{URL}?limit=2") == [made[:2], made[2:]]


def test_a_page_has_24_drawings_by_default(client, make_many):
    make_many(25)

    assert len(listed(client.get(URL))) == 24
    assert len(listed(client.get(URL, {"limit": 100}))) == 25


def test_next_keeps_the_filters(client, make_many):
    made = make_many(3, title="Fox & Owl", colormap="magma")
    make_many(2)

    pages = followed(client, f"{URL}?limit=2&q={quote('fox & owl')}&cmap=magma")

    assert pages == [made[:2], made[2:]]


def test_new_drawings_do_not_change_later_pages(client, make_many):
    made = make_many(4)
    first = client.get(URL, {"limit": 2}).json()
    make_many(3)

    assert listed(client.get(first["next"])) == made[2:]


@pytest.fixture
def wall(make_at):
    """Drawings created a day apart that differ in every field."""
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


# --- Filters ------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters_select_drawings(client, wall, query, names):
    assert listed(client.get(f"{URL}?{query}")) == ids(*(wall[name] for name in names))


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters_select_the_same_drawings_in_order_of_change(client, wall, query, names):
    found = listed(client.get(f"{URL}?{query}&updated_since=2026-01-01"))

    assert found == ids(*(wall[name] for name in reversed(names)))


def test_an_id_can_be_searched_for_in_both_orders(client, wall):
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
def test_an_invalid_parameter_is_named_but_its_value_is_not_repeated(client, query, blamed):
    response = client.get(f"{URL}?{query}", headers={"Accept": "text/html"})

    assert response.status_code == 422
    errors = response.json()["errors"]
    assert list(errors) == [blamed]
    assert all(re.fullmatch(r"[A-Zm].*\.", sentence) for sentence in errors[blamed])
    assert len(response.content) < 300


def test_every_invalid_parameter_is_named(client):
    errors = client.get(f"{URL}?limit=x&cmap=x&since=x").json()["errors"]

    assert set(errors) == {"limit", "cmap", "since"}


def test_the_last_value_of_a_repeated_parameter_counts(client, make_many):
    made = make_many(3)

    assert listed(client.get(f"{URL}?limit=1&limit=2")) == made[:2]


def test_unknown_parameters_are_ignored(client, make_many):
    assert listed(client.get(f"{URL}?nosuch=1")) == make_many(0)


@pytest.mark.parametrize("place", ["A" * 32, "_" * 32, "f" + "_" * 31, "g" + "A" * 31])
def test_an_invalid_cursor_does_not_cause_an_error(client, wall, place):
    for more in ("", "&updated_since=0001-01-01", "&q=fox", "&artist=Ada&width=200"):
        assert client.get(f"{URL}?cursor={place}{more}").status_code == 200


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("name", ["since", "until", "updated_since"])
def test_the_earliest_and_the_latest_time_are_accepted(client, wall, name, time):
    assert client.get(f"{URL}?{name}={time}").status_code == 200


# --- New and changed ----------------------------------------------------------------------


def test_changed_drawings_are_listed_in_order_of_change(client, make_at):
    first, _, third = (make_at(NOW) for _ in range(3))
    Drawing.objects.update(changed_at=NOW)
    Drawing.objects.filter(pk=third.pk).update(changed_at=NOW + timedelta(seconds=1))
    Drawing.objects.filter(pk=first.pk).update_stamped(title="Fox")

    found = listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:01Z"))

    assert found == ids(third, first)


def test_a_drawing_without_a_change_time_counts_as_changed_when_created(client, make_at):
    drawing = make_at(NOW)
    Drawing.objects.update(changed_at=None)

    assert listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:00Z")) == ids(drawing)
    assert listed(client.get(f"{URL}?updated_since=2026-01-22T15:00:01Z")) == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_drawings_changed_at_the_same_moment_are_each_listed_once(client, make_many, limit):
    made = make_many(7)
    Drawing.objects.update(created_at=NOW, changed_at=None)
    Drawing.objects.filter(pk__in=made[:3]).update(changed_at=NOW + timedelta(seconds=1))

    pages = followed(client, f"{URL}?updated_since=2026-01-01&limit={limit}")

    assert [id for page in pages for id in page] == [*made[:2:-1], *made[2::-1]]
