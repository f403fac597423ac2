"""Artists change a drawing's title, or delete it."""

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drawings.models import BlockedWord, Drawing
from drawings.services import senders
from drawsite.environment import Rate
from drawsite.ratelimit import limiter
from tests.support import samples
from tests.support.pages import addresses, page_of, text

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}

LIST = samples.brightness_list("0")


def retitle(client, drawing, title="Owl", artist="Grace", **options):
    values = {"title": title, "artist": artist}
    return client.post(f"/drawings/{drawing.id}/title/", values, **options)


# --- Changing title and artist ------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "pending"])
def test_the_owner_can_change_the_title_and_the_artist(client, own, status):
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
def test_a_new_title_must_follow_the_rules_of_a_first_one(client, own, values, blamed):
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


def test_a_drawing_deleted_while_it_is_retitled_is_not_found(client, own, monkeypatch):
    drawing = own(title="Fox")

    def delete_first(*arguments):
        Drawing.objects.all().delete()
        return limiter.Verdict(True, 0)

    monkeypatch.setattr(limiter, "hit", delete_first)

    assert retitle(client, drawing).status_code == 404


def test_a_new_title_is_pending_where_approval_is_required(client, own, settings):
    drawing = own(title="Fox", artist="Ada")
    settings.REQUIRE_APPROVAL = True
    assert "A moderator checks the new title first" in text(client.get(addresses(drawing)[0]))

    retitle(client, drawing, "Fox", "Ada")
    assert Drawing.objects.get().status == "published"
    retitle(client, drawing)
    assert Drawing.objects.get().status == "pending"


def test_blocked_and_rate_limited_senders_cannot_change_a_title(client, own, settings):
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


# --- Repeated submissions -----------------------------------------------------------------


@pytest.mark.parametrize("status", Drawing.Status)
def test_the_key_of_a_drawing_without_its_image_makes_nobody_its_owner(client, status):
    form = {"canvas_data": LIST, "title": "Secret", "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    Drawing.objects.update(status=status)
    other = Client()

    response = other.post("/drawings/", {**form, "canvas_data": samples.brightness_list("9")})

    assert response.status_code == 303
    assert "Secret" not in text(other.get("/mine/"))
    assert other.post(addresses(Drawing.objects.get())[1]).status_code == 404
    again = Client()
    again.post("/drawings/", form)  # as if the first response had been lost, and its cookie with it
    assert "Secret" in text(again.get("/mine/"))


@pytest.mark.parametrize("status", Drawing.Status)
def test_repeating_a_key_on_the_site_returns_only_the_urls(client, status):
    form = {"canvas_data": LIST, "title": "Secret", "submission_key": str(uuid4())}
    first = client.post("/drawings/", form, headers=JSON)
    Drawing.objects.update(status=status)

    again = Client().post("/drawings/", {**form, "title": "Owl"}, headers=JSON)

    assert (again.status_code, again.json()) == (200, first.json())


def test_the_key_of_a_deleted_drawing_gives_no_access_to_the_artists_other_drawings(client):
    form = {"canvas_data": LIST, "submission_key": str(uuid4())}
    client.post("/drawings/", form)
    client.post("/drawings/", {"canvas_data": samples.brightness_list("7"), "title": "Secret"})
    Drawing.objects.filter(title="").delete()
    Drawing.objects.update(status="hidden")
    other = Client()

    other.post("/drawings/", {**form, "canvas_data": samples.brightness_list("9")})

    assert other.get(Drawing.objects.get(title="Secret").image_url).status_code == 404


# --- Deletion -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "pending", "hidden"])
def test_the_owner_deletes_a_drawing_after_confirming(client, own, status):
    drawing = own(title="<Fox>", status=status)
    child = own(parent=drawing)
    url = addresses(drawing)[1]
    assert "This permanently deletes “<Fox>”" in text(client.get(url))
    assert Drawing.objects.count() == 2

    response = client.post(url, follow=True)

    assert response.redirect_chain == [("/mine/", 302)]
    assert "“<bdi>&lt;Fox&gt;</bdi>” has been deleted." in response.content.decode()
    assert Drawing.objects.get() == child
    assert Drawing.objects.get().parent_id is None
    assert client.get(f"/drawings/{drawing.id}/").status_code == 404
    assert client.post(url).status_code == 404
    assert "taken back" not in text(client.get("/mine/"))


def test_deleting_a_drawing_reads_no_pixels(client, own):
    drawing = own()
    own(parent=drawing)

    with CaptureQueriesContext(connection) as queries:
        client.post(addresses(drawing)[1])

    assert not [query["sql"] for query in queries if '"blob"' in query["sql"]]


def test_another_site_can_neither_retitle_nor_delete_a_drawing(own, client):
    drawing = own(title="Fox")
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = client.cookies

    for url in addresses(drawing):
        body = urlencode({"title": "Owl"})
        response = guarded.post(url, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 403
    assert Drawing.objects.get().title == "Fox"


# --- Change times -------------------------------------------------------------------------


def test_every_write_of_a_drawing_updates_its_change_time(make_drawing):
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
