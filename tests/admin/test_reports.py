"""Reports and senders in the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from drawings.models import Drawing, Report
from tests.support.pages import change_url, listed, text

pytestmark = pytest.mark.django_db

LIST = "/admin/drawings/drawing/"


@pytest.mark.parametrize("q", ["", "fox"])
def test_the_list_can_be_filtered_by_sender_or_by_open_reports(admin_client, make_drawing, q):
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
def test_an_invalid_sender_does_not_cause_an_error(admin_client, make_drawing, sender):
    assert admin_client.get(LIST, {"sender": sender}).status_code == 302


def test_the_change_page_shows_reports_and_links_to_the_senders_drawings(
    admin_client, make_drawing
):
    drawing = make_drawing(sender=b"s" * 16)
    Report.objects.create(drawing=drawing, reason="private", note="<b>my</b> number")

    page = admin_client.get(change_url(drawing)).content.decode()

    assert "It shows something private" in page
    assert "&lt;b&gt;my&lt;/b&gt; number" in page
    assert f'href="{LIST}?sender={"73" * 16}"' in page


def test_open_reports_are_listed_oldest_first_and_can_be_settled(
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
def test_an_invalid_filter_is_refused(admin_client, make_drawing, query):
    assert admin_client.get(f"{LIST}?{query}").status_code == 400


def test_a_user_with_only_the_change_permission_sees_hidden_images(
    client, make_drawing, django_user_model
):
    editor = django_user_model.objects.create_user("editor")
    editor.user_permissions.add(Permission.objects.get(codename="change_drawing"))
    client.force_login(editor)

    assert client.get(make_drawing(status="hidden").image_url).status_code == 200


def test_a_user_with_only_the_view_permission_gets_no_actions(
    client, make_drawing, django_user_model
):
    viewer = django_user_model.objects.create_user("viewer")
    viewer.user_permissions.add(Permission.objects.get(codename="view_drawing"))
    client.force_login(viewer)
    drawing = make_drawing()

    client.post(LIST, {"action": "hide", "_selected_action": [drawing.pk]})

    assert client.get(LIST).status_code == 200
    assert Drawing.objects.get().status == "published"
