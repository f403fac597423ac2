"""The page of plots, and the limits and caching of its plots."""

import re
from html import unescape

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.models import Drawing
from drawings.plotting import gallery_plots, style, worker
from drawings.views import gallery_plots as views
from drawsite.environment import Rate
from drawsite.lib.uuid7 import day_of
from tests.support import samples
from tests.support.pages import figures_on, text_of

pytestmark = pytest.mark.django_db

URL = "/gallery/plots/"

JSON = {"Accept": "application/json"}

EVERY = [(kind, form) for kind in gallery_plots.KINDS for form in style.FORMATS]

RNG = np.random.default_rng(7)


# --- Caches, limits, slots ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["mean.png", "contact.svg", "days.pdf"])
def test_a_matching_etag_gets_not_modified_without_reading_pixels(
    client, make_fields, inline_worker, name
):
    make_fields(2)
    etag = client.get(URL + name)["ETag"]

    with CaptureQueriesContext(connection) as queries, worker.acquire_slot():
        response = client.get(URL + name, headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")
    assert not [query["sql"] for query in queries if '"blob"' in query["sql"]]


def test_the_etag_changes_with_the_drawings_and_the_selection(client, make_fields, inline_worker):
    make_fields(2, title="fox")
    etags = {client.get(f"{URL}mean.png{query}")["ETag"] for query in ("", "?q=fox")}
    make_fields(1)
    etags.add(client.get(f"{URL}mean.png")["ETag"])
    Drawing.objects.update(colormap="magma")
    contacts = {client.get(f"{URL}contact.png")["ETag"]}
    Drawing.objects.update(colormap="hot")
    contacts.add(client.get(f"{URL}contact.png")["ETag"])

    assert len(etags) == 3
    assert len(contacts) == 2


@pytest.mark.parametrize("name", ["mean.png", "contact.svg", "days.pdf"])
def test_the_etag_changes_with_the_plotting_code(
    client, make_drawing, inline_worker, monkeypatch, name
):
    make_drawing()
    address = f"{URL}{name}"
    etags = [client.get(address)["ETag"]]
    monkeypatch.setattr(views, "PLOTTING_VERSION", "another")
    etags.append(client.get(address)["ETag"])

    assert etags[0] != etags[1]


@pytest.mark.parametrize("name", ["", "mean.png"])
@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("", "public"),
        ("q=fox&cmap=magma&since=2020-01-01&until=2100-01-01", "public"),
        ("q=fox", "public"),
        ("q=+fox", "private"),
        ("q=", "private"),
        ("cmap=magma&q=fox", "private"),
        ("since=2020-1-1", "private"),
        ("q=fox&x=1", "private"),
    ],
)
def test_only_canonical_queries_are_cached_publicly(
    client, make_drawing, inline_worker, name, query, scope
):
    make_drawing(title="fox", colormap="magma")

    response = client.get(f"{URL}{name}?{query}")

    assert response["Cache-Control"] == f"{scope}, max-age=300"
    assert "Cookie" not in response.get("Vary", "")


def test_plots_count_towards_the_limit_but_the_page_does_not(
    client, make_drawing, inline_worker, settings
):
    settings.FIGURE_RATE = Rate(1, 10**9)
    make_drawing()

    answers = [client.get(URL + name, headers=JSON) for name in ("mean.png", "days.png", "")]

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert int(answers[1]["Retry-After"]) > 0


def test_a_plot_over_the_limit_is_refused_without_sampling(
    client, make_drawing, inline_worker, settings
):
    settings.FIGURE_RATE = Rate(1, 10**9)
    make_drawing()
    client.get(f"{URL}mean.png")

    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{URL}days.png", headers=JSON).status_code == 429

    assert not [query["sql"] for query in queries if '"drawings_drawing"' in query["sql"]]


@pytest.mark.parametrize("kind", gallery_plots.KINDS)
def test_plots_are_refused_briefly_while_another_is_drawn(client, make_drawing, monkeypatch, kind):
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)
    make_drawing()

    with worker.acquire_slot():
        response = client.get(f"{URL}{kind}.png", headers=JSON)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"


def test_the_page_and_its_plots_are_read_only(client):
    assert {client.post(URL + name).status_code for name in ("", "mean.png")} == {405}


# --- The page -----------------------------------------------------------------------------


def test_the_page_shows_every_plot_and_reserves_its_space(client, make_fields, inline_worker):
    make_fields(3, 17, 33, title="fox", colormap="magma")

    response = client.get(f"{URL}?q=fox&cmap=magma")

    figures = figures_on(response)
    assert list(figures) == ["mean", "spread", "ink", "days", "contact"]
    for figure in figures.values():
        height, width = samples.decoded(client.get(figure["src"]).content).shape[:2]
        assert (figure["width"], figure["height"]) == (str(width), str(height))
        assert figure["loading"] == "lazy"
        assert figure["src"].endswith("?q=fox&cmap=magma")


def test_the_alternative_text_of_a_plot_gives_numbers(client, make_fields):
    make_fields(3)
    make_fields(1, 16, 16)

    alts = {kind: figure["alt"] for kind, figure in figures_on(client.get(URL)).items()}

    assert alts["mean"] == "Mean brightness of 3 drawings of 24 × 20 pixels."
    assert alts["ink"] == "Share with ink at each pixel of 3 drawings of 24 × 20 pixels."
    assert alts["contact"] == "Contact sheet of 4 drawings, newest first."
    assert re.match(r"Bars: 4 drawings on 1 day, ending .*\. The most, 4, on", alts["days"])


def test_the_page_offers_every_plot_in_every_format(client, make_drawing, inline_worker):
    make_drawing()
    page = client.get(URL).content.decode()

    for kind, form in EVERY:
        assert f'<a href="{URL}{kind}.{form}"' in page


def test_the_page_says_which_drawings_are_plotted(client, make_fields):
    make_fields(2)

    assert "All 2 drawings on the wall, from " in text_of(client.get(URL))


def test_the_page_also_shows_the_days_as_a_table(client, make_fields):
    make_fields(2)
    day = day_of(Drawing.objects.newest_first()[0].id)

    page = client.get(URL).content.decode()

    assert f'<th scope="row">{day}</th><td>2</td>' in page


def test_the_form_keeps_the_selection(client, make_drawing):
    make_drawing()

    page = unescape(client.get(f"{URL}?q=%22fox&cmap=hot&since=2020-01-02").content.decode())

    assert 'name="q" maxlength="100" value=""fox"' in page
    assert "<option selected>hot</option>" in page
    assert 'name="since" value="2020-01-02"' in page
    assert 'name="until" value=""' in page


def test_the_gallery_and_the_plots_link_to_each_other_with_the_search(client, make_drawing):
    make_drawing(title="fox")

    gallery = unescape(client.get("/gallery/?q=fox&cmap=gray").content.decode())
    assert f'href="{URL}?q=fox&cmap=gray"' in gallery
    plots = unescape(client.get(f"{URL}?q=fox&cmap=gray&since=2020-01-01").content.decode())
    assert 'href="/gallery/?q=fox&cmap=gray"' in plots
    assert f'href="{URL}"' in client.get("/gallery/").content.decode()


def test_the_page_says_when_there_is_nothing_to_plot(client, make_drawing):
    assert "The wall is still empty" in text_of(client.get(URL))
    make_drawing(status="hidden")
    assert "The wall is still empty" in text_of(client.get(URL))
    page = client.get(f"{URL}?q=nosuch")
    assert "No drawings on the wall match these choices." in text_of(page)
    assert "mean.png" not in page.content.decode()


def test_titles_and_searches_cannot_break_out_of_the_page(client, make_drawing):
    bad = '"><script>alert(1)</script>'
    make_drawing(title=bad)

    assert "<script>alert" not in client.get(URL, {"q": bad}).content.decode()


@pytest.mark.parametrize("form", style.FORMATS)
def test_a_search_for_a_byte_order_mark_does_not_break_a_plot(
    client, make_drawing, inline_worker, form
):
    make_drawing(samples.shades(20, 20), title="fox")

    assert client.get(f"{URL}mean.{form}", {"q": "fox\ufeff"}).status_code in (200, 404)
    assert client.get(f"{URL}mean.{form}", {"q": "fox \ufeff"}).status_code == 200
