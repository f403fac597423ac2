"""What each group of staff may do, and what it may not."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

from drawings.models import BlockedSender, BlockedWord, Drawing, Report

migration = import_module("drawings.migrations.0007_staff_groups_and_log_indexes")

LIST = "/admin/drawings/drawing/"
REVIEW = f"{LIST}review/"
STATISTICS = f"{LIST}statistics/"
REPORTS = "/admin/drawings/report/"
WORDS = "/admin/drawings/blockedword/"
SENDERS = "/admin/drawings/blockedsender/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, django_user_model):
    """Logs in a user who is in one group."""

    def log_in(group):
        user = django_user_model.objects.create_user(group)
        user.groups.set([Group.objects.get(name=group)])
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def drawing(make_drawing):
    return make_drawing(title="Fox", status="pending", sender=b"s" * 16)


def act(client, drawing, action, **values):
    form = {"action": action, "_selected_action": [drawing.pk], "post": "yes", **values}
    return client.post(LIST, form)


def status_of(drawing):
    return Drawing.objects.get(pk=drawing.pk).status


def offered(client):
    form = client.get(LIST).context["action_form"]
    return {name for name, _ in form.fields["action"].choices if name} if form else set()


def test_curators_see_drawings_and_set_their_status(member, drawing):
    client = member("Curators")
    report = Report.objects.create(drawing=drawing, reason="other")

    assert [client.get(url).status_code for url in (LIST, REVIEW, STATISTICS, REPORTS)] == [200] * 4
    assert client.get(drawing.image_url).status_code == 200
    assert "History" in client.get(f"{LIST}{drawing.pk}/change/").content.decode()
    assert client.get(f"{LIST}{drawing.pk}/history/").status_code == 200
    assert offered(client) == {"publish", "keep", "hide"}
    act(client, drawing, "hide")
    assert status_of(drawing) == "hidden"
    assert not Report.objects.waiting().exists()

    Report.objects.update(settled_at=None)
    client.post(REPORTS, {"action": "settle", "_selected_action": [report.pk]})
    assert not Report.objects.waiting().exists()


def test_curators_cannot_retitle_delete_or_block(member, drawing):
    client = member("Curators")

    assert client.post(f"{LIST}{drawing.pk}/change/", {"title": "Owl"}).status_code == 403
    assert client.post(f"{LIST}{drawing.pk}/delete/", {"post": "yes"}).status_code == 403
    for action in ("delete_selected", "remove_sender", "block_sender"):
        act(client, drawing, action)
    assert [client.get(url).status_code for url in (WORDS, SENDERS)] == [403, 403]
    assert Drawing.objects.get().title == "Fox"
    assert not BlockedSender.objects.exists()


def test_editors_can_also_retitle_delete_and_block(member, drawing, make_drawing):
    client = member("Editors")
    values = {"title": "Owl", "colormap": "gray", "status": "published", "vmin": 0, "vmax": 255}

    assert client.post(f"{LIST}{drawing.pk}/change/", values).status_code == 302
    stored = Drawing.objects.get()
    assert (stored.title, stored.status) == ("Owl", "published")
    client.post(f"{WORDS}add/", {"word": "ugly"})
    assert BlockedWord.objects.get().word == "ugly"
    act(client, drawing, "block_sender")
    assert bytes(BlockedSender.objects.get().sender) == b"s" * 16
    client.post(f"{SENDERS}{BlockedSender.objects.get().pk}/delete/", {"post": "yes"})
    assert not BlockedSender.objects.exists()
    Report.objects.create(drawing=drawing, reason="other")
    client.post(f"{LIST}{drawing.pk}/delete/", {"post": "yes"})
    act(client, make_drawing(), "delete_selected")
    assert not Drawing.objects.exists()


def test_the_data_group_views_drawings_and_changes_nothing(member, drawing):
    client = member("Data")
    Report.objects.create(drawing=drawing, reason="other", note="my phone number")

    assert [client.get(url).status_code for url in (LIST, STATISTICS)] == [200, 200]
    assert [client.get(url).status_code for url in (REVIEW, REPORTS, WORDS, SENDERS)] == [403] * 4
    assert client.post(REVIEW, {"decision": "published"}).status_code == 403
    assert offered(client) == set()
    for action in ("publish", "delete_selected"):
        act(client, drawing, action)
    assert status_of(drawing) == "pending"
    page = client.get(f"{LIST}{drawing.pk}/change/").content.decode()
    assert "Fox" in page
    assert "my phone number" not in page
    assert b"s".hex() * 4 not in page
    assert "History" not in page
    assert client.get(f"{LIST}{drawing.pk}/history/").status_code == 403


@pytest.mark.parametrize("query", [f"sender={'73' * 16}", "reported=yes"])
def test_a_filter_that_the_group_may_not_use_is_refused_not_ignored(member, drawing, query):
    assert member("Data").get(f"{LIST}?{query}").status_code == 403


def test_an_editor_without_the_curate_permission_cannot_change_the_status(
    client, drawing, django_user_model
):
    user = django_user_model.objects.create_user("editor")
    user.user_permissions.add(Permission.objects.get(codename="change_drawing"))
    client.force_login(user)
    values = {"title": "Owl", "colormap": "gray", "status": "published", "vmin": 0, "vmax": 255}

    client.post(f"{LIST}{drawing.pk}/change/", values)

    stored = Drawing.objects.get()
    assert (stored.title, stored.status) == ("Owl", "pending")


def test_a_group_that_the_host_changed_or_deleted_is_not_restored(db):
    Group.objects.filter(name="Curators").update(name="Friends")
    Group.objects.get(name="Editors").permissions.clear()
    Group.objects.get(name="Data").delete()

    migration.create_groups(apps, SimpleNamespace(connection=connection))

    assert set(Group.objects.values_list("name", flat=True)) == {"Friends", "Editors"}
    assert not Group.objects.get(name="Editors").permissions.exists()


def test_the_groups_are_created_with_their_permissions(db):
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label="drawings").delete()

    migration.create_groups(apps, SimpleNamespace(connection=connection))

    assert set(Group.objects.values_list("name", flat=True)) == set(migration.GROUPS)
    assert set(Group.objects.get(name="Data").permissions.values_list("codename", flat=True)) == {
        "view_drawing",
        "export_drawing",
        "view_apitoken",
        "add_apitoken",
        "delete_apitoken",
    }


def test_the_admin_log_has_its_indexes(db):
    """SQLite drops them if a migration of Django's admin ever remakes the table of its log."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "django_admin_log")

    assert {name: constraints[name]["columns"] for name in migration.INDEXES} == {
        "drawing_history": ["object_id", "action_time"],
        "user_history": ["user_id", "action_time"],
    }
