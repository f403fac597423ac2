"""Actions on selected drawings, or on all that match."""

import re

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.models import BlockedSender, Drawing, Report
from drawings.services import batches
from tests.support.pages import text

pytestmark = pytest.mark.django_db

LIST = "/admin/drawings/drawing/"


# --- Actions ------------------------------------------------------------------------------


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
def test_an_action_changes_only_the_drawings_selected_one_by_one(
    admin_client, make_drawing, action
):
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


def test_an_action_does_not_change_the_pixels(admin_client, make_drawing, field):
    drawing = make_drawing(status="pending")

    admin_client.post(LIST, {"action": "publish", "_selected_action": [drawing.pk]})

    assert (Drawing.objects.get().field == field).all()


def test_the_history_names_the_user_who_hid_a_drawing(admin_client, admin_user, make_drawing):
    drawing = make_drawing()

    admin_client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(drawing.pk))
    assert entry.get_change_message() == "Status set to Hidden."


def test_a_drawing_that_already_has_the_status_is_not_counted(admin_client, make_drawing):
    drawings = [make_drawing(status="hidden"), make_drawing()]

    response = admin_client.post(
        LIST,
        {"action": "hide", "_selected_action": [drawing.pk for drawing in drawings]},
        follow=True,
    )

    assert "1 drawing is now hidden." in response.content.decode()
    assert LogEntry.objects.count() == 1


def test_the_delete_action_asks_for_confirmation_and_then_deletes(admin_client, make_drawing):
    gone, left = make_drawing(), make_drawing()
    form = {"action": "delete_selected", "_selected_action": [gone.pk]}

    asked = admin_client.post(LIST, form)
    assert "Delete 1 drawing? It cannot be restored." in text(asked)
    assert Drawing.objects.count() == 2

    admin_client.post(LIST, {**form, "post": "yes"})
    assert Drawing.objects.get() == left
    assert admin_client.get(gone.get_absolute_url()).status_code == 404


def test_hundreds_of_drawings_are_deleted_at_once(admin_client, field):
    blank = Drawing.from_field(field)
    drawings = Drawing.objects.bulk_create(
        Drawing(blob=blank.blob, width=200, height=200) for _ in range(300)
    )
    ids = [drawing.pk for drawing in drawings]

    form = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    admin_client.post(LIST, form)

    assert not Drawing.objects.exists()


@pytest.fixture
def slow(monkeypatch):
    """One batch of 50 drawings uses up the time of a request."""
    monkeypatch.setattr(batches, "BATCH", 50)
    monkeypatch.setattr(batches, "SECONDS", 0)


def fields_of(response):
    """The form fields of an action's page, as a browser submits them."""
    form = re.search(r'<form method="post" [^>]*class="bulk-step".*?</form>', text(response), re.S)
    assert form is not None
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[0])
    return {name: [value for each, value in fields if each == name] for name, _ in fields}


# --- Actions on thousands -----------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?q=fox", "?status__exact=published"])
def test_an_action_that_outlasts_a_request_continues_in_the_next_one(
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


def test_drawings_selected_one_by_one_are_also_changed_in_batches(admin_client, many, slow):
    ids = [drawing.pk for drawing in many[:60]]

    first = admin_client.post(LIST, {"action": "hide", "_selected_action": ids})
    last = admin_client.post(LIST, fields_of(first), follow=True)

    assert "60 drawings are now hidden." in text(last)
    assert set(Drawing.objects.filter(status="hidden")) == set(many[:60])


def test_a_long_action_reads_no_pixels_and_lists_at_most_one_batch_of_ids(admin_client, many, slow):
    form = {"action": "hide", "_selected_action": [many[0].pk], "select_across": "1", "post": "yes"}
    with CaptureQueriesContext(connection) as asked:
        admin_client.post(LIST, form)

    statements = [query["sql"] for query in asked]
    assert not [sql for sql in statements if '"blob"' in sql or "OFFSET" in sql]
    assert max(sql.count("-") + sql.count("'") for sql in statements if "UPDATE" in sql) < 500


def test_drawings_are_counted_up_to_a_thousand(admin_client, field):
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
def test_an_invalid_selection_is_refused(admin_client, model, action, id):
    form = {"action": action, "_selected_action": [id]}

    assert admin_client.post(f"/admin/drawings/{model}/", form).status_code == 400


@pytest.mark.parametrize("across", ["0", "1"])
def test_a_drawing_retitled_since_the_list_was_shown_is_not_published(
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
def test_an_invalid_step_is_refused(admin_client, many, name):
    form = {"action": "hide", "_selected_action": [many[0].pk], "post": "yes", name: "x"}

    assert admin_client.post(LIST, form).status_code == 400
    assert not Drawing.objects.filter(status="hidden").exists()


def test_deleting_a_senders_drawings_deletes_all_of_them_and_no_others(admin_client, make_drawing):
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
def test_deleting_a_senders_drawings_needs_exactly_one_sender(admin_client, make_drawing, senders):
    ids = [make_drawing(sender=sender).pk for sender in senders]

    page = admin_client.post(
        LIST, {"action": "remove_sender", "_selected_action": ids}, follow=True
    )

    assert "The selected drawings have" in text(page)
    assert Drawing.objects.count() == len(senders)


def test_the_senders_of_selected_drawings_are_blocked(admin_client, make_drawing):
    ids = [make_drawing(sender=sender).pk for sender in (b"s" * 16, b"s" * 16, None)]

    form = {"action": "block_sender", "_selected_action": ids}
    asked = admin_client.post(LIST, form)
    assert "Block the senders of 3 drawings?" in text(asked)
    page = admin_client.post(LIST, fields_of(asked), follow=True)

    assert "2 drawings are from senders that are now blocked." in text(page)
    assert [bytes(row.sender) for row in BlockedSender.objects.all()] == [b"s" * 16]
    row = admin_client.get("/admin/drawings/blockedsender/")
    assert "Sender 73737373" in text(row)


def test_hiding_many_drawings_settles_their_reports(admin_client, make_drawing):
    drawing = make_drawing()
    stored_at = drawing.changed_at
    Report.objects.create(drawing=drawing, reason="other")

    admin_client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    assert not Report.objects.waiting().exists()
    assert Drawing.objects.get().changed_at > stored_at
    messages = {entry.change_message for entry in LogEntry.objects.all()}
    assert messages == {"Status set to Hidden.", "Reports settled."}
