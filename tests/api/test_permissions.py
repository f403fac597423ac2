"""What a token's user may do in the API."""

import re
from datetime import datetime
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry

from drawings.models import Drawing, Report
from tests.support import samples
from tests.support.api import change

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

STATISTICS = "/api/v1/statistics"

EXPORT = "/api/v1/export."


def test_a_user_with_the_view_permission_reads_every_drawing(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")
    hidden = make_drawing(status="hidden", title="Fox")
    child = make_drawing(parent=hidden)

    listed = client.get(f"{URL}?status=hidden", headers=headers)
    one = client.get(f"{URL}/{hidden.id}", headers=headers)
    described = client.get(f"{URL}/{child.id}", headers=headers).json()

    assert [each["id"] for each in listed.json()["drawings"]] == [str(hidden.id)]
    assert one.json()["status"] == "hidden"
    assert described["parent"] == str(hidden.id)
    for answer in (listed, one):
        assert answer["Cache-Control"] == "private, no-store"
        assert "Authorization" in answer["Vary"]
        assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(("permission", "title"), [("view_drawing", "Fox"), (None, "Owl")])
def test_repeating_a_key_reveals_a_hidden_drawing_only_with_the_view_permission(
    client, make_token, make_drawing, permission, title
):
    key = uuid4()
    make_drawing(submission_key=key, title="Fox", status="hidden")
    body = {
        "pixels": samples.shades(20, 20).tolist(),
        "title": "Owl",
        "submission_key": str(key),
    }
    headers, _ = make_token(*[permission] if permission else [])

    answer = client.post(URL, body, "application/json", headers=headers).json()

    assert (answer["title"], answer["status"]) == (title, "hidden" if permission else "pending")


def test_a_token_without_the_view_permission_reads_only_public_drawings(
    client, make_token, make_drawing
):
    headers, _ = make_token("curate_drawing", "export_drawing")
    hidden = make_drawing(status="hidden")

    assert client.get(f"{URL}?status=hidden", headers=headers).status_code == 403
    assert client.get(f"{URL}/{hidden.id}", headers=headers).status_code == 404
    assert client.get(f"{URL}?status=published", headers=headers).status_code == 200
    assert client.get(STATISTICS, headers=headers).status_code == 403


@pytest.mark.parametrize("status", Drawing.Status)
def test_a_curator_sets_the_status_and_the_change_is_logged(
    client, make_token, make_drawing, status
):
    headers, token = make_token("view_drawing", "curate_drawing")
    was = "hidden" if status == "published" else "published"
    drawing = make_drawing(status=was)
    stored_at = drawing.changed_at
    Report.objects.create(drawing=drawing, reason="other")

    response = change(client, drawing, status, headers)

    assert response.status_code == 200
    assert response.json()["status"] == status
    assert datetime.fromisoformat(response.json()["updated_at"]) > stored_at
    assert Drawing.objects.get().status == status
    assert not Report.objects.waiting().exists()
    said = LogEntry.objects.filter(object_id=drawing.id, user=token.user)
    assert set(said.values_list("change_message", flat=True)) == {
        f"Status set to {status.label}.",
        "Reports settled.",
    }


def test_a_decision_on_a_drawing_that_has_changed_since_is_refused(
    client, make_token, make_drawing
):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing(title="Fox", status="pending")
    seen = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]
    Drawing.objects.update_stamped(title="Something else")

    late = change(client, drawing, "published", headers, updated_at=seen)
    now = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]

    assert late.status_code == 409
    assert late.json()["errors"]["request"] == ["The drawing has changed since. Look at it again."]
    assert Drawing.objects.get().status == "pending"
    assert not LogEntry.objects.exists()
    assert change(client, drawing, "published", headers, updated_at=now).status_code == 200
    assert Drawing.objects.get().status == "published"


def test_a_refused_decision_leaves_the_reports_open(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing(title="Fox")
    Report.objects.create(drawing=drawing, reason="other")
    seen = client.get(f"{URL}/{drawing.id}", headers=headers).json()["updated_at"]
    Drawing.objects.update_stamped(title="Something else")

    late = change(client, drawing, "published", headers, updated_at=seen)

    assert late.status_code == 409
    assert Report.objects.waiting().count() == 1


@pytest.mark.parametrize("permissions", [[], ["view_drawing"], ["curate_drawing"]])
def test_a_user_without_the_curate_permission_changes_nothing(
    client, make_token, make_drawing, permissions
):
    headers, _ = make_token(*permissions)
    drawing = make_drawing()

    assert change(client, drawing, "hidden", headers).status_code == 403
    assert change(client, drawing, "hidden", {}).status_code == 401
    assert Drawing.objects.get().status == "published"


@pytest.mark.parametrize(
    ("body", "status", "blamed"),
    [
        ("", 422, "request"),
        ("{}", 422, "status"),
        ("[]", 422, "request"),
        ("null", 422, "request"),
        ('"hidden"', 422, "request"),
        ('{"status": "gone"}', 422, "status"),
        ('{"status": null}', 422, "status"),
        ('{"status": true}', 422, "status"),
        ('{"status": ["hidden"]}', 422, "status"),
        ('{"status": "hid\\u0000den"}', 422, "status"),
        ('{"status": "\\ud800"}', 422, "status"),
        ('{"status": "hidden", "title": "x"}', 422, "title"),
        ('{"status": "hidden", "updated_at": "soon"}', 422, "updated_at"),
        ('{"status": "hidden", "updated_at": 5}', 422, "updated_at"),
        ('{"status": "hidden", "updated_at": null}', 422, "updated_at"),
        ('{"status": "hidden", "\\ud800": "x"}', 422, "request"),
        ('{"status": NaN}', 422, "status"),
        ('{"status": 1e400}', 422, "status"),
        ('{"status": "' + "x" * 5000 + '"}', 422, "status"),
        ("{", 400, "request"),
        ('{"status":' + "[" * 5000, 400, "request"),
        ('{"status": ' + "9" * 5000 + "}", 400, "request"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_an_invalid_status_change_is_refused_by_field(
    client, make_token, make_drawing, body, status, blamed
):
    headers, _ = make_token("view_drawing", "curate_drawing")
    drawing = make_drawing()

    response = client.patch(
        f"{URL}/{drawing.id}", body, content_type="application/json", headers=headers
    )

    assert response.status_code == status
    errors = response.json()["errors"]
    assert list(errors) == [blamed]
    assert all(re.fullmatch(r"[A-Z].*\.", each) for each in errors[blamed])
    assert len(response.content) < 300
    assert Drawing.objects.get().status == "published"


def test_a_body_with_many_unknown_fields_gets_a_short_response(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing", "curate_drawing")
    fields = ",".join(f'"{number}{"x" * 100}": 1' for number in range(5_000))

    response = client.patch(
        f"{URL}/{make_drawing().id}",
        f"{{{fields}}}",
        content_type="application/json",
        headers=headers,
    )

    assert response.status_code == 422
    assert len(response.content) < 3_000


def test_a_missing_drawing_cannot_be_changed(client, make_token):
    headers, _ = make_token("view_drawing", "curate_drawing")

    response = client.patch(
        f"{URL}/{samples.NO_ID}",
        '{"status": "hidden"}',
        content_type="application/json",
        headers=headers,
    )

    assert response.status_code == 404


def test_statistics_need_the_view_permission(client, make_token, make_drawing):
    headers, _ = make_token("view_drawing")
    make_drawing(colormap="magma", status="hidden")

    response = client.get(f"{STATISTICS}?days=365", headers=headers)

    body = response.json()
    assert len(body["days"]) == 365
    assert body["days"][-1]["drawings"] == 1
    assert body["colormaps"] == [{"colormap": "magma", "drawings": 1}]
    assert body["sampled"] == 1
    assert len(client.get(STATISTICS, headers=headers).json()["days"]) == 30
    assert list(client.get(f"{STATISTICS}?days=31", headers=headers).json()["errors"]) == ["days"]
    assert client.get(STATISTICS).status_code == 401


@pytest.mark.parametrize("format", ["npz", "zip", "ndjson", "parquet", "csv"])
def test_a_user_with_the_export_permission_exports_and_it_is_logged(
    client, make_token, make_drawing, format
):
    headers, token = make_token("export_drawing")
    make_drawing(artist="Ada")

    response = client.get(f"{EXPORT}{format}?artist=Ada", headers=headers)

    assert response.status_code == 200
    assert b"".join(response.streaming_content)
    assert response["Content-Disposition"].endswith(f'.{format}"')
    assert response["Cache-Control"] == "private, no-store"
    (entry,) = LogEntry.objects.filter(user=token.user)
    assert entry.change_message.startswith(f"Exported as {format}.")


def test_an_export_contains_only_the_selected_drawings(client, make_token, make_drawing):
    headers, _ = make_token("export_drawing", "view_drawing")
    fox = make_drawing(title="Fox", colormap="magma")
    make_drawing(title="Fox")
    hidden = make_drawing(status="hidden")

    def exported(query):
        response = client.get(f"{EXPORT}csv?{query}", headers=headers)
        lines = b"".join(response.streaming_content).decode().splitlines()
        return [line.partition(",")[0] for line in lines[1:]]

    assert exported("q=fox&cmap=magma&since=2026-01-01&until=2100-01-01") == [str(fox.id)]
    assert exported("status=hidden") == [str(hidden.id)]


def test_a_refused_export_gets_the_usual_json_error(client, make_token, make_drawing):
    headers, _ = make_token("export_drawing")
    others, _ = make_token("view_drawing")

    for query, shown, status, blamed in [
        ("csv", {}, 401, "request"),
        ("csv", others, 403, "request"),
        ("csv?status=hidden", headers, 403, "request"),
        ("csv", headers, 422, "request"),  # an empty selection
        ("csv?cmap=nosuch", headers, 422, "cmap"),
        ("xlsx", headers, 404, "request"),
    ]:
        response = client.get(EXPORT + query, headers=shown)
        assert (response.status_code, list(response.json()["errors"])) == (status, [blamed]), query
