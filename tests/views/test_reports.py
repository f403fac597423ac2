"""Visitors report drawings."""

from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from drawings.models import Drawing, Report
from drawings.views import reports
from drawsite.environment import Rate
from drawsite.ratelimit import limiter
from tests.support import samples

JSON = {"Accept": "application/json"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawing(make_drawing):
    return make_drawing(title="Fox")


def url_of(drawing):
    return f"/drawings/{drawing.id}/report/"


def report(client, drawing, reason="hurtful", **options):
    return client.post(url_of(drawing), {"reason": reason}, **options)


def test_each_drawings_page_links_to_the_report_form(client, drawing):
    assert f'href="{url_of(drawing)}"' in client.get(f"/drawings/{drawing.id}/").content.decode()

    page = unescape(client.get(url_of(drawing)).content.decode())

    assert "your report of “<bdi>Fox</bdi>”" in page
    for reason in Report.Reason:
        assert f'type="radio" name="reason" value="{reason}"' in page
        assert reason.label in page


def test_a_report_is_kept_for_staff_and_hides_nothing(client, drawing):
    values = {"reason": "private", "note": "  My\r\nface  "}

    response = client.post(url_of(drawing), values, follow=True)

    assert "Thank you for your report" in response.content.decode()
    kept = Report.objects.get()
    assert (kept.drawing, kept.reason, kept.note) == (drawing, "private", "My face")
    assert len(kept.sender or b"") == 16
    assert kept.settled_at is None
    assert Drawing.objects.get().status == "published"


def test_many_reports_do_not_hide_a_drawing(client, drawing):
    for number in range(30):
        report(client, drawing, REMOTE_ADDR=f"192.0.2.{number}")

    assert Report.objects.count() == 30
    assert client.get(f"/drawings/{drawing.id}/").status_code == 200


def test_a_second_report_by_a_sender_is_acknowledged_but_not_stored(client, drawing, make_drawing):
    answers = [report(client, drawing, reason) for reason in ("hurtful", "other")]
    report(client, make_drawing())

    thanks = f"{url_of(drawing)}thanks/"
    assert [answer["Location"] for answer in answers] == [thanks, f"{thanks}?again=yes"]
    said = [client.get(answer["Location"]).content.decode() for answer in answers]
    assert ["already been reported" in each for each in said] == [False, True]
    assert Report.objects.filter(drawing=drawing).get().reason == "hurtful"
    assert Report.objects.count() == 2


def test_a_sender_may_report_a_drawing_again_after_staff_settle_the_report(client, drawing):
    for number in (1, 2):
        report(client, drawing, REMOTE_ADDR=f"192.0.2.{number}")
    Report.objects.update(settled_at=timezone.now())

    for _ in range(2):
        report(client, drawing, "other", REMOTE_ADDR="192.0.2.1")

    assert [each.reason for each in Report.objects.waiting()] == ["other"]
    assert Report.objects.count() == 2


def test_a_flood_of_reports_is_stored_only_up_to_the_maximum(
    client, admin_client, drawing, monkeypatch
):
    monkeypatch.setattr(reports, "MAX_WAITING_REPORTS", 2)
    for number in range(4):
        answer = report(client, drawing, REMOTE_ADDR=f"192.0.2.{number}")
        assert answer["Location"] == f"{url_of(drawing)}thanks/"

    page = admin_client.get(f"/admin/drawings/drawing/{drawing.pk}/delete/").content.decode()

    assert Report.objects.count() == 2
    assert "Reports: 2" in page
    assert page.count("It insults or threatens somebody") == 0


@pytest.mark.parametrize(
    ("values", "blamed"),
    [
        ({}, "reason"),
        ({"reason": "nosuch"}, "reason"),
        ({"reason": "other", "note": "x" * 301}, "note"),
        ({"reason": "other", "note": "a\0b"}, "note"),
        ({"reason": "other", "note": "a\u202eb"}, "note"),
    ],
)
def test_an_invalid_report_is_explained_and_kept_in_the_form(client, drawing, values, blamed):
    values = {"note": "<typed>", **values}

    answer = client.post(url_of(drawing), values, headers=JSON)
    page = client.post(url_of(drawing), values).content.decode()

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [blamed])
    assert f"<li>{blamed.capitalize()}: " in page
    assert ("&lt;typed&gt;</textarea>" in page) == (blamed == "reason")
    assert not Report.objects.exists()


@pytest.mark.parametrize("status", ["pending", "hidden"])
def test_only_public_drawings_can_be_reported(client, make_drawing, status):
    drawing = make_drawing(status=status, title="Secret")

    for ask in (client.get, client.post):
        response = ask(url_of(drawing), {"reason": "other"})
        assert response.status_code == 404
        assert "Secret" not in response.content.decode()
    assert client.get(f"/drawings/{samples.NO_ID}/report/").status_code == 404
    assert not Report.objects.exists()


def test_a_drawing_deleted_while_it_is_reported_is_not_found(
    client, drawing, transactional_db, monkeypatch
):
    def delete_first(*arguments):
        Drawing.objects.all().delete()
        return limiter.Verdict(True, 0)

    monkeypatch.setattr(limiter, "hit", delete_first)

    assert report(client, drawing).status_code == 404


def test_a_sender_who_reports_too_often_is_told_when_to_retry(client, drawing, settings):
    settings.SECRET_KEY = uuid4().hex  # restarts the counts, in Redis too
    settings.REPORT_RATE = Rate(2, 10**9)

    answers = [report(client, drawing, headers=JSON) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 10**9
    assert "Lots of reports" in answers[2].json()["errors"]["request"][0]


def test_another_site_cannot_submit_a_report(drawing):
    assert report(Client(enforce_csrf_checks=True), drawing).status_code == 403
    assert not Report.objects.exists()


def test_reports_are_deleted_with_their_drawing(client, drawing):
    report(client, drawing)

    drawing.delete()

    assert not Report.objects.exists()
