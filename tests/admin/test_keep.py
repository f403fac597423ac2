"""Keeping reported drawings: their reports are settled, and they stay as they are."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone

from drawings.models import Drawing, Report
from tests.support.pages import change_url, text, text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/drawings/drawing/"
REVIEW = f"{LIST}review/"


@pytest.fixture
def drawing(make_drawing):
    return make_drawing(title="Fox")


def report(drawing, number=0, **values):
    return Report.objects.create(
        drawing=drawing, reason="other", sender=bytes([number] * 16), **values
    )


def press(client, page, name):
    """Press a button of the form that decides about a drawing."""
    form = re.search(r'<form [^>]*class="review-decision">.*?</form>', text(page), re.S)
    assert form is not None
    fields = dict(re.findall(r'<input [^>]*name="(\w+)" value="([^"]*)"', form[0]))
    (decision,) = re.findall(rf'value="(\w+)"[^>]*>{name}(?: <kbd>|<)', form[0])
    action = re.search(r'action="([^"]+)"', form[0])
    assert action is not None
    return client.post(unescape(action[1]), {**fields, "decision": decision}, follow=True)


def is_reported(drawing):
    return Report.objects.waiting().filter(drawing=drawing).exists()


@pytest.mark.parametrize("url", [REVIEW, None], ids=["review queue", "change page"])
def test_keep_settles_the_reports_of_a_published_drawing_and_leaves_it_published(
    admin_client, admin_user, drawing, url
):
    report(drawing)
    stored_at = Drawing.objects.get().changed_at

    page = press(admin_client, admin_client.get(url or change_url(drawing)), "Keep")

    assert "“Fox” stays published." in text(page)
    assert "Undo: “Fox” stays published" in text(page)
    kept = Drawing.objects.get()
    assert (kept.status, kept.changed_at) == ("published", stored_at)
    assert not is_reported(drawing)
    entry = LogEntry.objects.get()
    assert (entry.change_message, entry.user) == ("Reports settled.", admin_user)


def test_undoing_keep_opens_the_reports_again(admin_client, drawing):
    report(drawing)
    page = press(admin_client, admin_client.get(REVIEW), "Keep")

    form = {"undo": "yes", "queue": "reported", "drawing": drawing.pk}
    page = admin_client.post(REVIEW, form, follow=True)

    assert "“Fox” is reported again." in text(page)
    assert Drawing.objects.get().status == "published"
    assert is_reported(drawing)
    newest = LogEntry.objects.latest("pk")
    assert newest.change_message == "Decision undone: reports opened again."


@pytest.mark.parametrize(
    ("status", "names"),
    [
        ("published", {"Keep", "Hide"}),
        ("pending", {"Publish", "Hide"}),
        ("hidden", {"Publish", "Keep hidden"}),
    ],
)
@pytest.mark.parametrize("url", [f"{REVIEW}?queue=reported", None], ids=["queue", "change page"])
def test_a_reported_drawing_offers_what_its_status_leaves_to_decide(
    admin_client, make_drawing, status, names, url
):
    drawing = make_drawing(status=status)
    report(drawing)

    page = text(admin_client.get(url or change_url(drawing)))

    buttons = re.findall(r'name="decision"[^>]*>(.*?)(?: <kbd>.*)?</button>', page)
    assert set(buttons) == names


def test_a_reported_drawing_that_is_hidden_can_stay_hidden(admin_client, make_drawing):
    drawing = make_drawing(title="Fox", status="hidden")
    report(drawing)

    page = press(admin_client, admin_client.get(REVIEW), "Keep hidden")

    assert "“Fox” stays hidden." in text(page)
    assert not is_reported(drawing)


def test_the_change_page_offers_no_decision_without_open_reports(admin_client, drawing):
    report(drawing, settled_at=timezone.now())

    assert "This drawing has open reports" not in text(admin_client.get(change_url(drawing)))


def test_the_change_page_announces_no_keys_because_it_has_none(admin_client, drawing):
    report(drawing)

    assert "aria-keyshortcuts" in text(admin_client.get(REVIEW))
    assert "aria-keyshortcuts" not in text(admin_client.get(change_url(drawing)))


@pytest.mark.parametrize("lacking", ["view_drawing", "curate_drawing", "view_report"])
def test_keep_is_offered_only_to_those_who_may_open_the_queue_of_reports(
    client, django_user_model, drawing, lacking
):
    report(drawing)
    names = {"change_drawing", "view_drawing", "curate_drawing", "view_report"}
    user = django_user_model.objects.create_user("grace")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    offers = ("This drawing has open reports", "Keep selected drawings")

    def offered():
        pages = text(client.get(change_url(drawing))) + text(client.get(LIST))
        return [offer in pages for offer in offers]

    assert offered() == [True, True]
    user.user_permissions.remove(Permission.objects.get(codename=lacking))
    assert offered() == [False, False]


def test_a_report_that_the_change_page_did_not_show_stays_open(admin_client, drawing):
    report(drawing, 1)
    page = admin_client.get(change_url(drawing))
    report(drawing, 2)

    press(admin_client, page, "Keep")

    assert is_reported(drawing)


def test_the_change_page_with_an_error_decides_nothing_about_values_that_were_refused(
    admin_client, drawing
):
    report(drawing)

    page = admin_client.post(change_url(drawing), {"title": "Owl", "status": "published"})

    assert "Please correct the errors below." in text(page)
    assert "This drawing has open reports" not in text(page)


# --- Many at once ---------------------------------------------------------------------------


def test_the_keep_action_settles_the_reports_of_the_selected_drawings(admin_client, make_drawing):
    kept = [make_drawing(status=status) for status in ("published", "hidden")]
    other, unreported = make_drawing(), make_drawing()
    for drawing in (*kept, other):
        report(drawing)
    stored = dict(Drawing.objects.values_list("pk", "status"))
    selected = [drawing.pk for drawing in (*kept, unreported)]

    page = admin_client.post(LIST, {"action": "keep", "_selected_action": selected}, follow=True)

    assert "2 drawings are no longer reported." in text_of(page)
    assert [is_reported(drawing) for drawing in (*kept, other)] == [False, False, True]
    assert dict(Drawing.objects.values_list("pk", "status")) == stored
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Reports settled."}


def test_all_reported_drawings_can_be_kept_at_once(admin_client, make_drawing):
    for number in range(3):
        report(make_drawing(), number)
    first = Report.objects.earliest("pk").drawing_id
    form = {"action": "keep", "_selected_action": [first], "select_across": "1"}

    page = admin_client.post(f"{LIST}?reported=yes", form)
    assert "Keep 3 drawings?" in text_of(page)
    admin_client.post(f"{LIST}?reported=yes", {**form, "post": "yes"})

    assert not Report.objects.waiting().exists()


def test_the_keep_action_leaves_what_came_after_the_list_was_shown(admin_client, make_drawing):
    retitled, reported_again = make_drawing(), make_drawing()
    for drawing in (retitled, reported_again):
        report(drawing, 1)
    seen_at = timezone.now() + timedelta(seconds=1)
    Drawing.objects.filter(pk=retitled.pk).update(changed_at=seen_at + timedelta(seconds=1))
    report(reported_again, 2, created_at=seen_at + timedelta(seconds=1))

    form = {"action": "keep", "_selected_action": [retitled.pk, reported_again.pk]}
    page = admin_client.post(LIST, {**form, "seen_at": seen_at.isoformat()}, follow=True)

    assert "Skipped 1 drawing that changed after you opened the list." in text_of(page)
    waiting = Report.objects.waiting().order_by("pk").values_list("drawing", "sender")
    assert [(pk, bytes(sender or b"")[0]) for pk, sender in waiting] == [
        (retitled.pk, 1),
        (reported_again.pk, 2),
    ]
