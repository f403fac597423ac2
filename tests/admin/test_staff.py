"""Which users may enter the admin, and what they can open there."""

import pytest
from django.contrib.auth.models import Group, Permission

from drawings.models import ApiToken
from drawings.services import api_tokens
from tests.support.installation import installation

PASSWORD = "a long enough password"  # noqa: S105
LIST = "/admin/drawings/drawing/"
PAGES = {
    "index": "/admin/",
    "drawings": LIST,
    "review": f"{LIST}review/",
    "statistics": f"{LIST}statistics/",
    "export": f"{LIST}export/",
    "tokens": "/admin/drawings/apitoken/",
    "words": "/admin/drawings/blockedword/",
    "users": "/admin/auth/user/",
}
LOOKING = {"index", "drawings", "statistics"}
OPEN_TO = {
    "nobody": set(),
    "no group": set(),
    "staff status alone": set(),
    "Curators": LOOKING | {"review"},
    "Editors": LOOKING | {"review", "words"},
    "Data": LOOKING | {"export", "tokens"},
    "a permission alone": {"index", "users"},
    "superuser": set(PAGES),
    "inactive Curators": set(),
    "inactive superuser": set(),
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_user(django_user_model):
    """Creates a user of a kind of OPEN_TO."""

    def make(kind, **values):
        is_active = not kind.startswith("inactive ")
        kind = kind.removeprefix("inactive ")
        user = django_user_model.objects.create_user(
            "grace",
            is_active=is_active,
            is_superuser=kind == "superuser",
            is_staff=kind == "staff status alone",
            **values,
        )
        user.groups.set(Group.objects.filter(name=kind))
        if kind == "a permission alone":
            user.user_permissions.add(Permission.objects.get(codename="view_user"))
        return user

    return make


@pytest.fixture
def curator(make_user):
    return make_user("Curators")


def log_in(client, password=PASSWORD):
    return client.post("/admin/login/", {"username": "grace", "password": password})


def opened(client):
    return {name for name, url in PAGES.items() if client.get(url).status_code == 200}


@pytest.mark.parametrize("kind", OPEN_TO)
def test_each_kind_of_user_opens_what_its_permissions_allow(client, make_drawing, make_user, kind):
    hidden = make_drawing(status="hidden")
    if kind != "nobody":
        client.force_login(make_user(kind))

    assert opened(client) == OPEN_TO[kind]
    may_see = "drawings" in OPEN_TO[kind]
    for url in (hidden.get_absolute_url(), hidden.image_url):
        assert client.get(url).status_code == (200 if may_see else 404)


@pytest.mark.parametrize("kind", [kind for kind in OPEN_TO if kind != "nobody"])
def test_those_who_may_open_something_can_log_in_and_use_a_token(client, make_user, kind):
    user = make_user(kind, password=PASSWORD)
    token = ApiToken(name="Notebook", user=user, may_read=True)
    headers = {"Authorization": f"Bearer {api_tokens.set_secret(token)}"}
    token.save()
    may_enter = bool(OPEN_TO[kind])

    assert client.get("/api/v1/drawings", headers=headers).status_code == (
        200 if may_enter else 401
    )
    assert log_in(client).status_code == (302 if may_enter else 200)
    assert bool(opened(client)) == may_enter


def test_a_user_without_a_group_is_told_so_only_with_the_right_password(client, make_user):
    make_user("no group", password=PASSWORD)
    sentence = "This account isn&#x27;t in a group yet."

    assert sentence in log_in(client).content.decode()
    assert sentence not in log_in(client, "a wrong password").content.decode()


@pytest.mark.parametrize(
    "end",
    [
        lambda user: user.groups.clear(),
        lambda user: Group.objects.get(name="Curators").user_set.remove(user),
        lambda user: Group.objects.get(name="Curators").delete(),
        lambda user: Group.objects.get(name="Curators").permissions.clear(),
        lambda user: type(user).objects.update(is_active=False),
        lambda user: user.delete(),
    ],
    ids=["no group", "removed", "group deleted", "group emptied", "inactive", "deleted"],
)
def test_whoever_loses_the_group_loses_all_access_at_once(client, curator, make_drawing, end):
    hidden = make_drawing(status="hidden")
    client.force_login(curator)
    assert client.get(hidden.image_url).status_code == 200

    end(curator)

    assert opened(client) == set()
    assert client.get(hidden.image_url).status_code == 404


def test_the_user_form_gives_and_takes_access_with_the_group_alone(
    admin_client, client, django_user_model
):
    group = Group.objects.get(name="Curators")
    add = {"username": "grace", "groups": [group.pk], "usable_password": "true"}
    add |= {"password1": PASSWORD, "password2": PASSWORD}

    page = admin_client.post("/admin/auth/user/add/", add, follow=True)

    assert "can log in here" in page.content.decode()
    assert 'name="is_staff"' not in page.content.decode()
    assert log_in(client).status_code == 302
    assert "review" in opened(client)

    user = django_user_model.objects.get(username="grace")
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    change = {"username": "grace", "is_active": "on", **joined}
    answer = admin_client.post(f"/admin/auth/user/{user.pk}/change/", change)

    assert answer.status_code == 302
    assert opened(client) == set()


def test_the_list_of_users_shows_their_groups_in_as_many_queries_for_any_number(
    admin_client, django_user_model, django_assert_max_num_queries, curator
):
    for number in range(20):
        user = django_user_model.objects.create_user(f"user {number}")
        user.groups.set(Group.objects.all())

    with django_assert_max_num_queries(12):
        page = admin_client.get("/admin/auth/user/").content.decode()

    assert '<td class="field-in_groups">Curators</td>' in page


# --- Upgrades -----------------------------------------------------------------------------

# Users of a database that knew "staff status": whether each had it and was active, and what gave
# its permissions.
BEFORE = {
    "curator": (True, True, "auth_user_groups"),
    "locked out": (False, True, "auth_user_groups"),
    "locked out with a permission": (False, True, "auth_user_user_permissions"),
    "locked out superuser": (False, True, "is_superuser"),
    "inactive": (True, False, "auth_user_groups"),
    "without a group": (False, True, None),
    "superuser": (True, True, "is_superuser"),
}
LOCKED_OUT = {name for name in BEFORE if name.startswith("locked out")}


@pytest.fixture
def site_before(tmp_path):
    """An installation whose database has the users of BEFORE."""
    with installation(tmp_path) as site:
        site.migrate()
        site.manage("migrate", "drawings", "0007", "--verbosity=0")
        with site.database() as database:
            for name, (is_staff, is_active, gives) in BEFORE.items():
                flags = ", ".join(
                    str(each).upper() for each in (gives == "is_superuser", is_staff, is_active)
                )
                database.execute(
                    "INSERT INTO auth_user (username, password, first_name, last_name, email,"  # noqa: S608
                    " is_superuser, is_staff, is_active, date_joined)"
                    f" VALUES ('{name}', '', '', '', '', {flags}, CURRENT_TIMESTAMP)"
                )
                if (gives or "").startswith("auth_"):
                    kind = "group" if gives == "auth_user_groups" else "permission"
                    database.execute(
                        f"INSERT INTO {gives} (user_id, {kind}_id)"  # noqa: S608
                        f" SELECT auth_user.id, auth_{kind}.id FROM auth_user, auth_{kind}"
                        f" WHERE username = '{name}'"
                    )
        yield site


def users_where(site, column):
    with site.database() as database:
        rows = database.execute(f"SELECT username FROM auth_user WHERE {column}").fetchall()  # noqa: S608
    return {name for (name,) in rows}


def test_an_upgrade_keeps_out_users_whose_staff_status_was_unticked(site_before):
    site_before.manage("migrate", "--verbosity=0")

    assert users_where(site_before, "is_active") == set(BEFORE) - LOCKED_OUT - {"inactive"}
    assert users_where(site_before, "is_staff") == {"curator", "inactive", "superuser"}


def test_whoever_could_log_in_after_the_upgrade_still_can_after_going_back(site_before):
    site_before.manage("migrate", "--verbosity=0")
    # A group given, and an account opened again, where staff status plays no part.
    with site_before.database() as database:
        database.execute(
            "INSERT INTO auth_user_groups (user_id, group_id) SELECT auth_user.id, auth_group.id"
            " FROM auth_user, auth_group"
            " WHERE username = 'without a group' AND auth_group.name = 'Data'"
        )
        database.execute("UPDATE auth_user SET is_active = TRUE WHERE username = 'locked out'")
    may_enter = {"curator", "superuser", "without a group", "locked out"}

    site_before.manage("migrate", "drawings", "0007", "--verbosity=0")
    assert users_where(site_before, "is_active AND is_staff") == may_enter

    site_before.manage("migrate", "--verbosity=0")
    assert users_where(site_before, "is_active") == may_enter
