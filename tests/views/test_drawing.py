import re
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.http import content_disposition_header

from drawings.models import Drawing
from drawings.plotting import drawing_plots, style
from tests.support import samples

pytestmark = pytest.mark.django_db


def page_of(client, drawing, query=""):
    return unescape(client.get(f"/drawings/{drawing.id}/{query}").content.decode())


def neighbours(page):
    return dict(re.findall(r'rel="(prev|next)" href="([^"]+)"', page))


# --- Contents -------------------------------------------------------------------------------


def test_the_page_shows_the_drawing_and_its_metadata(client, make_drawing):
    drawing = make_drawing(samples.shades(100, 160), title="Fox", artist="Ada")

    page = page_of(client, drawing)

    assert "<title>Fox · Drawsite</title>" in page
    assert "<h1><bdi>Fox</bdi></h1>" in page
    assert f'src="/drawings/{drawing.id}/image.png" alt="Drawing “Fox” by Ada"' in page
    assert 'width="160" height="100"' in page
    assert f'<time datetime="{drawing.created_at:%Y-%m-%d}' in page


def test_a_drawing_without_title_and_artist_is_untitled_and_anonymous(client, make_drawing):
    page = page_of(client, make_drawing())

    assert "<h1><bdi>Untitled</bdi></h1>" in page
    assert '<p class="byline">Anonymous ·' in page


def test_the_title_and_artist_cannot_break_out_of_the_page(client, make_drawing):
    bad = '"><script>alert(1)</script>'
    drawing = make_drawing(title=bad, artist=bad[:40])

    page = client.get(f"/drawings/{drawing.id}/").content.decode()

    assert "<script>alert" not in page


def test_the_page_offers_the_image_and_the_pixels(client, make_drawing):
    drawing = make_drawing()
    page = page_of(client, drawing)

    for name in ("image.png", "pixels.npy", "pixels.csv", "pixels.json"):
        assert f'href="/drawings/{drawing.id}/{name}"' in page
        assert client.get(f"/drawings/{drawing.id}/{name}").status_code == 200


def test_the_page_offers_every_kind_of_plot_in_every_format(client, make_drawing):
    drawing = make_drawing()
    page = page_of(client, drawing, "?cmap=magma")

    for form in style.FORMATS:
        assert f'ction="/drawings/{drawing.id}/plot.{form}"' in page
    assert re.findall(r'<option value="(\w+)"', page) == list(drawing_plots.KINDS)
    assert '<input type="hidden" name="cmap" id="plot-cmap" value="magma"' in page


@pytest.mark.parametrize("title", ["Fox", "../a\"b'c<\u202ed🦊", "", "con", "猫"])
def test_the_page_and_the_download_give_a_file_the_same_name(client, make_drawing, title):
    drawing = make_drawing(title=title)
    page = page_of(client, drawing)

    found = re.findall(r'href="([^"]+)" download="([^"]+)"', page)
    assert len(found) == 4
    for address, name in found[1:]:  # image.png is shown inline rather than downloaded
        header = content_disposition_header(True, name)
        assert client.get(address)["Content-Disposition"] == header


@pytest.mark.parametrize(("side", "shared"), [(200, 600), (16, 128), (1024, 1024), (601, 601)])
def test_a_shared_link_has_a_preview_image_of_suitable_size(client, make_drawing, side, shared):
    page = page_of(client, make_drawing(samples.shades(side, side)))

    (url,) = re.findall(r'property="og:image" content="([^"]+)"', page)
    assert url.startswith("http://testserver/drawings/")
    assert f'property="og:image:width" content="{shared}"' in page
    assert samples.decoded(client.get(url).content).shape == (shared, shared, 3)


def test_the_page_has_a_canonical_url(client, make_drawing):
    drawing = make_drawing()

    link = f'<link rel="canonical" href="http://testserver/drawings/{drawing.id}/">'
    assert link in page_of(client, drawing, "?cmap=magma")


# --- Colours --------------------------------------------------------------------------------


def test_the_page_shows_the_drawing_in_another_colormap(client, make_drawing):
    drawing = make_drawing(colormap="gray")

    page = page_of(client, drawing, "?cmap=hot_r")

    assert f'"/drawings/{drawing.id}/image.png?cmap=hot_r"' in page
    assert "<option selected>hot_r</option>" in page
    assert 'data-cmap="hot_r" title="hot_r" aria-current="true"' in page
    assert "image.png?cmap=hot_r&scale=3" in page


def test_the_image_url_omits_the_drawings_own_colormap(client, make_drawing):
    drawing = make_drawing(colormap="magma")

    assert f'src="/drawings/{drawing.id}/image.png"' in page_of(client, drawing, "?cmap=magma")


@pytest.mark.parametrize("cmap", ["nosuch", "gray%00", quote("a/b"), "%ED%A0%80"])
def test_an_unknown_colormap_is_refused(client, make_drawing, cmap):
    url = f"/drawings/{make_drawing().id}/?cmap={cmap}"

    response = client.get(url, headers={"Accept": "application/json"})

    assert client.get(url).status_code == response.status_code == 400
    assert list(response.json()["errors"]) == ["cmap"]


# --- Neighbours -----------------------------------------------------------------------------


def test_the_page_links_to_the_newer_and_the_older_drawing(client, make_drawing):
    oldest, older, drawing, newer, newest = (make_drawing() for _ in range(5))

    assert neighbours(page_of(client, drawing)) == {
        "prev": newer.get_absolute_url(),
        "next": older.get_absolute_url(),
    }
    assert list(neighbours(page_of(client, newest))) == ["next"]
    assert list(neighbours(page_of(client, oldest))) == ["prev"]


def test_only_public_neighbours_are_linked(client, make_drawing):
    older = make_drawing()
    make_drawing(status="hidden")
    drawing = make_drawing()
    make_drawing(status="pending")
    newer = make_drawing()

    assert neighbours(page_of(client, drawing)) == {
        "prev": newer.get_absolute_url(),
        "next": older.get_absolute_url(),
    }


# --- Access ---------------------------------------------------------------------------------


def test_a_drawing_is_not_found_as_soon_as_it_is_hidden(client, make_drawing):
    drawing = make_drawing(title="Secret")
    assert "Secret" in page_of(client, drawing)

    Drawing.objects.update(status="hidden")

    response = client.get(f"/drawings/{drawing.id}/")
    assert response.status_code == 404
    assert "Secret" not in response.content.decode()


def test_the_page_of_a_pending_drawing_says_so_and_shows_nothing_else(client, make_drawing):
    drawing = make_drawing(status="pending", title="Secret")

    response = client.get(f"/drawings/{drawing.id}/")

    page = response.content.decode()
    assert response.status_code == 200
    assert "This drawing is waiting for approval" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "Secret" not in page
    assert "image.png" not in page


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_staff_see_a_withheld_drawing_with_a_badge_and_it_is_not_cached(
    admin_client, make_drawing, status
):
    drawing = make_drawing(status=status, title="Secret")

    response = admin_client.get(f"/drawings/{drawing.id}/")

    assert response.status_code == 200
    assert f"{status.title()}: only moderators can see this" in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("id", [samples.NO_ID, "1", samples.NO_ID.upper(), f"{samples.NO_ID}0"])
def test_a_drawing_that_never_existed_is_not_found(client, id):
    assert client.get(f"/drawings/{id}/").status_code == 404


def test_a_deleted_drawing_is_not_found(client, make_drawing):
    drawing = make_drawing()
    Drawing.objects.all().delete()

    assert client.get(f"/drawings/{drawing.id}/").status_code == 404


# --- Strokes, parent and children -----------------------------------------------------------


def context_of(client, drawing):
    context = client.get(f"/drawings/{drawing.id}/").context
    return {name: context[name] for name in ("has_strokes", "parent", "children")}


def ids(drawings):
    return [drawing.id for drawing in drawings]


@pytest.mark.parametrize(
    ("values", "has_strokes"),
    [
        ({}, False),
        ({"strokes": b"strokes"}, True),
        ({"strokes": b"strokes", "strokes_agree": False}, False),
    ],
)
def test_the_page_offers_strokes_only_if_there_are_any(client, make_drawing, values, has_strokes):
    assert context_of(client, make_drawing(**values))["has_strokes"] is has_strokes


def test_the_page_shows_the_parent_and_the_children(client, make_drawing):
    parent = make_drawing()
    drawing = make_drawing(parent=parent)
    children = [make_drawing(parent=drawing) for _ in range(3)]
    make_drawing(parent=children[0])

    context = context_of(client, drawing)

    assert context["parent"] == parent
    assert ids(context["children"]) == ids(children[::-1])
    assert context_of(client, parent)["parent"] is None
    assert ids(context_of(client, parent)["children"]) == [drawing.id]


def test_the_page_has_the_twelve_newest_children(client, make_drawing):
    parent = make_drawing()
    children = [make_drawing(parent=parent) for _ in range(14)]

    assert ids(context_of(client, parent)["children"]) == ids(children[:1:-1])


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_only_staff_see_a_parent_that_is_not_public(client, admin_user, make_drawing, status):
    parent = make_drawing(status=status)
    drawing = make_drawing(parent=parent)

    assert context_of(client, drawing)["parent"] is None
    client.force_login(admin_user)
    assert context_of(client, drawing)["parent"] == parent


def test_only_public_children_are_shown(admin_client, make_drawing):
    parent = make_drawing()
    for status in ("hidden", "pending"):
        make_drawing(parent=parent, status=status)

    assert context_of(admin_client, parent)["children"] == []


# --- Queries --------------------------------------------------------------------------------


def test_the_page_reads_no_pixels_and_sets_no_cookie(client, make_drawing):
    parent, drawing, _ = (make_drawing() for _ in range(3))
    Drawing.objects.filter(pk=drawing.pk).update(parent=parent, strokes=b"strokes", artist="Ada")
    make_drawing(parent=drawing)

    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/drawings/{drawing.id}/")

    assert len(queries) == 2
    assert not [query["sql"] for query in queries if "blob" in query["sql"]]
    assert not [query["sql"] for query in queries if '"strokes",' in query["sql"]]
    assert not response.cookies
