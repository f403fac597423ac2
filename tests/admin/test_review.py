import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.models import Drawing, Report
from drawings.queries import review_queue
from tests.support import samples
from tests.support.pages import text

REVIEW = "/admin/drawings/drawing/review/"
PENDING = f"{REVIEW}?queue=pending"
REPORTED = f"{REVIEW}?queue=reported"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(make_drawing):
    """Three pending drawings, oldest first. A published one exists as well."""
    make_drawing(title="Seen")
    return [make_drawing(title=f"Fox {number}", status="pending") for number in range(3)]


@pytest.fixture
def reported(make_drawing):
    """Two reported drawings, one of them reported twice. A third one's report is settled."""
    drawings = [make_drawing(title=f"Owl {number}") for number in range(3)]
    for number, drawing in enumerate([drawings[1], drawings[0], drawings[1]]):
        Report.objects.create(drawing=drawing, reason="other", sender=bytes([number] * 16))
    Report.objects.create(drawing=drawings[2], reason="other", settled_at="2026-01-01T00:00Z")
    return drawings


def shown(response):
    return response.context.get("drawing")


def form_of(response, decision):
    """The form fields as a browser submits them when a button is pressed."""
    form = re.search(r'<form [^>]*class="review-decision">.*?</form>', text(response), re.S)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    return {**fields, "decision": decision}


def decide(client, page, decision):
    return client.post(REVIEW, form_of(page, decision), follow=True)


def undo(client, page):
    return client.post(
        REVIEW, {"undo": "yes", "queue": "pending", "drawing": page.context["last"].pk}, follow=True
    )


# --- Order of the queue ---------------------------------------------------------------------


def test_the_oldest_pending_drawing_comes_first_followed_by_the_next_ones(admin_client, pending):
    page = admin_client.get(PENDING)

    assert shown(page) == pending[0]
    assert [item.drawing for item in page.context["upcoming"]] == pending[1:]
    assert f'src="{pending[0].image_url}" alt="Drawing “Fox 0”"' in text(page)


def test_reported_drawings_come_before_pending_ones(admin_client, pending, reported):
    page = admin_client.get(REVIEW)

    assert shown(page) == reported[1]
    assert [item.drawing for item in page.context["upcoming"]] == [reported[0]]
    assert len(page.context["reports"]) == 2


def test_next_and_previous_move_through_the_queue_and_wrap_around(admin_client, pending):
    first = admin_client.get(PENDING)
    second = admin_client.get(f"{PENDING}&after={pending[0].pk}")
    round_again = admin_client.get(f"{PENDING}&after={pending[2].pk}")
    back = admin_client.get(f"{PENDING}&before={pending[1].pk}")

    assert f'href="?queue=pending&after={pending[0].pk}"' in text(first)
    assert "Previous" not in text(first)
    assert shown(second) == pending[1]
    assert f'href="?queue=pending&before={pending[1].pk}"' in text(second)
    assert shown(round_again) == shown(back) == pending[0]


@pytest.mark.parametrize("place", ["at=1", "after=x", "before=", f"after={10**30}", "queue=no"])
@pytest.mark.parametrize("queue", [PENDING, REPORTED])
def test_an_invalid_position_shows_the_start_of_the_queue(
    admin_client, pending, reported, queue, place
):
    assert shown(admin_client.get(f"{queue}&{place}"))


def test_an_empty_queue_says_that_nothing_is_waiting(admin_client, make_drawing):
    make_drawing()

    assert "Nothing to review" in text(admin_client.get(REVIEW))


def test_the_queue_is_counted_up_to_99_without_counting_the_table(admin_client, field):
    model = Drawing.from_field(field)
    Drawing.objects.bulk_create(
        Drawing(blob=model.blob, width=200, height=200, status="pending") for _ in range(150)
    )

    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(REVIEW)

    assert "Pending: 99+" in text(page)
    statements = [query["sql"] for query in asked if "drawings_" in query["sql"]]
    assert not [sql for sql in statements if "COUNT(" in sql or "OFFSET" in sql]
    assert not [sql for sql in statements if '"blob"' in sql or "LIMIT" not in sql]
    assert review_queue.PENDING.count_waiting() == "99+"


def test_the_admin_index_shows_the_length_of_the_queue(admin_client, pending, reported):
    assert "Review queue: 2 reported, 3 pending" in text(admin_client.get("/admin/"))


@pytest.mark.parametrize("url", [REPORTED, "/admin/drawings/report/"])
def test_reports_are_found_without_scanning_the_drawings(admin_client, reported, url):
    with CaptureQueriesContext(connection) as asked:
        admin_client.get(url)

    about = [sql for query in asked if "drawings_report" in (sql := query["sql"])]
    assert about
    assert not [sql for sql in about if "JOIN" in sql]


# --- Decisions ------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["published", "hidden"])
def test_a_decision_is_saved_and_logged_and_leads_to_the_next_item(
    admin_client, admin_user, pending, decision
):
    stored_at = Drawing.objects.get(pk=pending[0].pk).changed_at
    page = decide(admin_client, admin_client.get(PENDING), decision)

    drawing = Drawing.objects.get(pk=pending[0].pk)
    assert drawing.status == decision
    assert Drawing.objects.filter(pk=drawing.pk, changed_at__gt=stored_at).exists()
    assert shown(page) == pending[1]
    assert f"“Fox 0” is now {decision}." in text(page)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(drawing.pk))


@pytest.mark.parametrize("decision", ["published", "hidden"])
def test_a_decision_settles_the_reports_that_were_shown(admin_client, reported, decision):
    seen = admin_client.get(REPORTED)
    Report.objects.create(drawing=reported[1], reason="private", sender=b"x" * 16)

    decide(admin_client, seen, decision)

    waiting = Report.objects.waiting().filter(drawing=reported[1])
    assert [report.reason for report in waiting] == ["private"]
    assert Report.objects.waiting().filter(drawing=reported[0]).exists()


def test_the_last_decision_can_be_undone(admin_client, reported):
    page = decide(admin_client, admin_client.get(REPORTED), "hidden")

    page = undo(admin_client, page)

    assert shown(page) == reported[1]
    assert Drawing.objects.get(pk=reported[1].pk).status == "published"
    assert Report.objects.waiting().filter(drawing=reported[1]).count() == 2
    assert "“Owl 1” is published again." in text(page)
    assert "Undo" not in text(page)
    assert LogEntry.objects.filter(change_message__startswith="Decision undone").exists()


def test_undo_without_a_decision_does_nothing(admin_client, pending):
    page = admin_client.post(REVIEW, {"undo": "yes", "drawing": pending[0].pk}, follow=True)

    assert "There is nothing to undo." in text(page)


# --- Two reviewers ----------------------------------------------------------------------------


@pytest.fixture
def other_client(django_user_model, client):
    client.force_login(django_user_model.objects.create_superuser("grace"))
    return client


def test_a_second_decision_is_refused_and_names_the_first(admin_client, other_client, pending):
    mine, theirs = admin_client.get(PENDING), other_client.get(PENDING)
    decide(other_client, theirs, "hidden")

    page = decide(admin_client, mine, "published")

    assert Drawing.objects.get(pk=pending[0].pk).status == "hidden"
    assert "“Fox 0” was left as it is: grace decided meanwhile, and it is hidden." in text(page)
    assert shown(page) == pending[1]


def test_reports_that_another_user_has_settled_are_not_decided_again(
    admin_client, other_client, reported
):
    mine, theirs = admin_client.get(REPORTED), other_client.get(REPORTED)
    decide(other_client, theirs, "published")

    page = decide(admin_client, mine, "hidden")

    assert Drawing.objects.get(pk=reported[1].pk).status == "published"
    assert "grace decided meanwhile" in text(page)


@pytest.mark.parametrize("said", ["title", "artist"])
def test_a_title_that_was_not_shown_is_not_approved(admin_client, pending, said):
    page = admin_client.get(PENDING)
    Drawing.objects.filter(pk=pending[0].pk).update_stamped(**{said: "Rude"})

    page = decide(admin_client, page, "published")

    assert Drawing.objects.get(pk=pending[0].pk).status == "pending"
    assert "was left as it is: its title has changed meanwhile." in text(page)


def test_undo_does_not_undo_a_later_decision_by_another_user(admin_client, other_client, pending):
    page = decide(admin_client, admin_client.get(PENDING), "published")
    Drawing.objects.filter(pk=pending[0].pk).update(status="hidden")

    page = undo(admin_client, page)

    assert Drawing.objects.get(pk=pending[0].pk).status == "hidden"
    assert "was left as it is" in text(page)


def test_a_drawing_that_was_deleted_meanwhile_is_skipped(admin_client, pending):
    page = admin_client.get(PENDING)
    pending[0].delete()

    page = decide(admin_client, page, "published")

    assert shown(page) == pending[1]
    assert "deleted meanwhile" in text(page)


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "pending"},
        {"drawing": "x"},
        {"key": "x"},
        {"status": "x"},
        {"last_report": "-1"},
        {"last_report": str(10**30)},
        {"drawing": samples.NO_ID[:-1]},
    ],
)
def test_an_invalid_decision_is_refused(admin_client, pending, changes):
    form = form_of(admin_client.get(PENDING), "published")

    assert admin_client.post(REVIEW, {**form, **changes}).status_code == 400
    assert Drawing.objects.filter(status="pending").count() == 3
