"""The gallery in one colormap, and the drawings of one artist."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.forms.gallery import GalleryForm
from drawings.imaging.colormaps import FEATURED_COLORMAPS
from drawings.models import Drawing
from drawings.queries import cards
from tests.support.pages import text, text_of
from tests.support.planner import plan_for_many

URL = "/gallery/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_page(make_drawing):
    """Stores two pages of drawings and one more; returns the newest."""

    def make(**values):
        drawing = make_drawing(**values)
        rows = [Drawing(blob=drawing.blob, width=200, height=200, **values) for _ in range(48)]
        return Drawing.objects.bulk_create(rows)[-1]

    return make


def page_of(client, **query):
    return text(client.get(URL, query))


def link(page, name):
    """The URL of the link with this text, or None."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{name}</a>', page)
    return found and found[1]


def swatches(page):
    """The URLs of the swatches, by colormap."""
    found = re.findall(r'class="swatch" href="([^"]*)" data-cmap="(\w+)"', page)
    return {name: url for url, name in found}


# --- Colours ------------------------------------------------------------------------------


def test_every_drawing_is_shown_in_the_colormap_and_links_to_its_page_in_it(client, make_drawing):
    drawings = [make_drawing(colormap=colormap) for colormap in ("gray", "magma")]

    page = page_of(client, **{"in": "magma"})

    for drawing in drawings:
        assert f'<img src="/drawings/{drawing.id}/image.png?cmap=magma"' in page
        assert f'class="card" href="/drawings/{drawing.id}/?cmap=magma"' in page


def test_shared_caches_may_keep_the_images(client, make_drawing):
    make_drawing(colormap="gray")

    [url] = re.findall(r'<img src="([^"]+image.png[^"]*)"', page_of(client, **{"in": "magma"}))

    assert client.get(url)["Cache-Control"].startswith("public")


def test_the_strip_offers_the_featured_colormaps_and_marks_the_chosen_one(client, make_drawing):
    make_drawing()

    own = page_of(client)
    chosen = page_of(client, **{"in": "Set1"})

    assert swatches(own) == {name: f"?in={name}" for name in FEATURED_COLORMAPS}
    assert list(swatches(chosen)) == [*FEATURED_COLORMAPS, "Set1"]
    assert 'href="/gallery/" aria-current="true">Own colours' in own
    assert 'title="Set1" aria-current="true"' in chosen
    assert 'href="/gallery/">Own colours' in chosen
    assert "<option selected>Set1</option>" in chosen


def test_pages_keep_the_colours_and_the_search(client, make_page):
    make_page(title="Fox")
    address = "?in=magma&q=fox"

    for expected in ("Older", "Older", "Newer", "Newest"):
        page = text(client.get(URL + address.removeprefix(URL)))
        assert page.count("image.png?cmap=magma") in {24, 1}
        address = link(page, expected)
        assert {"in=magma", "q=fox"} <= set(address.partition("?")[2].split("&"))


def test_the_strip_keeps_the_search_and_the_page(client, make_page):
    newest = make_page(title="Fox & Owl")

    page = page_of(client, q="fox & o", before=newest.id, **{"in": "magma"})

    rest = f"q=fox+%26+o&before={newest.id}"
    assert swatches(page)["turbo"] == f"?in=turbo&{rest}"
    assert link(page, "Own colours") == f"{URL}?{rest}"
    strip = page[page.index('class="strip"') :]
    assert '<input type="hidden" name="q" value="fox & o">' in strip
    assert f'<input type="hidden" name="before" value="{newest.id}">' in strip


def test_the_search_form_keeps_the_colours(client, make_drawing):
    make_drawing()

    assert '<input type="hidden" name="in" value="magma">' in page_of(client, **{"in": "magma"})
    assert 'name="in" value' not in page_of(client)


def test_colours_and_the_filter_by_a_drawings_own_colormap_are_independent(client, make_drawing):
    shown = make_drawing(colormap="gray")
    make_drawing(colormap="magma")

    page = page_of(client, cmap="gray", **{"in": "magma"})

    assert re.findall(r'class="card" href="([^"]+)"', page) == [f"/drawings/{shown.id}/?cmap=magma"]


def test_colours_take_no_more_queries(client, make_drawing):
    make_drawing()
    with CaptureQueriesContext(connection) as queries:
        page_of(client, **{"in": "magma"})

    assert len(queries) == 1


def test_a_drawings_page_leads_back_to_the_gallery_in_the_same_colours(client, make_drawing):
    older, drawing, newer = (make_drawing(artist="Ada", colormap="magma") for _ in range(3))
    url = f"/drawings/{drawing.id}/"

    # Also if the drawing has these colours anyway: the others may not.
    for cmap in ("magma", "hot"):
        page = text(client.get(url, {"cmap": cmap}))
        assert link(page, "Gallery") == f"{URL}"  # the site's navigation
        assert f'id="gallery-link" href="{URL}?in={cmap}"' in page
        assert link(page, "Newer") == f"/drawings/{newer.id}/?cmap={cmap}"
        assert link(page, "Older") == f"/drawings/{older.id}/?cmap={cmap}"
        assert f'href="{URL}?artist=Ada&in={cmap}"' in page
    assert f'id="gallery-link" href="{URL}"' in text(client.get(url))


# --- An artist's drawings -----------------------------------------------------------------


def test_an_artists_name_leads_to_their_published_drawings(client, make_drawing):
    drawings = [make_drawing(artist='Ada & "Co"') for _ in range(2)]
    make_drawing(artist="Ada")
    make_drawing(artist='ada & "co"')
    make_drawing(artist='Ada & "Co"', status="hidden")
    for address in (URL, f"/drawings/{drawings[0].id}/"):
        page = client.get(address).content.decode()
        name = "<bdi>Ada &amp; &quot;Co&quot;</bdi></a>"
        [url, *_] = re.findall(rf'href="([^"]+)">{re.escape(name)}', page)

        response = client.get(URL + unescape(url).removeprefix(URL))

        assert 'Drawings by Ada & "Co"' in text_of(response)
        found = re.findall(r'class="card" href="/drawings/([^/]+)/"', text(response))
        assert found == [str(drawing.id) for drawing in reversed(drawings)]


def test_an_anonymous_drawing_has_no_link_to_an_artist(client, make_drawing):
    drawing = make_drawing()

    for address in (URL, f"/drawings/{drawing.id}/"):
        assert "artist=" not in text(client.get(address))


def test_the_page_of_an_artist_leads_back_to_all_drawings_and_to_plots(client, make_drawing):
    make_drawing(artist="Ada")

    page = page_of(client, artist="Ada", **{"in": "magma"})

    assert link(page, "All drawings") == f"{URL}?in=magma"
    assert link(page, "Plots") == f"{URL}plots/?artist=Ada"
    assert link(page_of(client), "All drawings") is None


def test_older_pages_of_an_artist_are_that_artists(client, make_page, make_drawing):
    make_page(artist="Ada")
    make_drawing(artist="Grace")

    older = link(page_of(client, artist="Ada"), "Older")

    assert older.startswith("?artist=Ada&before=")
    assert "Grace" not in text(client.get(URL + older))


def test_an_artist_without_drawings_is_not_an_error(client, make_drawing):
    make_drawing(artist="Ada")

    response = client.get(URL, {"artist": "Grace"})

    assert response.status_code == 200
    assert "No drawings on the wall match this search." in text(response)


def test_an_artists_page_reads_the_index_of_artists(client, make_drawing):
    make_drawing(artist="Ada")
    plan_for_many()
    with CaptureQueriesContext(connection) as queries:
        page_of(client, artist="Ada")

    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {queries[0]['sql']}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert len(queries) == 1
    assert "drawing_status_artist" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_cards_of_an_artist_are_those_of_the_exact_name(make_drawing):
    drawing = make_drawing(artist="Ada")
    make_drawing(artist="Ada L")

    found = cards.find_cards("", "Ada", None, None, ascending=False, limit=9)

    assert [card.id for card in found] == [drawing.id]


def test_a_form_keeps_the_spaces_of_a_name():
    form = GalleryForm({"artist": " Ada "})

    assert form.is_valid()
    assert form.query("artist") == {"artist": " Ada "}


# --- Text from right to left ---------------------------------------------------------------


def test_titles_and_names_are_isolated_from_the_text_around_them(client, make_drawing):
    parent = make_drawing(title="بومة")
    drawing = make_drawing(title="قطة", artist="عمر", parent=parent)

    addresses = "/gallery/", f"/drawings/{drawing.id}/"
    pages = [client.get(address).content.decode() for address in addresses]

    for page in pages:
        assert "<bdi>عمر</bdi>" in page
    assert '<bdi class="caption-title">قطة</bdi>' in pages[0]
    assert "<h1><bdi>قطة</bdi></h1>" in pages[1]
    assert "<bdi>بومة</bdi>" in pages[1]
