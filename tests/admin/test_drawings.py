"""The admin's list of drawings, and the page of one."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from drawings.models import Drawing
from tests.support import samples
from tests.support.pages import address, change_url, listed, text

pytestmark = pytest.mark.django_db

LIST = "/admin/drawings/drawing/"


def values_of(drawing, **changes):
    """The values of the change form, as a browser submits them."""
    names = ("title", "artist", "colormap", "status", "vmin", "vmax")
    return {**{name: getattr(drawing, name) for name in names}, **changes}


def shown_on(page):
    """The hidden fields in which the change page sends back what it showed."""
    return {each.html_initial_name: each.value() for each in page.context["adminform"].form}


# --- The list -----------------------------------------------------------------------------


def test_the_list_shows_a_thumbnail_of_each_drawing(admin_client, make_drawing):
    drawing = make_drawing(samples.shades(100, 200), title="Fox")

    page = unescape(admin_client.get(LIST).content.decode())

    src = f'src="/drawings/{drawing.id}/image.png"'
    assert f'{src} alt="Drawing “Fox”" width="72" height="36" loading="lazy"' in page
    assert f'<a href="{change_url(drawing)}"><bdi>Fox</bdi></a>' in page


def test_the_list_tells_untitled_drawings_apart(admin_client, make_drawing):
    drawing = make_drawing()

    assert f"Untitled ({str(drawing.id)[-12:]})" in admin_client.get(LIST).content.decode()


def test_the_list_shows_every_status_newest_first(admin_client, make_drawing):
    drawings = [make_drawing(status=status) for status in Drawing.Status]

    assert listed(admin_client.get(LIST)) == drawings[::-1]


def test_twice_as_many_drawings_take_no_more_queries_and_read_no_pixels(admin_client, make_drawing):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(LIST).status_code == 200
        return [query["sql"] for query in captured]

    for _ in range(5):
        make_drawing(title="Fox")
    few = queries()
    for _ in range(5):
        make_drawing(title="Fox")
    many = queries()

    assert len(many) == len(few)
    assert not [sql for sql in many if '"blob"' in sql or '"strokes"' in sql]


@pytest.mark.parametrize("by", ["title", "artist", "id", "id without dashes"])
def test_search_finds_by_title_artist_and_id(admin_client, make_drawing, by):
    drawing = make_drawing(title="Red Fox", artist="Ada")
    make_drawing(title="Owl", artist="Grace")
    query = {
        "title": "red fox",
        "artist": "ada",
        "id": str(drawing.id),
        "id without dashes": drawing.id.hex,
    }[by]

    assert listed(admin_client.get(LIST, {"q": query})) == [drawing]


@pytest.mark.parametrize("query", ["owl", "two owls", "0190", samples.NO_ID, "%", "a'b", "x" * 500])
def test_a_search_for_a_malformed_id_finds_nothing(admin_client, make_drawing, query):
    make_drawing(title="Fox")

    response = admin_client.get(LIST, {"q": query})

    assert response.status_code == 200
    assert listed(response) == []


@pytest.mark.parametrize("status", Drawing.Status)
def test_the_status_filter_selects_drawings(admin_client, make_drawing, status):
    drawings = {each: make_drawing(status=each) for each in Drawing.Status}

    assert listed(admin_client.get(LIST, {"status__exact": status})) == [drawings[status]]


@pytest.mark.parametrize(
    ("since", "numbers"),
    [
        ("today", [0]),
        ("week", [0, 1]),
        ("month", [0, 1, 2]),
        ("year", [0, 1, 2, 3]),
        ("ever", [0, 1, 2, 3, 4]),
    ],
)
def test_the_date_filter_selects_drawings(admin_client, make_drawing, monkeypatch, since, numbers):
    now = datetime(2026, 11, 22, 15, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    drawings = [
        make_drawing(id=uuid7(nanoseconds=int((now - timedelta(days=days)).timestamp()) * 10**9))
        for days in (0, 3, 20, 200, 400)
    ]

    found = listed(admin_client.get(LIST, {"since": since}))

    assert found == [drawings[number] for number in numbers]


def test_search_and_filters_can_be_combined(admin_client, make_drawing):
    hidden = make_drawing(title="Fox", status="hidden")
    make_drawing(title="Fox")
    make_drawing(title="Owl", status="hidden")

    asked = {"q": "fox", "status__exact": "hidden", "since": "today"}

    assert listed(admin_client.get(LIST, asked)) == [hidden]


# --- Its pages ----------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published&since=today"])
def test_the_older_newer_and_oldest_links_page_through_the_list(admin_client, many, query):
    first = admin_client.get(LIST + query)
    second = admin_client.get(LIST + address(first, "Older"))
    third = admin_client.get(LIST + address(second, "Older"))
    oldest = admin_client.get(LIST + address(first, "Oldest"))

    assert listed(first) + listed(second) + listed(third) == many
    assert listed(oldest) == many[-50:]
    assert listed(admin_client.get(LIST + address(oldest, "Newer"))) == many[25:75]
    assert listed(admin_client.get(LIST + address(third, "Newer"))) == many[50:100]
    assert listed(admin_client.get(LIST + address(oldest, "Newest"))) == many[:50]
    assert address(first, "Newer") is address(first, "Newest") is None
    assert address(third, "Older") is address(oldest, "Oldest") is None


def test_a_list_of_one_page_has_no_page_links(admin_client, make_drawing):
    make_drawing()

    assert "drawing-pages" not in admin_client.get(LIST).content.decode()


def test_a_filter_or_a_search_starts_at_the_newest_page(admin_client, many):
    second = admin_client.get(LIST, {"before": many[49].pk})
    page = second.content.decode()

    assert listed(second) == many[50:100]
    assert 'href="?status__exact=hidden"' in page
    assert 'name="before"' not in page


@pytest.mark.parametrize(
    "query", ["before=1", "after=yesterday", "created_at__gte=2020-01-01", 'status__exact="']
)
def test_an_invalid_cursor_or_filter_does_not_cause_an_error(admin_client, many, query):
    assert admin_client.get(f"{LIST}?{query}").status_code in {302, 400}


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published", "?oldest=1"])
def test_no_page_uses_count_or_offset(admin_client, many, query):
    with CaptureQueriesContext(connection) as asked:
        assert admin_client.get(LIST + query).status_code == 200

    statements = [query["sql"] for query in asked if "drawings_" in query["sql"]]
    assert 1 <= len(statements) <= 2
    assert not [sql for sql in statements if "COUNT(" in sql or "OFFSET" in sql]


@pytest.mark.parametrize("q", ["fox", " ", "fox 1", " fox "])
def test_an_action_on_all_search_results_changes_no_other_drawings(
    admin_client, many, make_drawing, q
):
    owl = make_drawing(title="Owl")
    shown = listed(admin_client.get(LIST, {"q": q}))
    form = {"action": "hide", "_selected_action": [shown[0].pk], "select_across": "1"}

    asked = admin_client.post(f"{LIST}?q={q}", form)
    assert re.search(r"Hide \d+ drawings\?", text(asked))
    assert not Drawing.objects.filter(status="hidden").exists()
    admin_client.post(f"{LIST}?q={q}", {**form, "post": "yes"})

    assert set(shown) <= set(Drawing.objects.filter(status="hidden"))
    assert Drawing.objects.filter(pk=owl.pk, status="hidden").exists() is (not q.strip())


def test_an_action_on_a_search_page_changes_the_selected_drawings(admin_client, many):
    selected = [drawing.pk for drawing in many[60:62]]
    form = {"action": "hide", "_selected_action": selected}

    admin_client.post(f"{LIST}?q=fox&before={many[49].pk}", form)

    assert set(Drawing.objects.filter(status="hidden").values_list("pk", flat=True)) == set(
        selected
    )


# --- One drawing --------------------------------------------------------------------------


def test_the_change_page_shows_a_large_image(admin_client, make_drawing):
    drawing = make_drawing(samples.shades(100, 200), title="Fox")

    page = unescape(admin_client.get(change_url(drawing)).content.decode())

    src = f'src="/drawings/{drawing.id}/image.png"'
    assert f'{src} alt="Drawing “Fox”" width="480" height="240"' in page
    assert "200 × 100 pixels" in page
    assert str(drawing.id) in page


def test_the_change_page_edits_the_metadata_of_a_drawing(admin_client, make_drawing, field):
    drawing = make_drawing()
    changes = {
        "title": "Fox",
        "artist": "Ada",
        "colormap": "magma",
        "status": "hidden",
        "vmin": 10,
        "vmax": 200,
    }

    response = admin_client.post(change_url(drawing), values_of(drawing, **changes))

    assert response.status_code == 302
    drawing = Drawing.objects.get()
    assert values_of(drawing) == changes
    assert (drawing.field == field).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colormap": "nosuch"}, "There is no colormap of this name."),
        ({"colormap": ""}, "This field is required."),
        ({"vmin": 200, "vmax": 100}, "vmin must not be greater than vmax"),
        ({"vmax": 256}, "less than or equal to 255"),
        ({"vmin": -1}, "greater than or equal to 0"),
        ({"status": "public"}, "not one of the available choices"),
        ({"title": "x" * 81}, "at most 80 characters"),
        ({"artist": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_the_change_page_refuses_invalid_values(admin_client, make_drawing, changes, said):
    drawing = make_drawing()

    response = admin_client.post(change_url(drawing), values_of(drawing, **changes))

    assert response.status_code == 200
    assert said in unescape(response.content.decode())
    assert values_of(Drawing.objects.get()) == values_of(drawing)


def test_changing_the_title_does_not_undo_another_users_decision(admin_client, make_drawing):
    drawing = make_drawing(title="Fxo")
    page = admin_client.get(change_url(drawing))
    shown = shown_on(page)
    Drawing.objects.update(status="hidden")

    admin_client.post(change_url(drawing), {**values_of(drawing, title="Fox"), **shown})

    assert all(f'name="{name}"' in page.content.decode() for name in shown)
    assert Drawing.objects.values_list("title", "status").get() == ("Fox", "hidden")


@pytest.mark.parametrize("name", ["title", "artist"])
def test_a_title_or_artist_that_the_page_did_not_show_is_not_published(
    admin_client, make_drawing, name
):
    drawing = make_drawing(title="Fox", artist="Ada", status="pending")
    shown = shown_on(admin_client.get(change_url(drawing)))
    form = {**values_of(drawing, status="published"), **shown}
    Drawing.objects.update(**{name: "Something else"})

    late = admin_client.post(change_url(drawing), form)

    assert f"The {name} was changed meanwhile, and is Something else now." in late.content.decode()
    assert Drawing.objects.values_list("status", name).get() == ("pending", "Something else")

    form.update(shown_on(admin_client.get(change_url(drawing))))
    assert admin_client.post(change_url(drawing), form).status_code == 302
    assert Drawing.objects.get().status == "published"


def test_vmin_and_vmax_are_stored_as_the_pair_that_was_validated(admin_client, make_drawing):
    drawing = make_drawing(vmin=0, vmax=255)
    shown = shown_on(admin_client.get(change_url(drawing)))
    Drawing.objects.update(vmin=200)

    response = admin_client.post(change_url(drawing), {**values_of(drawing, vmax=100), **shown})

    assert response.status_code == 302
    assert Drawing.objects.values_list("vmin", "vmax").get() == (0, 100)


@pytest.mark.parametrize("id", ["x", "1", samples.NO_ID, "%00"])
def test_the_content_type_shortcut_is_not_found_for_an_invalid_id(admin_client, id):
    kind = ContentType.objects.get_for_model(Drawing)

    assert admin_client.get(f"/admin/r/{kind.pk}/{id}/").status_code == 404


def test_the_change_page_cannot_touch_the_pixels(admin_client, make_drawing, field):
    drawing = make_drawing()
    forged = {"blob": "x", "width": 16, "height": 16, "submission_key": str(uuid4())}

    admin_client.post(change_url(drawing), values_of(drawing, **forged))

    stored = Drawing.objects.get()
    assert (stored.width, stored.height, stored.submission_key) == (200, 200, None)
    assert (stored.field == field).all()


def test_drawings_cannot_be_added_in_the_admin(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403


@pytest.mark.parametrize("id", [samples.NO_ID, "not-a-uuid"])
def test_a_missing_drawing_redirects_to_the_index(admin_client, id):
    response = admin_client.get(f"{LIST}{id}/change/")

    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_the_admin_requires_a_login(client, make_drawing):
    for url in (LIST, change_url(make_drawing())):
        response = client.get(url)

        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
