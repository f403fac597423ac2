from uuid import UUID

import pytest
from django.conf import settings
from django.http import HttpResponse

from drawings.http import owner_cookie
from drawings.imaging import rasteriser, strokes
from tests.support.replay import OPERATIONS, Replay, document

PAUSE = 3600 * 1000  # an hour, between two strokes


@pytest.fixture
def make_replayable(make_drawing):
    """Stores a drawing with its strokes."""

    def make(operations=OPERATIONS, paper=None, ground=None, **values):
        what = document(operations, paper)
        strokes.check(what)
        field = rasteriser.rasterise(what, ground)
        return make_drawing(field, strokes=strokes.pack(what), **values)

    return make


@pytest.fixture
def replay(page, server):
    return Replay(page, server)


@pytest.fixture
def curator(page, server, admin_client):
    """A page in a browser that is logged in as staff."""
    value = admin_client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": server.url}]
    )
    return page


@pytest.fixture
def owner():
    """The owner of drawings that `owners_page` has sent."""
    return UUID("01900000-0000-4000-8000-000000000000")


@pytest.fixture
def owners_page(page, server, owner):
    """The page, in the browser that sent the owner's drawings."""
    response = HttpResponse()
    owner_cookie.set_cookie(response, owner)
    value = response.cookies[owner_cookie.COOKIE].value
    page.context.add_cookies([{"name": owner_cookie.COOKIE, "value": value, "url": server.url}])
    return page
