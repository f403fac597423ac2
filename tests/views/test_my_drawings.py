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


def test_a_browser_that_submits_gets_an_http_only_same_site_cookie(client):
    client.post("/drawings/", {"canvas_data": LIST})

    cookie = client.cookies[owner_cookie.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert cookie["max-age"] == 365 * 24 * 3600


def test_the_cookie_is_secure_behind_tls(client, settings):
    settings.SESSION_COOKIE_SECURE = True

    client.post("/drawings/", {"canvas_data": LIST})

    assert client.cookies[owner_cookie.COOKIE]["secure"] is True


def test_visitors_who_only_look_or_are_refused_get_no_cookie(client, make_drawing):
    for url in ("/", "/gallery/", "/mine/", f"/drawings/{make_drawing().id}/"):
        client.get(url)
    client.post("/drawings/", {"canvas_data": "bad"})

    assert owner_cookie.COOKIE not in client.cookies


def test_a_browser_owns_every_drawing_it_sends(client):
    for browser in (client, client, Client()):
        browser.post("/drawings/", {"canvas_data": LIST}, headers=JSON)

    first, second, other = Drawing.objects.order_by("id").values_list("owner", flat=True)
    assert first == second != other
    assert isinstance(other, UUID)


def test_clients_of_the_flask_app_own_no_drawings(client):
    response = client.post("/postmethod", {"canvas_data": LIST})

    assert not response.cookies
    assert Drawing.objects.get().owner is None


def test_a_browser_that_retries_after_a_lost_response_owns_the_drawing(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    client.cookies.clear()

    client.post("/drawings/", form)

    drawing = Drawing.objects.get()
    assert client.get(addresses(drawing)[0]).status_code == 200


@pytest.mark.parametrize("forged", ["", "x", "{owner}", "{owner}:1:x", "{owner}:{rest}x"])
def test_a_cookie_with_an_invalid_signature_owns_nothing(client, own, forged):
    drawing = own()
    _, _, rest = client.cookies[owner_cookie.COOKIE].value.partition(":")
    client.cookies[owner_cookie.COOKIE] = forged.format(owner=drawing.owner, rest=rest)

    assert {client.get(url).status_code for url in addresses(drawing)} == {404}
    assert "You haven't sent any yet." in text(client.get("/mine/"))


def test_the_sender_of_a_pending_drawing_is_thanked(client, own):
    assert "Thank you! Every drawing here is checked first." in text(
        client.get(own(status="pending").get_absolute_url())
    )


# --- My drawings --------------------------------------------------------------------------


def test_the_page_lists_this_browsers_drawings_newest_first_with_their_status(
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


def test_the_page_explains_itself_when_there_are_no_drawings(client):
    response = client.get("/mine/")

    assert "You haven't sent any yet." in text(response)
    assert response["Cache-Control"] == "private, no-store"


def test_the_page_links_lead_through_all_of_the_drawings(client, own):
    drawings = [own(title=f"<{number}>") for number in range(30)][::-1]

    first = client.get("/mine/")
    older = client.get(f"/mine/?before={drawings[23].id}")

    assert first.context["drawings"] == drawings[:24]
    assert older.context["drawings"] == drawings[24:]
    assert f'rel="next" href="?before={drawings[23].id}"' in text(first)
    assert f'rel="prev" href="?after={drawings[24].id}"' in text(older)
    assert "There are no older drawings." in text(client.get(f"/mine/?before={drawings[29].id}"))
    assert client.get("/mine/?before=x").status_code == 400


def test_the_list_reads_only_its_own_rows_and_no_pixels(client, own):
    own()

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/mine/?before={own().id}")

    (sql,) = [query["sql"] for query in queries if query["sql"].startswith("SELECT")][-1:]
    assert "blob" not in sql
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it would scan a tiny table
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}")
        plan = str(cursor.fetchall())
    assert "drawing_owner" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("status", ["published", "pending", "hidden"])
def test_the_owner_sees_the_page_and_the_image_without_public_caching(client, own, status):
    drawing = own(title="Fox", status=status)

    page = client.get(f"/drawings/{drawing.id}/")
    picture = client.get(f"/drawings/{drawing.id}/image.png")

    assert "take-back" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert "Cookie" in page["Vary"]
    assert picture.status_code == 200
    assert ("public" in picture["Cache-Control"]) == (status == "published")


def test_a_sender_is_told_about_required_approval_and_linked_to_the_list(client, settings):
    settings.REQUIRE_APPROVAL = True

    page = text(client.post("/drawings/", {"canvas_data": LIST}, follow=True))

    assert "Waiting for approval" in page
    assert 'href="/mine/"' in page
    assert "image.png" in page


def test_only_the_owner_can_reach_the_change_pages(client, own, admin_user):
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
def test_withheld_drawings_are_not_shown_to_other_artists(own, status):
    drawing = own(title="Secret", status=status)
    other = Client()
    other.post("/drawings/", {"canvas_data": LIST})

    assert "Secret" not in page_of(other, drawing)
    assert other.get(f"/drawings/{drawing.id}/image.png").status_code == 404
