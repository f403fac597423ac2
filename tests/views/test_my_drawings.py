"""My drawings: the cookie, and the list."""

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drawings.http import owner_cookie
from drawings.models import Drawing
from tests.support import samples
from tests.support.pages import addresses, page_of, text

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}

LIST = samples.brightness_list("0")


# --- The cookie ---------------------------------------------------------------------------


def test_a_browser_that_sends_gets_a_cookie_that_no_script_and_no_other_site_can_use(client):
    client.post("/drawings/", {"canvas_data": LIST})

    cookie = client.cookies[owner_cookie.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert cookie["max-age"] == 365 * 24 * 3600


def test_behind_tls_the_cookie_never_goes_out_in_the_clear(client, settings):
    settings.SESSION_COOKIE_SECURE = True

    client.post("/drawings/", {"canvas_data": LIST})

    assert client.cookies[owner_cookie.COOKIE]["secure"] is True


def test_who_only_looks_or_is_refused_gets_no_cookie(client, make_drawing):
    for url in ("/", "/gallery/", "/mine/", f"/drawings/{make_drawing().id}/"):
        client.get(url)
    client.post("/drawings/", {"canvas_data": "bad"})

    assert owner_cookie.COOKIE not in client.cookies


def test_all_that_one_browser_sends_is_its_own(client):
    for browser in (client, client, Client()):
        browser.post("/drawings/", {"canvas_data": LIST}, headers=JSON)

    first, second, other = Drawing.objects.order_by("id").values_list("owner", flat=True)
    assert first == second != other
    assert isinstance(other, UUID)


def test_clients_of_the_flask_app_own_nothing(client):
    response = client.post("/postmethod", {"canvas_data": LIST})

    assert not response.cookies
    assert Drawing.objects.get().owner is None


def test_who_sends_again_because_the_answer_was_lost_owns_what_is_there(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    client.cookies.clear()

    client.post("/drawings/", form)

    drawing = Drawing.objects.get()
    assert client.get(addresses(drawing)[0]).status_code == 200


@pytest.mark.parametrize("forged", ["", "x", "{owner}", "{owner}:1:x", "{owner}:{rest}x"])
def test_a_cookie_that_is_not_signed_here_owns_nothing(client, own, forged):
    drawing = own()
    _, _, rest = client.cookies[owner_cookie.COOKIE].value.partition(":")
    client.cookies[owner_cookie.COOKIE] = forged.format(owner=drawing.owner, rest=rest)

    assert {client.get(url).status_code for url in addresses(drawing)} == {404}
    assert "You haven't sent any yet." in text(client.get("/mine/"))


def test_who_sent_a_drawing_that_waits_is_thanked(client, own):
    assert "Thank you! Every drawing here is checked first." in text(
        client.get(own(status="pending").get_absolute_url())
    )


# --- My drawings --------------------------------------------------------------------------


def test_the_page_lists_what_this_browser_sent_newest_first_and_says_how_it_stands(
    client, own, make_drawing
):
    own(title="Old", status="hidden")
    own(title="Fox", status="pending")
    own(title="New")
    make_drawing(title="Other's")

    page = text(client.get("/mine/"))

    said = ("New", "On the wall", "Fox", "Waiting for approval", "Old", "Hidden by a moderator")
    assert sorted(said, key=page.index) == list(said)
    assert "Other's" not in page


def test_without_drawings_the_page_says_what_it_is_for(client):
    response = client.get("/mine/")

    assert "You haven't sent any yet." in text(response)
    assert response["Cache-Control"] == "private, no-store"


def test_the_pages_lead_through_all_of_them(client, own):
    drawings = [own(title=f"<{number}>") for number in range(30)][::-1]

    first = client.get("/mine/")
    older = client.get(f"/mine/?before={drawings[23].id}")

    assert first.context["drawings"] == drawings[:24]
    assert older.context["drawings"] == drawings[24:]
    assert f'rel="next" href="?before={drawings[23].id}"' in text(first)
    assert f'rel="prev" href="?after={drawings[24].id}"' in text(older)
    assert "There are no older drawings." in text(client.get(f"/mine/?before={drawings[29].id}"))
    assert client.get("/mine/?before=x").status_code == 400


def test_the_list_reads_its_own_rows_alone_and_no_pixels(client, own):
    own()

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/mine/?before={own().id}")

    (sql,) = [query["sql"] for query in queries if query["sql"].startswith("SELECT")][-1:]
    assert "blob" not in sql
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which would rather read the whole of a tiny table
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}")
        plan = str(cursor.fetchall())
    assert "drawing_owner" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("status", ["published", "pending", "hidden"])
def test_the_owner_sees_page_and_picture_and_nothing_shared_keeps_a_copy(client, own, status):
    drawing = own(title="Fox", status=status)

    page = client.get(f"/drawings/{drawing.id}/")
    picture = client.get(f"/drawings/{drawing.id}/image.png")

    assert "take-back" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert "Cookie" in page["Vary"]
    assert picture.status_code == 200
    assert ("public" in picture["Cache-Control"]) == (status == "published")


def test_who_sends_where_approval_is_required_is_told_so_and_led_to_the_list(client, settings):
    settings.REQUIRE_APPROVAL = True

    page = text(client.post("/drawings/", {"canvas_data": LIST}, follow=True))

    assert "Waiting for approval" in page
    assert 'href="/mine/"' in page
    assert "image.png" in page


def test_nobody_else_gets_a_hint(client, own, admin_user):
    drawing = own(title="Fox", status="published")
    other, staff = Client(), Client()
    other.post("/drawings/", {"canvas_data": LIST})
    staff.force_login(admin_user)

    for browser in (Client(), other, staff):
        assert "Edit title and name" not in page_of(browser, drawing)
        for url in addresses(drawing):
            nowhere = url.replace(str(drawing.id), samples.NO_ID)
            for ask in (browser.get, browser.post):
                assert ask(url).status_code == 404
                assert text(ask(url)) == text(ask(nowhere))
    drawing.refresh_from_db()
    assert drawing.title == "Fox"


@pytest.mark.parametrize("status", ["pending", "hidden"])
def test_what_is_not_public_is_shown_to_no_other_artist(own, status):
    drawing = own(title="Secret", status=status)
    other = Client()
    other.post("/drawings/", {"canvas_data": LIST})

    assert "Secret" not in page_of(other, drawing)
    assert other.get(f"/drawings/{drawing.id}/image.png").status_code == 404
