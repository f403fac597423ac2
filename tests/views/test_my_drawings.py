"""What an artist may do with the drawings that this browser has sent."""

import re
from html import unescape
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drawings.http import owner_cookie
from drawings.models import BlockedWord, Drawing
from drawings.services import senders
from drawsite.environment import Rate
from drawsite.ratelimit import limiter
from tests.support import samples

JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client, make_drawing):
    """Stores a drawing as if this client had sent it."""
    client.post("/drawings/", {"canvas_data": LIST})
    sent = Drawing.objects.get()
    owner = sent.owner
    sent.delete()
    return lambda **values: make_drawing(owner=owner, **values)


def text(response):
    return unescape(response.content.decode())


def page_of(client, drawing):
    return text(client.get(f"/drawings/{drawing.id}/"))


def addresses(drawing):
    return [f"/drawings/{drawing.id}/{what}/" for what in ("title", "take-back")]


# --- The cookie -----------------------------------------------------------------------------


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


# --- My drawings ----------------------------------------------------------------------------


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


# --- Change title ---------------------------------------------------------------------------


def retitle(client, drawing, title="Owl", artist="Grace", **options):
    values = {"title": title, "artist": artist}
    return client.post(f"/drawings/{drawing.id}/title/", values, **options)


@pytest.mark.parametrize("status", ["published", "pending"])
def test_the_owner_changes_title_and_artist(client, own, status):
    drawing = own(title="Fox", artist="Ada", status=status, colormap="magma")
    stored_at = drawing.changed_at
    assert 'value="Fox"' in text(client.get(f"/drawings/{drawing.id}/title/"))

    page = text(client.post(addresses(drawing)[0], {"title": " Owl ", "artist": ""}, follow=True))

    assert "Saved." in page
    assert "<h1>Owl</h1>" in page
    changed = Drawing.objects.get()
    assert (changed.title, changed.artist, changed.status) == ("Owl", "", status)
    assert changed.changed_at > stored_at
    assert (changed.colormap, bytes(changed.blob)) == ("magma", bytes(drawing.blob))


@pytest.mark.parametrize(
    ("values", "blamed"),
    [
        ({"title": "x" * 81}, "title"),
        ({"artist": "x" * 41}, "artist"),
        ({"title": "a\0b"}, "title"),
        ({"title": "An Oaf"}, "title"),
        ({"artist": "oáf"}, "artist"),
    ],
)
def test_a_new_title_is_held_to_the_rules_of_a_first_one(client, own, values, blamed):
    BlockedWord.objects.create(word="oaf")
    drawing = own(title="Fox")

    answer = retitle(client, drawing, **values, headers=JSON)
    page = retitle(client, drawing, **values)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [blamed])
    assert page.status_code == 422
    assert re.search(rf'name="{blamed}"[^>]* aria-invalid="true" autofocus>', text(page))
    assert f"<li>{blamed.capitalize()}: " in text(page)
    assert Drawing.objects.get().title == "Fox"


def test_a_hidden_drawing_keeps_its_title(client, own):
    drawing = own(title="Fox", status="hidden")

    assert client.get(addresses(drawing)[0]).status_code == 403
    assert retitle(client, drawing).status_code == 403
    assert Drawing.objects.get().title == "Fox"
    page = page_of(client, drawing)
    assert "Hidden by a moderator" in page
    assert "Change title" not in page


def test_a_drawing_that_is_deleted_while_it_is_retitled_is_gone(client, own, monkeypatch):
    drawing = own(title="Fox")

    def delete_first(*arguments):
        Drawing.objects.all().delete()
        return limiter.Verdict(True, 0)

    monkeypatch.setattr(limiter, "hit", delete_first)

    assert retitle(client, drawing).status_code == 404


def test_where_approval_is_required_a_new_title_waits_for_it(client, own, settings):
    drawing = own(title="Fox", artist="Ada")
    settings.REQUIRE_APPROVAL = True
    assert "A moderator checks the new title first" in text(client.get(addresses(drawing)[0]))

    retitle(client, drawing, "Fox", "Ada")
    assert Drawing.objects.get().status == "published"
    retitle(client, drawing)
    assert Drawing.objects.get().status == "pending"


def test_blocked_and_hasty_senders_change_no_title(client, own, settings):
    settings.SECRET_KEY = uuid4().hex
    client.cookies.clear()
    client.post("/drawings/", {"canvas_data": LIST, "title": "Fox"})
    drawing = Drawing.objects.get()
    settings.SUBMIT_RATE = Rate(1, 10**9)

    assert [retitle(client, drawing, title).status_code for title in "ab"] == [302, 429]
    settings.SUBMIT_RATE = None
    senders.block_sender(senders.sender_of("127.0.0.1"))
    assert retitle(client, drawing, "c").status_code == 403
    assert Drawing.objects.get().title == "a"


# --- The same sent twice ----------------------------------------------------------------------


@pytest.mark.parametrize("status", Drawing.Status)
def test_the_key_of_a_drawing_makes_nobody_its_owner_without_the_picture(client, status):
    form = {"canvas_data": LIST, "title": "Secret", "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    Drawing.objects.update(status=status)
    other = Client()

    response = other.post("/drawings/", {**form, "canvas_data": samples.brightness_list("9")})

    assert response.status_code == 303
    assert "Secret" not in text(other.get("/mine/"))
    assert other.post(addresses(Drawing.objects.get())[1]).status_code == 404
    again = Client()
    again.post("/drawings/", form)  # as when the first answer was lost, and its cookie with it
    assert "Secret" in text(again.get("/mine/"))


@pytest.mark.parametrize("status", Drawing.Status)
def test_who_repeats_a_key_on_the_site_is_told_the_address_alone(client, status):
    form = {"canvas_data": LIST, "title": "Secret", "submission_key": str(uuid4())}
    first = client.post("/drawings/", form, headers=JSON)
    Drawing.objects.update(status=status)

    again = Client().post("/drawings/", {**form, "title": "Owl"}, headers=JSON)

    assert (again.status_code, again.json()) == (200, first.json())


def test_the_key_of_a_deleted_drawing_makes_nobody_the_owner_of_its_artists_others(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    client.post("/drawings/", {"canvas_data": samples.brightness_list("7"), "title": "Secret"})
    Drawing.objects.filter(title="").delete()
    Drawing.objects.update(status="hidden")
    other = Client()

    other.post("/drawings/", {**form, "canvas_data": samples.brightness_list("9")})

    assert other.get(Drawing.objects.get(title="Secret").image_url).status_code == 404


# --- Deletion -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "pending", "hidden"])
def test_the_owner_takes_a_drawing_back_after_being_asked_once_more(client, own, status):
    drawing = own(title="<Fox>", status=status)
    child = own(parent=drawing)
    url = addresses(drawing)[1]
    assert "This permanently deletes “<Fox>”" in text(client.get(url))
    assert Drawing.objects.count() == 2

    response = client.post(url, follow=True)

    assert response.redirect_chain == [("/mine/", 302)]
    assert "“&lt;Fox&gt;” has been deleted." in response.content.decode()
    assert Drawing.objects.get() == child
    assert Drawing.objects.get().parent_id is None
    assert client.get(f"/drawings/{drawing.id}/").status_code == 404
    assert client.post(url).status_code == 404
    assert "taken back" not in text(client.get("/mine/"))


def test_taking_back_reads_no_pixels(client, own):
    drawing = own()
    own(parent=drawing)

    with CaptureQueriesContext(connection) as queries:
        client.post(addresses(drawing)[1])

    assert not [query["sql"] for query in queries if '"blob"' in query["sql"]]


def test_another_site_can_neither_retitle_nor_take_back(own, client):
    drawing = own(title="Fox")
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = client.cookies

    for url in addresses(drawing):
        body = urlencode({"title": "Owl"})
        response = guarded.post(url, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 403
    assert Drawing.objects.get().title == "Fox"


# --- What changes is noted ------------------------------------------------------------------


def test_each_time_that_a_drawing_is_written_is_noted(make_drawing):
    drawing = make_drawing()
    times = [drawing.changed_at]

    drawing.status = "hidden"
    drawing.save(update_fields=["status"])

    times.append(drawing.changed_at)
    assert Drawing.objects.update_stamped(status="published") == 1
    times.append(Drawing.objects.get().changed_at)
    stored = Drawing.objects.for_lists().get()
    stored.title = "Fox"
    stored.save()
    times.append(Drawing.objects.get().changed_at)
    assert times == sorted({time for time in times if time})
