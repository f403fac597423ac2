"""No page makes a browser send requests to another host. The browser tests check the scripts."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings

from drawings.models import Drawing
from tests.support import samples

OWN = "http://testserver"
# What a browser requests by itself. Links are followed only when visitors choose to.
ATTRIBUTES = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping"}

pytestmark = pytest.mark.django_db


class Asked(HTMLParser):
    """The URLs that a page makes a browser request."""

    def __init__(self, page):
        super().__init__()
        self.addresses = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        names = ATTRIBUTES | ({"href"} if tag == "link" else set())
        self.addresses += [value for name, value in attrs if name in names and value]


def others(page):
    addresses = [urlsplit(urljoin(OWN, address)) for address in Asked(page).addresses]
    return [each.geturl() for each in addresses if f"{each.scheme}://{each.netloc}" != OWN]


@pytest.mark.parametrize(
    "path",
    ["/", "/gallery/", "/drawings/{id}/", f"/drawings/{samples.NO_ID}/", "/admin/login/"],
)
def test_a_public_page_makes_no_request_to_another_host(client, make_drawing, path):
    page = client.get(path.format(id=make_drawing().id)).content.decode()

    assert Asked(page).addresses
    assert others(page) == []


@pytest.mark.parametrize("path", ["", "drawings/drawing/", "drawings/drawing/{id}/change/"])
def test_an_admin_page_makes_no_request_to_another_host(client, admin_user, make_drawing, path):
    client.force_login(admin_user)

    page = client.get(f"/admin/{path.format(id=make_drawing().id)}").content.decode()

    assert Asked(page).addresses
    assert others(page) == []


def test_the_page_of_a_pending_drawing_makes_no_request_to_another_host(client, make_drawing):
    drawing = make_drawing(status=Drawing.Status.PENDING)

    assert others(client.get(drawing.get_absolute_url()).content.decode()) == []


def test_no_stylesheet_or_script_names_another_host():
    files = [
        path for path in Path(settings.STATIC_ROOT).rglob("*") if path.suffix in (".css", ".js")
    ]
    named = {
        (path.name, match[0])
        for path in files
        for match in re.finditer(
            r"""(?:url\(\s*["']?|(?:\b(?:from|fetch)|import)\s*\(?\s*["'])(?:https?:)?//[^\s)"']+""",
            path.read_text(),
        )
    }

    assert files
    assert named == set()
