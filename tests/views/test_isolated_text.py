"""What people have typed is isolated from the text around it, as it may run from right to left."""

import pytest
from django.utils.html import escape

from drawings.models import Report

TITLE, ARTIST, NOTE = "ציור <1>", "עדה <2>", "לא יפה <3>"
ADMIN = "/admin/drawings"


@pytest.fixture
def drawing(make_drawing):
    drawing = make_drawing(title=TITLE, artist=ARTIST)
    Report.objects.create(drawing=drawing, reason="other", note=NOTE)
    return drawing


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/drawings/{id}/report/", [TITLE]),
        (f"{ADMIN}/drawing/review/", [TITLE, ARTIST, NOTE]),
        (f"{ADMIN}/drawing/", [TITLE, ARTIST]),
        (f"{ADMIN}/report/", [TITLE, NOTE]),
        (f"{ADMIN}/drawing/{{id}}/change/", [NOTE]),
    ],
)
def test_a_page_isolates_what_people_have_typed(admin_client, drawing, address, typed):
    page = admin_client.get(address.format(id=drawing.pk)).content.decode()

    for words in typed:
        assert f"<bdi>{escape(words)}</bdi>" in page
        assert words not in page


def test_the_messages_about_a_drawing_isolate_its_title(admin_client, drawing):
    form = {"drawing": drawing.pk, "decision": "hidden", "status": "published"}
    form |= {"title": TITLE, "artist": ARTIST, "queue": "reported"}
    report = Report.objects.get().pk
    form |= {"key": report, "last_report": report}

    page = admin_client.post(f"{ADMIN}/drawing/review/", form, follow=True).content.decode()

    assert f"“<bdi>{escape(TITLE)}</bdi>” is now hidden." in page
    assert f"Undo: “<bdi>{escape(TITLE)}</bdi>” is now hidden" in page
    assert TITLE not in page
