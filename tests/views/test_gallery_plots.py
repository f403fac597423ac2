"""Plots of a selection of drawings."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from drawings.models import Drawing
from drawings.plotting import aggregates, gallery_plots, style, worker
from drawings.queries import sampling
from drawings.views import gallery_plots as views
from tests.support import samples
from tests.support.pages import figures_on, text_of

pytestmark = pytest.mark.django_db

URL = "/gallery/plots/"

JSON = {"Accept": "application/json"}

EVERY = [(kind, form) for kind in gallery_plots.KINDS for form in style.FORMATS]

RNG = np.random.default_rng(7)

NOISE = RNG.integers(0, 256, (1024, 1024), np.uint8)


class Recorder:
    """A plot worker in this process that records its calls."""

    def __init__(self):
        self.calls = []

    def run(self, function, /, *args, **kwargs):
        result = function(*args, **kwargs)
        self.calls.append((function, args, result))
        return result

    def last(self, function):
        return next(call for call in reversed(self.calls) if call[0] == function)


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(worker, "worker_process", recorder)
    return recorder


# --- Plots --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("mean", lambda fields: fields.mean(axis=0)),
        ("spread", lambda fields: fields.std(axis=0)),
        ("ink", lambda fields: (fields < 128).mean(axis=0)),
    ],
)
def test_a_plot_shows_what_numpy_computes_from_the_pixels(
    client, make_fields, recorder, monkeypatch, kind, of
):
    monkeypatch.setattr(views, "BATCH_PIXELS", 5 * 20 * 24)
    fields = make_fields(12)
    make_fields(3, status="hidden")
    make_fields(2, 16, 16)

    response = client.get(f"{URL}{kind}.png")

    assert response["Content-Type"] == "image/png"
    _, (totals,), png = recorder.last(gallery_plots.draw_measure)
    assert np.allclose(gallery_plots.MEASURES[kind].compute(totals), of(fields), atol=1e-9)
    assert png == response.content
    bunches = [
        len(args[1]) for function, args, _ in recorder.calls if function == aggregates.add_blobs
    ]
    assert bunches == [5, 5, 2]


def test_the_plot_contains_the_pixels_of_the_mean(client, make_drawing, inline_worker):
    for shade in (0, 100):
        field = np.full((20, 20), 200, np.uint8)
        field[:10] = shade
        make_drawing(field)

    picture = samples.decoded(client.get(f"{URL}mean.png").content)

    at = round(style.LEFT * style.DPI) + 40
    top, side = round(style.TOP * style.DPI), round(gallery_plots.SIDE * style.DPI)
    assert tuple(picture[top + 40, at]) == (0, 0, 0)  # 50, the least
    assert tuple(picture[top + side - 40, at]) == (255, 255, 255)  # 200, the greatest


def test_the_contact_sheet_shows_the_drawings_newest_first(client, make_drawing, recorder):
    shades = [0, 64, 128, 255]
    for shade in shades:
        make_drawing(np.full((20, 20), shade, np.uint8))
    make_drawing(np.full((20, 20), 99, np.uint8), status="hidden")

    client.get(f"{URL}contact.png")

    _, (pictures,), _ = recorder.last(gallery_plots.draw_contact_sheet)
    assert [np.asarray(picture)[0, 0, 0] for picture in pictures] == shades[::-1]


def test_the_days_plot_counts_only_the_selected_drawings(client, make_drawing, recorder):
    for day, number in ((1, 2), (3, 1)):
        time = datetime(2026, 5, day, 12, tzinfo=UTC)
        for at in range(number):
            nanoseconds = (int(time.timestamp()) + at) * 10**9
            make_drawing(id=uuid7(nanoseconds=nanoseconds), title="fox")
    make_drawing(title="owl")

    client.get(f"{URL}days.png?q=fox")

    _, (counts,), _ = recorder.last(gallery_plots.draw_days)
    assert [(day.day, number) for day, number in counts] == [(1, 2), (2, 0), (3, 1)]


@pytest.mark.parametrize(
    ("query", "byline", "number"),
    [
        ("", "days in UTC · 7 means 7 or more", "7 or more"),
        (
            "q=fox",
            "days in UTC · newest 10 found · 10 means 10 or more · “fox”",
            "10 or more",
        ),
    ],
)
def test_the_byline_says_where_a_count_was_cut_short(
    client, make_drawing, monkeypatch, query, byline, number
):
    monkeypatch.setattr(sampling, "MAX_DRAWINGS", 10)
    monkeypatch.setattr(sampling, "PER_PLACE", 2)
    monkeypatch.setattr(sampling, "MAX_PER_DAY", 7)
    bylines = []

    def run(function, /, *args, **kwargs):
        bylines.append(kwargs["byline"])
        return function(*args, **kwargs)

    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=run))
    begin = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()
    for at in range(15):
        make_drawing(id=uuid7(nanoseconds=(int(begin) + at) * 10**9), title="fox")

    client.get(f"{URL}days.png?{query}")
    page = client.get(f"{URL}?{query}")

    assert bylines == [byline]
    assert f'<th scope="row">2026-05-01</th><td>{number}</td>' in page.content.decode()
    alt = figures_on(page)["days"]["alt"]
    assert alt.startswith(f"Bars: {number.split()[0]} drawings or more on 1 day")
    assert f"most, {number}, on 1 May 2026" in alt


@pytest.mark.parametrize(("kind", "form"), EVERY)
def test_every_plot_is_available_in_every_format(
    client, make_fields, inline_worker, caplog, kind, form
):
    make_fields(3, title="$fox")

    response = client.get(f"{URL}{kind}.{form}?q=%24fox")

    disposition = "inline" if form == "png" else "attachment"
    name = f"drawings-{kind}.{form}"
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'{disposition}; filename="{name}"'
    assert ("sandbox" in response.get("Content-Security-Policy", "")) == (form != "png")
    assert response["Cache-Control"] == "public, max-age=300"
    assert not [record for record in caplog.records if record.levelname != "INFO"]


@pytest.mark.parametrize(("kind", "form"), EVERY)
def test_noise_of_the_largest_size_is_drawn_within_the_workers_limit(
    client, make_drawing, kind, form
):
    for _ in range(3):
        make_drawing(NOISE)

    response = client.get(f"{URL}{kind}.{form}")

    assert response.status_code == 200
    assert len(response.content) < 6_000_000


@pytest.mark.parametrize("kind", gallery_plots.KINDS)
def test_a_plot_of_hidden_drawings_only_is_not_found(client, admin_client, make_drawing, kind):
    make_drawing(status="hidden")
    make_drawing(status="pending")

    for each in (client, admin_client):
        assert each.get(f"{URL}{kind}.png").status_code == 404


@pytest.fixture
def after_sampling(monkeypatch):
    """Runs a function between sampling the drawings and reading their pixels."""

    def do(change):
        take = sampling.take_sample

        def taken(selection):
            sample = take(selection)
            change()
            return sample

        monkeypatch.setattr(sampling, "take_sample", taken)

    return do


@pytest.mark.parametrize("kind", ["mean", "spread", "ink", "contact"])
@pytest.mark.parametrize(("kept", "status"), [(0, 404), (1, 503), (2, 503)])
def test_a_plot_is_refused_if_a_drawing_is_hidden_while_it_is_made(
    client, make_fields, inline_worker, after_sampling, monkeypatch, kind, kept, status
):
    monkeypatch.setattr(views, "BATCH_PIXELS", 1)
    make_fields(3)
    hidden = [each.pk for each in Drawing.objects.newest_first()][: 3 - kept]
    after_sampling(lambda: Drawing.objects.filter(pk__in=hidden).update(status="hidden"))

    response = client.get(f"{URL}{kind}.png", headers=JSON)

    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert client.get(f"{URL}{kind}.png").status_code == (200 if kept else 404)


def test_a_contact_sheet_matches_its_etag_despite_a_concurrent_change(
    client, make_fields, inline_worker, after_sampling
):
    make_fields(2, colormap="magma")
    before = client.get(f"{URL}contact.png")
    after_sampling(lambda: Drawing.objects.update(colormap="gray"))

    meanwhile = client.get(f"{URL}contact.png")

    assert (meanwhile["ETag"], meanwhile.content) == (before["ETag"], before.content)


@pytest.mark.parametrize(("damaged", "title"), [(1, "The mean of 2 drawings"), (3, None)])
def test_a_plot_says_how_many_drawings_it_shows(client, make_fields, monkeypatch, damaged, title):
    titles = []

    def run(function, /, *args, **kwargs):
        titles.append(kwargs.get("title"))
        return function(*args, **kwargs)

    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=run))
    make_fields(3)
    ids = [each.pk for each in Drawing.objects.newest_first()][:damaged]
    Drawing.objects.filter(pk__in=ids).update(blob=b"damaged")

    response = client.get(f"{URL}mean.png")

    assert response.status_code == (200 if title else 404)
    assert titles[-1] == title


def test_a_hidden_drawing_is_not_in_the_next_plot(client, make_fields, recorder):
    make_fields(3)
    etag = client.get(f"{URL}mean.png")["ETag"]
    newest = Drawing.objects.newest_first()[:1]
    Drawing.objects.filter(pk__in=[each.pk for each in newest]).update(status="hidden")

    response = client.get(f"{URL}mean.png", headers={"If-None-Match": etag})

    assert response.status_code == 200
    assert recorder.last(gallery_plots.draw_measure)[1][0].number == 2


@pytest.mark.parametrize("name", ["nosuch.png", "mean.gif", "mean", "..%2fmean.png", "MEAN.png"])
def test_an_unknown_plot_is_not_found(client, make_drawing, name):
    make_drawing()

    assert client.get(URL + name).status_code == 404


@pytest.mark.parametrize("name", ["", "mean.png", "days.svg"])
@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("q=%00", "q"),
        ("q=" + "x" * 101, "q"),
        ("cmap=nosuch", "cmap"),
        ("artist=%00", "artist"),
        ("artist=" + "x" * 41, "artist"),
        ("artist=Ada&q=fox", "artist"),
        ("artist=Ada&cmap=gray", "artist"),
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("until=0000-01-01", "until"),
        ("until=%ED%A0%80", "until"),
        ("since=2026-02-02&until=2026-02-01", "since"),
    ],
)
def test_an_invalid_selection_is_refused_by_name(client, make_drawing, name, query, blamed):
    make_drawing()

    response = client.get(f"{URL}{name}?{query}", headers=JSON)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [blamed]


def test_an_invalid_form_is_shown_again_as_it_was_filled_in(client, make_drawing):
    make_drawing()

    response = client.get(f"{URL}?artist=Ada&cmap=magma&since=yesterday")

    page = unescape(response.content.decode())
    assert (response.status_code, response["Cache-Control"]) == (400, "no-store")
    assert 'role="alert"' in page
    assert "artist: An exact artist name can't be combined with words or a colormap." in page
    assert "since: Enter a valid date." in page
    assert 'name="artist" maxlength="40" value="Ada"' in page
    assert "<option selected>magma</option>" in page
    assert "Exact artist name" in page
    assert "mean.png" not in page
    assert "The wall is still empty" not in page


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=9999-12-31", "since=1969-12-31"])
def test_any_day_may_limit_the_selection(client, make_drawing, inline_worker, query):
    make_drawing()

    for name in ("", "mean.png", "days.png"):
        assert client.get(f"{URL}{name}?{query}").status_code == 200


def test_the_first_and_the_last_selected_day_are_included(client, make_drawing):
    for day in range(1, 6):
        time = datetime(2026, 5, day, 23, 59, 59, tzinfo=UTC)
        make_drawing(id=uuid7(nanoseconds=int(time.timestamp()) * 10**9))

    page = text_of(client.get(f"{URL}?since=2026-05-02&until=2026-05-04"))

    assert "All 3 drawings of this selection, from 2 May 2026 to 4 May 2026." in page


def test_drawings_are_selected_by_the_exact_name_of_the_artist(client, make_drawing):
    for artist in ("Ada & Söhne", "ada & söhne", "Ada", ""):
        drawing = make_drawing(artist=artist)
        page = unescape(client.get(drawing.get_absolute_url()).content.decode())
        links = re.findall(r'<a href="(/gallery/plots/\?artist=[^"]+)">All by this artist', page)
        assert len(links) == bool(artist)
        for link in links:
            response = client.get(link)
            assert "The only drawing of this selection, from" in text_of(response)
            assert response["Cache-Control"] == "public, max-age=300"


# --- Queries ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "mean.png", "contact.png", "days.png"])
@pytest.mark.parametrize("query", ["", "?q=fox", "?cmap=gray"])
def test_twice_as_many_drawings_take_no_more_queries(
    client, make_drawing, inline_worker, monkeypatch, name, query
):
    monkeypatch.setattr(sampling, "MAX_DRAWINGS", 40)
    monkeypatch.setattr(sampling, "PLACES", 4)
    monkeypatch.setattr(sampling, "PER_PLACE", 10)
    blob = make_drawing(samples.shades(16, 16)).blob
    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    asked = []
    for half in range(2):
        times = [begin + timedelta(hours=half + 2 * at).total_seconds() for at in range(100)]
        Drawing.objects.bulk_create(
            Drawing(
                id=uuid7(nanoseconds=int(time * 10**9)),
                **{"width": 16, "height": 16, "blob": blob, "title": "fox"},
            )
            for time in times
        )
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL + name + query).status_code == 200
        blobs = [each["sql"] for each in queries if '"blob"' in each["sql"]]
        asked.append((len(queries), len(blobs)))
        for sql in blobs:
            assert " IN (" in sql

    assert asked[0] == asked[1]
    assert asked[0][1] == (name in ("mean.png", "contact.png"))
