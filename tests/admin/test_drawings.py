import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from drawings.models import BlockedSender, Drawing, Report
from drawings.services import batches
from tests.support import samples

LIST = "/admin/drawings/drawing/"

pytestmark = pytest.mark.django_db


def change_url(drawing):
    return f"{LIST}{drawing.id}/change/"


def listed(response):
    return list(response.context["cl"].result_list)


def values_of(drawing, **changes):
    """The change form as a browser sends it."""
    names = ("title", "artist", "colormap", "status", "vmin", "vmax")
    return {**{name: getattr(drawing, name) for name in names}, **changes}


def shown_on(page):
    """What the change page shows, as its form sends it back."""
    return {each.html_initial_name: each.value() for each in page.context["adminform"].form}


# --- The list -------------------------------------------------------------------------------


def test_the_list_shows_a_thumbnail_of_each_drawing(admin_client, make_drawing):
    drawing = make_drawing(samples.shades(100, 200), title="Fox")

    page = unescape(admin_client.get(LIST).content.decode())

    src = f'src="/drawings/{drawing.id}/image.png"'
    assert f'{src} alt="Drawing “Fox”" width="72" height="36" loading="lazy"' in page
    assert f'<a href="{change_url(drawing)}">Fox</a>' in page


def test_the_list_tells_untitled_drawings_apart(admin_client, make_drawing):
    drawing = make_drawing()

    assert f"Untitled ({str(drawing.id)[-12:]})" in admin_client.get(LIST).content.decode()


def test_the_list_has_every_status_and_the_newest_first(admin_client, make_drawing):
    drawings = [make_drawing(status=status) for status in Drawing.Status]

    assert listed(admin_client.get(LIST)) == drawings[::-1]


def test_twice_the_drawings_take_no_more_queries_and_no_pixels(admin_client, make_drawing):
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
def test_search_for_what_is_no_id_finds_nothing_and_breaks_nothing(
    admin_client, make_drawing, query
):
    make_drawing(title="Fox")

    response = admin_client.get(LIST, {"q": query})

    assert response.status_code == 200
    assert listed(response) == []


@pytest.mark.parametrize("status", Drawing.Status)
def test_the_status_filter_selects(admin_client, make_drawing, status):
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
def test_the_date_filter_selects(admin_client, make_drawing, monkeypatch, since, numbers):
    now = datetime(2026, 11, 22, 15, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    drawings = [
        make_drawing(id=uuid7(nanoseconds=int((now - timedelta(days=days)).timestamp()) * 10**9))
        for days in (0, 3, 20, 200, 400)
    ]

    found = listed(admin_client.get(LIST, {"since": since}))

    assert found == [drawings[number] for number in numbers]


def test_search_and_filters_hold_together(admin_client, make_drawing):
    hidden = make_drawing(title="Fox", status="hidden")
    make_drawing(title="Fox")
    make_drawing(title="Owl", status="hidden")

    asked = {"q": "fox", "status__exact": "hidden", "since": "today"}

    assert listed(admin_client.get(LIST, asked)) == [hidden]


# --- Its pages ------------------------------------------------------------------------------


@pytest.fixture
def many(field):
    """Two pages and a half of drawings, newest first."""
    model = Drawing.from_field(field)
    return Drawing.objects.bulk_create(
        Drawing(blob=model.blob, width=200, height=200, title=f"Fox {number}")
        for number in range(125)
    )[::-1]


def address(response, name):
    """Where the link of this name below the list leads, or None."""
    link = re.search(rf'<a class="button" href="(\?[^"]*)">{name}</a>', response.content.decode())
    return link and unescape(link[1])


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published&since=today"])
def test_older_newer_and_oldest_lead_through_the_list(admin_client, many, query):
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


def test_a_list_of_one_page_leads_nowhere(admin_client, make_drawing):
    make_drawing()

    assert "drawing-pages" not in admin_client.get(LIST).content.decode()


def test_a_filter_and_a_search_begin_at_the_newest_page(admin_client, many):
    second = admin_client.get(LIST, {"before": many[49].pk})
    page = second.content.decode()

    assert listed(second) == many[50:100]
    assert 'href="?status__exact=hidden"' in page
    assert 'name="before"' not in page


@pytest.mark.parametrize(
    "query", ["before=1", "after=yesterday", "created_at__gte=2020-01-01", 'status__exact="']
)
def test_a_place_or_a_filter_that_is_none_breaks_nothing(admin_client, many, query):
    assert admin_client.get(f"{LIST}?{query}").status_code in {302, 400}


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published", "?oldest=1"])
def test_no_page_counts_the_drawings_or_skips_any(admin_client, many, query):
    with CaptureQueriesContext(connection) as asked:
        assert admin_client.get(LIST + query).status_code == 200

    statements = [query["sql"] for query in asked if "drawings_" in query["sql"]]
    assert 1 <= len(statements) <= 2
    assert not [sql for sql in statements if "COUNT(" in sql or "OFFSET" in sql]


@pytest.mark.parametrize("q", ["fox", " ", "fox 1", " fox "])
def test_an_action_on_all_that_a_search_finds_changes_no_other(admin_client, many, make_drawing, q):
    owl = make_drawing(title="Owl")
    shown = listed(admin_client.get(LIST, {"q": q}))
    form = {"action": "hide", "_selected_action": [shown[0].pk], "select_across": "1"}

    asked = admin_client.post(f"{LIST}?q={q}", form)
    assert re.search(r"Hide \d+ drawings\?", text(asked))
    assert not Drawing.objects.filter(status="hidden").exists()
    admin_client.post(f"{LIST}?q={q}", {**form, "post": "yes"})

    assert set(shown) <= set(Drawing.objects.filter(status="hidden"))
    assert Drawing.objects.filter(pk=owl.pk, status="hidden").exists() is (not q.strip())


def test_an_action_on_a_page_of_a_search_changes_what_was_selected(admin_client, many):
    selected = [drawing.pk for drawing in many[60:62]]
    form = {"action": "hide", "_selected_action": selected}

    admin_client.post(f"{LIST}?q=fox&before={many[49].pk}", form)

    assert set(Drawing.objects.filter(status="hidden").values_list("pk", flat=True)) == set(
        selected
    )


# --- Actions --------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "status"), [("publish", "published"), ("hide", "hidden")])
def test_an_action_sets_the_status_of_the_selected_drawings(
    admin_client, make_drawing, action, status
):
    selected = [make_drawing(status="pending") for _ in range(2)]
    other = make_drawing(status="pending")

    response = admin_client.post(
        LIST,
        {
            "action": action,
            "_selected_action": [drawing.pk for drawing in selected],
            "select_across": "0",
        },
        follow=True,
    )

    assert f"2 drawings are now {status}." in response.content.decode()
    assert set(Drawing.objects.filter(status=status)) == set(selected)
    assert Drawing.objects.get(status="pending") == other


@pytest.mark.parametrize("action", ["hide", "delete_selected", "block_sender"])
def test_what_was_selected_one_by_one_is_changed_and_no_other(admin_client, make_drawing, action):
    def untouched():
        blocked = [bytes(row.sender) for row in BlockedSender.objects.all()]
        return set(Drawing.objects.filter(status="published").exclude(sender__in=blocked))

    drawings = [make_drawing(sender=bytes([number] * 16)) for number in range(5)]
    form = {
        "action": action,
        "select_across": "0",
        "index": "0",
        "_selected_action": [drawings[3].pk, drawings[1].pk],
    }
    page = admin_client.post(LIST, form)
    if page.status_code == 200:
        assert page.context["drawings"] == [drawings[1], drawings[3]]
        assert not page.context["others"]
        admin_client.post(LIST, fields_of(page))

    assert untouched() == {drawings[0], drawings[2], drawings[4]}


def test_an_action_leaves_the_pixels_as_they_are(admin_client, make_drawing, field):
    drawing = make_drawing(status="pending")

    admin_client.post(LIST, {"action": "publish", "_selected_action": [drawing.pk]})

    assert (Drawing.objects.get().field == field).all()


def test_the_history_tells_who_hid_a_drawing(admin_client, admin_user, make_drawing):
    drawing = make_drawing()

    admin_client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(drawing.pk))
    assert entry.get_change_message() == "Status set to Hidden."


def test_a_drawing_that_has_the_status_is_not_counted(admin_client, make_drawing):
    drawings = [make_drawing(status="hidden"), make_drawing()]

    response = admin_client.post(
        LIST,
        {"action": "hide", "_selected_action": [drawing.pk for drawing in drawings]},
        follow=True,
    )

    assert "1 drawing is now hidden." in response.content.decode()
    assert LogEntry.objects.count() == 1


def test_the_delete_action_asks_and_then_deletes(admin_client, make_drawing):
    gone, left = make_drawing(), make_drawing()
    form = {"action": "delete_selected", "_selected_action": [gone.pk]}

    asked = admin_client.post(LIST, form)
    assert "Delete 1 drawing? It cannot be restored." in text(asked)
    assert Drawing.objects.count() == 2

    admin_client.post(LIST, {**form, "post": "yes"})
    assert Drawing.objects.get() == left
    assert admin_client.get(gone.get_absolute_url()).status_code == 404


def test_hundreds_are_deleted_at_once(admin_client, field):
    blank = Drawing.from_field(field)
    drawings = Drawing.objects.bulk_create(
        Drawing(blob=blank.blob, width=200, height=200) for _ in range(300)
    )
    ids = [drawing.pk for drawing in drawings]

    form = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    admin_client.post(LIST, form)

    assert not Drawing.objects.exists()


# --- Actions on thousands -------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch):
    """A batch of 50 drawings fills a request's time."""
    monkeypatch.setattr(batches, "BATCH", 50)
    monkeypatch.setattr(batches, "SECONDS", 0)


def fields_of(response):
    """The form of an action's page, as a browser sends it."""
    form = re.search(r'<form method="post" [^>]*class="bulk-step".*?</form>', text(response), re.S)
    assert form is not None
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[0])
    return {name: [value for each, value in fields if each == name] for name, _ in fields}


def text(response):
    return unescape(response.content.decode())


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published"])
def test_what_takes_longer_than_a_request_goes_on_in_the_next_one(
    admin_client, many, make_drawing, slow, query
):
    form = {"action": "hide", "_selected_action": [many[0].pk], "select_across": "1"}
    asked = admin_client.post(LIST + query, form)
    late = make_drawing(title="Fox that came late")

    first = admin_client.post(LIST + query, fields_of(asked))
    second = admin_client.post(LIST + query, fields_of(first))
    last = admin_client.post(LIST + query, fields_of(second), follow=True)

    assert "Hide 125 drawings?" in text(asked)
    assert "50 drawings are now hidden so far, and more remain." in text(first)
    assert "100 drawings are now hidden so far, and more remain." in text(second)
    assert "125 drawings are now hidden." in text(last)
    assert Drawing.objects.get(status="published") == late
    assert LogEntry.objects.count() == 125


def test_drawings_selected_one_by_one_are_taken_in_parts_too(admin_client, many, slow):
    ids = [drawing.pk for drawing in many[:60]]

    first = admin_client.post(LIST, {"action": "hide", "_selected_action": ids})
    last = admin_client.post(LIST, fields_of(first), follow=True)

    assert "60 drawings are now hidden." in text(last)
    assert set(Drawing.objects.filter(status="hidden")) == set(many[:60])


def test_a_long_action_reads_no_pixels_and_names_no_more_ids_than_a_batch(admin_client, many, slow):
    form = {"action": "hide", "_selected_action": [many[0].pk], "select_across": "1", "post": "yes"}
    with CaptureQueriesContext(connection) as asked:
        admin_client.post(LIST, form)

    statements = [query["sql"] for query in asked]
    assert not [sql for sql in statements if '"blob"' in sql or "OFFSET" in sql]
    assert max(sql.count("-") + sql.count("'") for sql in statements if "UPDATE" in sql) < 500


def test_no_more_than_a_thousand_are_counted(admin_client, field):
    blank = Drawing.from_field(field)
    drawings = Drawing.objects.bulk_create(
        Drawing(blob=blank.blob, width=200, height=200) for _ in range(1001)
    )
    form = {"action": "delete_selected", "_selected_action": [drawings[0].pk], "select_across": "1"}

    assert "Delete more than 1,000 drawings?" in text(admin_client.post(LIST, form))
    assert Drawing.objects.count() == 1001


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ("drawing", "hide"),
        ("report", "settle"),
        ("blockedword", "delete_selected"),
        ("blockedsender", "delete_selected"),
    ],
)
@pytest.mark.parametrize("id", ["x", str(10**30), "\0"])
def test_a_made_up_selection_is_refused(admin_client, model, action, id):
    form = {"action": action, "_selected_action": [id]}

    assert admin_client.post(f"/admin/drawings/{model}/", form).status_code == 400


@pytest.mark.parametrize("across", ["0", "1"])
def test_a_title_that_has_changed_since_the_list_was_shown_is_not_published(
    admin_client, make_drawing, across
):
    seen, retitled = (make_drawing(title="Fox", status="pending") for _ in range(2))
    Report.objects.create(drawing=retitled, reason="other")
    page = text(admin_client.get(LIST))
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)
    assert seen_at is not None
    Drawing.objects.filter(pk=retitled.pk).update_stamped(title="Rude")

    form = {"_selected_action": [seen.pk, retitled.pk], "select_across": across}
    answer = admin_client.post(LIST, {**form, "action": "publish", "seen_at": seen_at[1]})
    if across == "1":
        answer = admin_client.post(LIST, fields_of(answer))

    page = text(admin_client.get(answer["Location"]))
    assert "1 drawing is now published." in page
    assert "Skipped 1 drawing that changed after you opened the list." in page
    assert Drawing.objects.get(status="pending") == retitled
    assert Report.objects.waiting().exists()


@pytest.mark.parametrize("name", ["after", "until", "done", "seen_at"])
def test_a_made_up_step_is_refused(admin_client, many, name):
    form = {"action": "hide", "_selected_action": [many[0].pk], "post": "yes", name: "x"}

    assert admin_client.post(LIST, form).status_code == 400
    assert not Drawing.objects.filter(status="hidden").exists()


def test_everything_of_a_sender_is_deleted_and_nothing_else(admin_client, make_drawing):
    theirs = [make_drawing(sender=b"s" * 16) for _ in range(2)]
    others = {make_drawing(sender=b"t" * 16), make_drawing()}
    form = {"action": "remove_sender", "_selected_action": [theirs[0].pk]}

    asked = admin_client.post(LIST, form)
    address = re.search(r'action="([^"]+)" class="bulk-step"', text(asked))
    assert address is not None
    assert "Delete 2 drawings?" in text(asked)
    admin_client.post(LIST + address[1], fields_of(asked))

    assert set(Drawing.objects.all()) == others
    assert LogEntry.objects.filter(action_flag=DELETION).count() == 2


@pytest.mark.parametrize("senders", [[None], [b"s" * 16, b"t" * 16]])
def test_whose_drawings_are_meant_must_be_clear(admin_client, make_drawing, senders):
    ids = [make_drawing(sender=sender).pk for sender in senders]

    page = admin_client.post(
        LIST, {"action": "remove_sender", "_selected_action": ids}, follow=True
    )

    assert "The selected drawings have" in text(page)
    assert Drawing.objects.count() == len(senders)


def test_the_senders_of_drawings_are_blocked(admin_client, make_drawing):
    ids = [make_drawing(sender=sender).pk for sender in (b"s" * 16, b"s" * 16, None)]

    form = {"action": "block_sender", "_selected_action": ids}
    asked = admin_client.post(LIST, form)
    assert "Block the senders of 3 drawings?" in text(asked)
    page = admin_client.post(LIST, fields_of(asked), follow=True)

    assert "2 drawings are from senders that are now blocked." in text(page)
    assert [bytes(row.sender) for row in BlockedSender.objects.all()] == [b"s" * 16]
    row = admin_client.get("/admin/drawings/blockedsender/")
    assert "Sender 73737373" in text(row)


def test_hiding_many_settles_their_reports(admin_client, make_drawing):
    drawing = make_drawing()
    stored_at = drawing.changed_at
    Report.objects.create(drawing=drawing, reason="other")

    admin_client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    assert not Report.objects.waiting().exists()
    assert Drawing.objects.get().changed_at > stored_at
    messages = {entry.change_message for entry in LogEntry.objects.all()}
    assert messages == {"Status set to Hidden.", "Reports settled."}


# --- Reports, and who sent it ---------------------------------------------------------------


@pytest.mark.parametrize("q", ["", "fox"])
def test_the_list_can_be_of_one_sender_or_of_what_was_reported(admin_client, make_drawing, q):
    make_drawing(title="Fox")
    sent = make_drawing(title="Fox", sender=b"s" * 16)
    reported = make_drawing(title="Fox", sender=b"t" * 16)
    make_drawing(title="Owl", sender=b"t" * 16)
    Report.objects.create(drawing=reported, reason="other")
    Report.objects.create(drawing=sent, reason="other", settled_at=timezone.now())

    assert listed(admin_client.get(LIST, {"q": q, "sender": "73" * 16})) == [sent]
    assert listed(admin_client.get(LIST, {"q": q, "reported": "yes"})) == [reported]
    assert listed(admin_client.get(LIST, {"q": q, "sender": "73" * 16, "reported": "yes"})) == []


@pytest.mark.parametrize("sender", ["x", "73", "73" * 17])
def test_a_sender_that_is_none_breaks_nothing(admin_client, make_drawing, sender):
    assert admin_client.get(LIST, {"sender": sender}).status_code == 302


def test_the_change_page_shows_reports_and_leads_to_the_senders_drawings(
    admin_client, make_drawing
):
    drawing = make_drawing(sender=b"s" * 16)
    Report.objects.create(drawing=drawing, reason="private", note="<b>my</b> number")

    page = admin_client.get(change_url(drawing)).content.decode()

    assert "It shows something private" in page
    assert "&lt;b&gt;my&lt;/b&gt; number" in page
    assert f'href="{LIST}?sender={"73" * 16}"' in page


def test_open_reports_are_listed_first_come_first_and_can_be_settled(
    admin_client, admin_user, make_drawing
):
    drawing = make_drawing(title="Fox")
    reports = [
        Report.objects.create(drawing=drawing, reason="other", sender=bytes([number] * 16))
        for number in range(3)
    ]
    url = "/admin/drawings/report/"
    assert listed(admin_client.get(url)) == reports

    ids = [report.pk for report in reports[:2]]
    admin_client.post(url, {"action": "settle", "_selected_action": ids})

    assert listed(admin_client.get(url)) == reports[2:]
    assert listed(admin_client.get(url, {"state": "settled"})) == reports[1::-1]
    assert listed(admin_client.get(url, {"state": "all"})) == reports[::-1]
    history = text(admin_client.get(f"{LIST}{drawing.pk}/history/"))
    assert "Reports settled." in history
    assert admin_user.username in history


@pytest.mark.parametrize(
    "query", ["blob=1", "created_at__year=99999999999999999999", "title__regex=("]
)
def test_a_made_up_filter_is_refused(admin_client, make_drawing, query):
    assert admin_client.get(f"{LIST}?{query}").status_code == 400


def test_who_may_only_change_sees_hidden_pictures(client, make_drawing, django_user_model):
    editor = django_user_model.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="change_drawing"))
    client.force_login(editor)

    assert client.get(make_drawing(status="hidden").image_url).status_code == 200


def test_who_may_only_view_gets_no_actions(client, make_drawing, django_user_model):
    viewer = django_user_model.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_drawing"))
    client.force_login(viewer)
    drawing = make_drawing()

    client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    assert client.get(LIST).status_code == 200
    assert Drawing.objects.get().status == "published"


# --- One drawing ----------------------------------------------------------------------------


def test_the_change_page_shows_the_picture_large(admin_client, make_drawing):
    drawing = make_drawing(samples.shades(100, 200), title="Fox")

    page = unescape(admin_client.get(change_url(drawing)).content.decode())

    src = f'src="/drawings/{drawing.id}/image.png"'
    assert f'{src} alt="Drawing “Fox”" width="480" height="240"' in page
    assert "200 × 100 pixels" in page
    assert str(drawing.id) in page


def test_the_change_page_edits_what_is_said_of_a_drawing(admin_client, make_drawing, field):
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
        ({"colormap": "nosuch"}, "matplotlib has no colormap of this name."),
        ({"colormap": ""}, "This field is required."),
        ({"vmin": 200, "vmax": 100}, "vmin must not be greater than vmax"),
        ({"vmax": 256}, "less than or equal to 255"),
        ({"vmin": -1}, "greater than or equal to 0"),
        ({"status": "public"}, "not one of the available choices"),
        ({"title": "x" * 81}, "at most 80 characters"),
        ({"artist": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_the_change_page_refuses_what_no_drawing_may_be(admin_client, make_drawing, changes, said):
    drawing = make_drawing()

    response = admin_client.post(change_url(drawing), values_of(drawing, **changes))

    assert response.status_code == 200
    assert said in unescape(response.content.decode())
    assert values_of(Drawing.objects.get()) == values_of(drawing)


def test_a_change_of_the_title_undoes_no_decision_of_others(admin_client, make_drawing):
    drawing = make_drawing(title="Fxo")
    page = admin_client.get(change_url(drawing))
    shown = shown_on(page)
    Drawing.objects.update(status="hidden")

    admin_client.post(change_url(drawing), {**values_of(drawing, title="Fox"), **shown})

    assert all(f'name="{name}"' in page.content.decode() for name in shown)
    assert Drawing.objects.values_list("title", "status").get() == ("Fox", "hidden")


@pytest.mark.parametrize("name", ["title", "artist"])
def test_nobody_publishes_words_that_the_page_did_not_show(admin_client, make_drawing, name):
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


def test_limits_are_stored_as_the_pair_that_was_checked(admin_client, make_drawing):
    drawing = make_drawing(vmin=0, vmax=255)
    shown = shown_on(admin_client.get(change_url(drawing)))
    Drawing.objects.update(vmin=200)

    response = admin_client.post(change_url(drawing), {**values_of(drawing, vmax=100), **shown})

    assert response.status_code == 302
    assert Drawing.objects.values_list("vmin", "vmax").get() == (0, 100)


@pytest.mark.parametrize("id", ["x", "1", samples.NO_ID, "%00"])
def test_the_way_to_an_object_by_its_kind_leads_nowhere_for_an_id_of_none(admin_client, id):
    kind = ContentType.objects.get_for_model(Drawing)

    assert admin_client.get(f"/admin/r/{kind.pk}/{id}/").status_code == 404


def test_the_change_page_cannot_touch_the_pixels(admin_client, make_drawing, field):
    drawing = make_drawing()
    forged = {"blob": "x", "width": 16, "height": 16, "submission_key": str(uuid4())}

    admin_client.post(change_url(drawing), values_of(drawing, **forged))

    stored = Drawing.objects.get()
    assert (stored.width, stored.height, stored.submission_key) == (200, 200, None)
    assert (stored.field == field).all()


def test_drawings_come_from_the_canvas_and_are_not_added_here(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403


@pytest.mark.parametrize("id", [samples.NO_ID, "not-a-uuid"])
def test_a_drawing_that_is_not_there_leads_back_to_the_index(admin_client, id):
    response = admin_client.get(f"{LIST}{id}/change/")

    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_the_admin_asks_who_is_there(client, make_drawing):
    for url in (LIST, change_url(make_drawing())):
        response = client.get(url)

        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
