"""What visitors type is escaped wherever it is shown, and no query takes long."""

import functools
import inspect
import re
import sys
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.http import urlencode
from playwright.sync_api import expect

from drawings.imaging import colormaps, rasteriser, strokes
from drawings.models import Drawing
from drawings.plotting import worker
from tests.support import documents, samples

TITLE = """<img src=x onerror="hacked=1">'"&{{ 7|add:7 }}"""
ARTIST = "</script><script>hacked=1</script>"

# Logs violations of the Content-Security-Policy as console errors, which fail the test.
LISTEN = """addEventListener("securitypolicyviolation", (event) =>
    console.error(event.violatedDirective, event.blockedURI));"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def hostile(make_drawing, monkeypatch):
    """A drawing whose title and artist would run on any page that did not escape them."""
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))
    given = documents.document(documents.LINE)
    values = {"strokes": strokes.pack(given), "strokes_agree": True}
    return make_drawing(rasteriser.rasterise(given, None), title=TITLE, artist=ARTIST, **values)


def pages(drawing):
    """Returns the URLs of pages that show the drawing's title and artist, or the query."""
    return [
        "/",
        f"/?on={drawing.id}",
        "/gallery/",
        f"/gallery/?{urlencode({'q': TITLE})}",
        f"/gallery/?{urlencode({'cmap': TITLE})}",
        f"/drawings/{drawing.id}/",
        f"/drawings/{drawing.id}/report/",
        "/mine/",
        "/api/",
        f"/api/v1/drawings?{urlencode({'cmap': TITLE})}",
        f"/drawings/{drawing.id}/?{urlencode({'cmap': TITLE})}",
        f"/drawings/{drawing.id}/plot.png?{urlencode({'kind': TITLE})}",
        f"/drawings/{TITLE}/",
    ]


def admin_pages(drawing):
    listed = "/admin/drawings/drawing/"
    one = f"{listed}{drawing.id}/"
    return [
        "/admin/",
        listed,
        f"{listed}?{urlencode({'q': TITLE})}",
        f"{listed}review/",
        f"{one}change/",
        f"{one}history/",
        f"{one}delete/",
    ]


# --- Titles and artists ---------------------------------------------------------------------


def test_titles_and_artists_are_escaped_on_every_page(client, admin_client, hostile):
    for url in pages(hostile):
        page = client.get(url).content.decode()
        assert "<img src=x" not in page, url
        assert "<script>hacked" not in page, url
    for url in admin_pages(hostile):
        page = admin_client.get(url).content.decode()
        assert "<img src=x" not in page, url
        assert "<script>hacked" not in page, url


def test_downloads_contain_the_title_only_in_the_file_name(client, hostile):
    for name in ("strokes.svg", "strokes.json", "pixels.npy", "pixels.csv", "pixels.json"):
        answer = client.get(f"{hostile.get_absolute_url()}{name}")

        assert answer.status_code == 200
        assert b"hacked" not in answer.content
        called = answer.headers.pop("Content-Disposition")[1]
        assert re.fullmatch(r'attachment; filename="[ \w=().{}]+"', called)
        assert "hacked" not in str(answer.headers)


@pytest.mark.parametrize("name", [TITLE, "../../evil.html", 'x";\r\nX-Evil: 1.png', "a" * 500])
def test_the_name_of_an_uploaded_file_is_never_used(client, field, name):
    file = SimpleUploadedFile("x.png", samples.png(field))
    vars(file)["_name"] = name  # bypasses the cleaning of names in Django's setter

    answer = client.post("/drawings/", {"image": file})

    drawing = Drawing.objects.get()
    assert answer.status_code == 303
    assert drawing.title == ""
    page = client.get(drawing.get_absolute_url()).content.decode()
    assert "evil" not in page
    assert "hacked" not in page
    download = client.get(f"{drawing.get_absolute_url()}pixels.npy")
    name = f"Untitled ({drawing.id.hex[-8:]}).npy"
    assert download["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_refused_form_shows_the_submitted_values_escaped(client):
    page = client.post("/drawings/", {"title": TITLE, "colormap": TITLE, "image": TITLE})

    assert page.status_code == 422
    assert "<img src=x" not in page.content.decode()


def test_no_page_runs_scripts_from_a_title_in_a_browser(page, server, hostile):
    page.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for url in [f"/drawings/{hostile.id}/", *pages(hostile)[:4], *pages(hostile)[6:8]]:
        page.goto(f"{server.url}{url}")
        assert page.evaluate("window.hacked") is None, url


def test_no_admin_page_runs_scripts_from_a_title_in_a_browser(page, server, hostile):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("curator"))
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    page.add_init_script(LISTEN)
    for url in admin_pages(hostile):
        page.goto(f"{server.url}{url}")
        assert page.evaluate("window.hacked") is None, url

    # The title is in the message after a change, in the history and in the recent actions.
    page.goto(f"{server.url}/admin/drawings/drawing/{hostile.id}/change/")
    page.get_by_label("Artist").fill(f"{ARTIST}!")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text(TITLE)
    page.goto(f"{server.url}/admin/")
    expect(page.locator("#recent-actions-module")).to_contain_text(TITLE)
    assert page.evaluate("window.hacked") is None


# --- Queries --------------------------------------------------------------------------------

LONG = "9" * 3900  # gunicorn accepts request lines of up to 4,094 bytes

QUERIES = [
    f"cmap={LONG}",
    f"kind={LONG}",
    f"scale={LONG}",
    "scale=1e9",
    "scale=9&scale=99999999999999999999",
    f"vmin=-{LONG}&vmax={LONG}",
    "vmin=1e308&vmax=1e309",
    "vmin=nan&vmax=inf",
    "vmin=1e-320&vmax=2e-320",
    "vmin=٣&scale=８",
    "cmap=vir\u0131dis&cmap=%F0%9F%8E%A8&cmap=%ff%fe",
    "cmap[]=gray&cmap[0]=gray",
    "cmap=__class__&kind=__init__",
    "before=%00&after=%00&on=%00&q=%00",
    f"q={'a+' * 1900}",
    f"q={'%22' * 30}{'*' * 30}",
    "&" * 3900,
    "=" * 3900,
    "a&" * 1950,
    ";".join(f"a{number}" for number in range(500)),
    "%" * 3900,
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
def test_hostile_queries_neither_cause_errors_nor_large_images(client, hostile, query):
    address = hostile.get_absolute_url()
    names = [
        *("image.png", "plot.png", "plot.svg", "plot.pdf"),
        *("pixels.npy", "pixels.csv", "pixels.json", "strokes.json", "strokes.svg"),
    ]
    urls = [
        "/",
        "/gallery/",
        "/gallery/plots/",
        address,
        "/colormaps/gray.png",
        *(f"{address}{n}" for n in names),
    ]
    for url in urls:
        answer = client.get(f"{url}?{query}")

        assert answer.status_code in {200, 400}, url
        assert len(answer.content) < 500_000, url


@pytest.mark.parametrize("name", ["ѵiridis", "viridis\u200b", "9" * 3900, "__class__", "a/../gray"])
def test_hostile_colormap_names_are_not_found_and_not_cached(client, name):
    strips = colormaps.strip_png.cache_info().currsize

    answer = client.get(f"/colormaps/{name}.png")

    assert answer.status_code == 404
    assert colormaps.strip_png.cache_info().currsize == strips


def test_every_cache_in_the_sites_own_code_is_bounded():
    caches = [
        each
        for name, module in list(sys.modules.items())
        if name.startswith(("drawings.", "drawsite.")) and "tests" not in name
        for each in vars(module).values()
        # Compare types: isinstance would evaluate lazy objects.
        if type(each) is functools._lru_cache_wrapper and each.__module__ == name
    ]

    assert colormaps.strip_png in caches
    for cache in caches:
        is_of_one = not inspect.signature(cache).parameters  # so it holds one value at most
        assert is_of_one or cache.cache_parameters()["maxsize"] is not None, cache


def test_variants_of_a_query_are_not_cached(client, hostile):
    client.get(hostile.image_url)
    caches = (colormaps.own_palette, colormaps.strip_png)
    before = [cache.cache_info().currsize for cache in caches]
    for number in range(50):
        client.get(f"{hostile.image_url}?vmin={number}.5&vmax={number + 100}")
        client.get(f"{hostile.image_url}?cmap=gray&nonsense={number}")

    assert [cache.cache_info().currsize for cache in caches] == before
