"""API tokens in the admin."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.formats import date_format

from drawings.models import ApiToken
from tests.support.api import date_in

pytestmark = pytest.mark.django_db

URL = "/api/v1/drawings"

ADMIN = "/admin/drawings/apitoken/"


@pytest.fixture
def data(client, django_user_model):
    """A client logged in as a member of the Data group."""
    user = django_user_model.objects.create_user("data")
    user.groups.set([Group.objects.get(name="Data")])
    client.force_login(user)
    return client


def form(name="Notebook", **values):
    return {"name": name, "expires_on": date_in(365), "may_read": "on", **values}


def make_in_admin(client, name="Notebook", **values):
    response = client.post(f"{ADMIN}add/", form(name, **values))
    (secret,) = re.findall(r'class="secret">([^<]+)<', response.content.decode())
    return response, secret


def test_a_new_token_is_shown_once_and_works(data, make_drawing):
    make_drawing(status="hidden")

    response, secret = make_in_admin(data)

    token = ApiToken.objects.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "you won't see it again" in response.content.decode()
    assert not response.cookies.get("messages")
    assert (token.user.username, token.name) == ("data", "Notebook")
    headers = {"Authorization": f"Bearer {secret}"}
    assert data.get(f"{URL}?status=hidden", headers=headers).status_code == 200
    for url in (ADMIN, f"{ADMIN}{token.pk}/change/", f"{ADMIN}{token.pk}/history/", "/admin/"):
        page = data.get(url)
        assert page.status_code == 200
        assert secret not in page.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Added."


def test_expiry_and_scope_are_chosen_in_the_form_and_shown_in_the_list(data):
    page = data.get(f"{ADMIN}add/").content.decode()
    assert f'value="{date_in(365)}"' in page

    made, _ = make_in_admin(data, expires_on=date_in(10), may_export="on")

    token = ApiToken.objects.get()
    assert token.expires_on == date_in(10)
    assert (token.may_read, token.may_curate, token.may_export) == (True, False, True)
    shown = date_format(date_in(10))
    assert shown in made.content.decode()
    assert shown in data.get(ADMIN).content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"expires_on": date_in(-1)}, "This day has passed."),
        ({"expires_on": "soon"}, "Enter a valid date."),
        ({"expires_on": ""}, "This field is required."),
        ({"may_read": ""}, "Choose at least one of Read, Curate and Export."),
    ],
)
def test_a_token_that_would_allow_nothing_is_refused_with_the_reason(data, values, sentence):
    page = data.post(f"{ADMIN}add/", form(**values))

    assert sentence in page.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("days", "is_warned"), [(0, True), (30, True), (31, False), (-1, False)])
def test_a_user_is_warned_before_their_token_expires(data, days, is_warned):
    make_in_admin(data, name="<Notebook>")
    ApiToken.objects.update(expires_on=date_in(days))

    page = data.get("/admin/").content.decode()
    assert ("“&lt;Notebook&gt;” expires on" in page) is is_warned

    ApiToken.objects.update(revoked_at=timezone.now())
    assert "expires on" not in data.get("/admin/").content.decode()


def test_a_user_is_not_warned_about_other_users_tokens(data, make_token):
    make_token(expires_on=date_in(1))

    assert "expires on" not in data.get("/admin/").content.decode()


def test_fields_that_the_token_form_does_not_have_are_ignored(data, admin_user):
    data.post(f"{ADMIN}add/", form(user=admin_user.pk, digest="x", begins="x"))

    assert ApiToken.objects.get().user.username == "data"


def test_a_token_name_is_one_line_and_escaped_on_every_page(data):
    assert data.post(f"{ADMIN}add/", form("a\0b")).status_code == 200
    assert not ApiToken.objects.exists()

    response, _ = make_in_admin(data, "<img src=x onerror=hacked>")

    for page in (response, data.get(ADMIN)):
        assert "<img src=x" not in page.content.decode()


def test_a_token_can_be_revoked_but_not_changed(data):
    _, secret = make_in_admin(data)
    token = ApiToken.objects.get()

    data.post(f"{ADMIN}{token.pk}/change/", {"name": "Other"})
    for _ in range(2):
        data.post(ADMIN, {"action": "revoke", "_selected_action": [token.pk]})

    token.refresh_from_db()
    assert token.name == "Notebook"
    assert token.revoked_at is not None
    assert data.get(URL, headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    said = [each.get_change_message() for each in LogEntry.objects.order_by("pk")]
    assert said == ["Added.", "Revoked."]


def test_only_superusers_see_and_revoke_other_users_tokens(data, make_token, admin_client):
    _, others = make_token()

    page = data.get(ADMIN).content.decode()
    data.post(ADMIN, {"action": "revoke", "_selected_action": [others.pk]})
    assert others.begins not in page
    assert data.get(f"{ADMIN}{others.pk}/change/").status_code == 302
    others.refresh_from_db()
    assert others.revoked_at is None

    assert others.begins in admin_client.get(ADMIN).content.decode()
    admin_client.post(ADMIN, {"action": "revoke", "_selected_action": [others.pk]})
    others.refresh_from_db()
    assert others.revoked_at is not None


@pytest.mark.parametrize("group", ["Curators", "Editors"])
def test_a_user_without_the_permission_cannot_create_tokens(client, django_user_model, group):
    user = django_user_model.objects.create_user(group)
    user.groups.set([Group.objects.get(name=group)])
    client.force_login(user)

    assert client.get(ADMIN).status_code == 403
    assert client.post(f"{ADMIN}add/", form()).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_user_who_has_tokens_can_be_deleted(admin_client, make_token):
    _, token = make_token()

    admin_client.post(f"/admin/auth/user/{token.user_id}/delete/", {"post": "yes"})

    assert not ApiToken.objects.exists()
