"""Accessibility of every page of the admin, on a phone and on a wide screen, in both themes."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from playwright.sync_api import expect

from drawings.models import ApiToken, BlockedSender, BlockedWord, Report
from drawings.services import api_tokens
from tests.support.accessibility import violations_in_every_look

pytestmark = pytest.mark.page_alone

LIST = "/admin/drawings/drawing/"
TOKENS = "/admin/drawings/apitoken/"
PAGES = {
    "start": ["/admin/", "/admin/drawings/", "/admin/password_change/", "/admin/nowhere/"],
    "drawings": [LIST, f"{LIST}?status__exact=published&q=fox", f"{LIST}?q=nothing"],
    "a drawing": [f"{LIST}{{drawing}}/{page}/" for page in ("change", "history", "delete")],
    "review": [f"{LIST}review/", f"{LIST}review/?queue=pending"],
    "data": [f"{LIST}statistics/", f"{LIST}export/"],
    "tokens": [TOKENS, f"{TOKENS}add/", f"{TOKENS}{{token}}/change/", f"{TOKENS}{{token}}/delete/"],
    "reports": ["/admin/drawings/report/", "/admin/drawings/report/{report}/change/"],
    "blocked words": ["/admin/drawings/blockedword/", "/admin/drawings/blockedword/add/"],
    "blocked senders": [
        "/admin/drawings/blockedsender/",
        "/admin/drawings/blockedsender/{sender}/change/",
    ],
    "users": ["/admin/auth/user/", "/admin/auth/user/add/"],
    "a user": [f"/admin/auth/user/{{user}}/{page}/" for page in ("change", "password", "history")],
    "groups": [
        "/admin/auth/group/",
        "/admin/auth/group/{group}/change/",
        "/admin/auth/group/{group}/delete/",
    ],
}


@pytest.fixture
def ids(admin_user, make_drawing):
    """Creates a row for every page. Returns the ids that the pages' URLs name."""
    drawing = make_drawing(title="Fox", artist="Ada", sender=b"s" * 16)
    make_drawing(title="Owl", status="pending")
    token = ApiToken(name="Notebook", user=admin_user, may_read=True)
    api_tokens.set_secret(token)
    token.save()
    BlockedWord.objects.create(word="ugly")
    LogEntry.objects.log_actions(admin_user.pk, [drawing, admin_user], CHANGE, "Looked at.")
    return {
        "drawing": drawing.pk,
        "token": token.pk,
        "report": Report.objects.create(drawing=drawing, reason="other", note="Not nice").pk,
        "sender": BlockedSender.objects.create(sender=b"x" * 16, note="Adverts").pk,
        "user": admin_user.pk,
        "group": admin_user.groups.model.objects.first().pk,
    }


@pytest.mark.parametrize("pages", PAGES.values(), ids=PAGES)
def test_axe_finds_no_violation_in_the_admin(curator, server, ids, pages, problems):
    for address in pages:
        curator.goto(f"{server.url}{address.format(**ids)}")
        assert violations_in_every_look(curator) == set(), address
    # The browser's own messages about the missing page, and about plots that had to wait.
    problems[:] = [each for each in problems if "Failed to load resource" not in each]


@pytest.mark.parametrize("action", ["keep", "delete_selected"])
def test_axe_finds_no_violation_in_a_bulk_action(curator, server, ids, make_drawing, action):
    for _ in range(51):
        make_drawing()
    page = curator
    page.goto(f"{server.url}{LIST}")
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Select all matching drawings").click()
    assert violations_in_every_look(page) == set()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("button", name="Yes")).to_be_visible()
    assert violations_in_every_look(page) == set()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert violations_in_every_look(page) == set()


def test_axe_finds_no_violation_after_a_decision(curator, server, ids):
    curator.goto(f"{server.url}{LIST}review/")
    curator.keyboard.press("k")
    expect(curator.locator(".messagelist")).to_contain_text("stays published")
    assert violations_in_every_look(curator) == set()


def test_axe_finds_no_violation_where_a_token_is_refused_and_made(curator, server):
    curator.goto(f"{server.url}{TOKENS}add/")
    curator.get_by_role("button", name="Save", exact=True).click()
    expect(curator.locator(".errornote")).to_be_visible()
    assert violations_in_every_look(curator) == set()
    curator.get_by_label("Name").fill("Notebook")
    curator.get_by_role("checkbox", name="Read").check()
    curator.get_by_role("button", name="Save", exact=True).click()
    expect(curator.locator(".secret")).to_be_visible()
    assert violations_in_every_look(curator) == set()


def test_axe_finds_no_violation_at_login_and_logout(page, server, curator):
    curator.goto(f"{server.url}/admin/")
    curator.get_by_role("button", name="Log out").click()
    expect(curator.get_by_text("Log in again")).to_be_visible()
    assert violations_in_every_look(curator) == set()
    curator.goto(f"{server.url}/admin/login/")
    assert violations_in_every_look(curator) == set()
    curator.get_by_label("Username").fill("nobody")
    curator.get_by_label("Password").fill("a wrong password")
    curator.get_by_role("button", name="Log in").click()
    expect(curator.locator(".errornote")).to_be_visible()
    assert violations_in_every_look(curator) == set()
