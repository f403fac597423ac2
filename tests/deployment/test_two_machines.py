"""Two web machines that share the database, the secret key, and Redis if there is one. The requests
of a visitor go to either of them."""

import http.cookiejar
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.conf import settings

from drawings.models import Drawing
from tests.support import samples
from tests.support.server import Server

NUMBERS = samples.brightness_list("0")
LIMIT = 6
KEY = uuid4().hex  # a new key resets the counts, which outlive a test run in Redis


@pytest.fixture(scope="module")
def machine_processes(static_files, django_db_setup, tmp_path_factory):
    with ExitStack() as stack:
        servers = []
        for name in ("one", "two"):
            data = tmp_path_factory.mktemp(name)
            shutil.copytree(settings.STATIC_ROOT, data / "static")
            server = Server(
                DATA_DIR=str(data),
                SECRET_KEY=KEY,
                SUBMIT_RATE=f"{LIMIT}/d",
                TRUSTED_PROXIES="1",
                WEB_WORKERS="1",
            )
            servers.append(stack.enter_context(server))
        yield servers


@pytest.fixture
def machines(machine_processes, transactional_db):
    return machine_processes


class Visitor:
    """A browser with its own address, cookies and forms."""

    def __init__(self, address):
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.addheaders = [("X-Forwarded-For", address), ("Accept", "application/json")]

    def get(self, machine, path):
        """Returns the address after redirects, and the page."""
        with self.opener.open(machine.url + path) as page:
            return page.url, page.read().decode()

    def post(self, machine, path, **values):
        """Returns the status and the body of the response."""
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        body = urllib.parse.urlencode({**values, "csrfmiddlewaretoken": token}).encode()
        try:
            with self.opener.open(machine.url + path, body) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def test_a_form_from_one_machine_can_be_sent_to_the_other_and_is_stored_once(machines):
    one, two = machines
    visitor = Visitor("192.0.2.1")
    visitor.get(one, "/")
    key = str(uuid4())

    answers = [
        visitor.post(machine, "/drawings/", canvas_data=NUMBERS, submission_key=key)
        for machine in (two, one, two)
    ]

    assert [status for status, _ in answers] == [201, 200, 200]
    assert {json.loads(body)["id"] for _, body in answers} == {str(Drawing.objects.get().id)}


def test_a_login_at_one_machine_is_valid_at_the_other(machines, django_user_model):
    one, two = machines
    django_user_model.objects.create_superuser("admin", password="a fine password")
    visitor = Visitor("192.0.2.2")
    visitor.get(one, "/admin/login/")

    visitor.post(two, "/admin/login/", username="admin", password="a fine password", next="/admin/")

    assert visitor.get(one, "/admin/")[0] == f"{one.url}/admin/"
    assert visitor.get(two, "/admin/")[0] == f"{two.url}/admin/"


def test_machines_share_limits_with_redis_only(machines):
    one, two = machines
    visitor = Visitor("192.0.2.3")
    visitor.get(one, "/")

    rounds = LIMIT // 2 if settings.REDIS_URL else LIMIT
    statuses = [
        visitor.post(machine, "/drawings/", canvas_data=NUMBERS)[0]
        for machine in [one, two] * (rounds + 1)
    ]

    assert statuses == [201] * 2 * rounds + [429] * 2
