from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from matplotlib.axes import Axes
from uuid_utils.compat import uuid7

from drawings.models import DayCount, Report
from drawings.plotting import drawing_plots, worker
from drawings.queries import statistics
from drawings.queries.statistics import Day
from tests.support import samples

PAGE = "/admin/drawings/drawing/statistics/"
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def make_at(make_drawing):
    def make(time, **values):
        return make_drawing(id=uuid7(nanoseconds=int(time.timestamp() * 10**9)), **values)

    return make


def test_a_day_has_the_drawings_from_midnight_to_midnight(make_at):
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    for time in (midnight, midnight - timedelta(milliseconds=1), NOW, NOW):
        make_at(time)

    assert statistics.count_last_days(3) == [
        Day(date(2026, 11, 20), 1),
        Day(date(2026, 11, 21), 1),
        Day(date(2026, 11, 22), 2),
    ]


def test_a_past_day_is_counted_once_and_today_each_time(make_at):
    yesterday = make_at(NOW - timedelta(days=1))
    statistics.count_last_days(2)
    yesterday.delete()
    make_at(NOW)

    assert [day.drawings for day in statistics.count_last_days(2)] == [1, 1]
    assert [row.day for row in DayCount.objects.all()] == [date(2026, 11, 21)]


def test_a_day_is_not_past_until_its_last_drawings_are_stored(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 22, 0, 30, tzinfo=UTC))

    statistics.count_last_days(2)

    assert not DayCount.objects.exists()


def test_a_year_of_a_small_site_is_counted_at_once(admin_client, make_at):
    make_at(NOW - timedelta(days=364))

    page = admin_client.get(PAGE, {"days": 365})

    assert page.context["total"] == 1
    assert ">reload</a>" not in page.content.decode()


def test_days_that_there_is_no_time_for_are_counted_later(admin_client, monkeypatch):
    monkeypatch.setattr(statistics, "MAX_SECONDS", -1)

    page = admin_client.get(PAGE, {"days": 365}).content.decode()
    counted = [day for day in statistics.count_last_days(365) if day.drawings is not None]

    assert "363 of the days have not been counted yet" in page
    assert [day.day for day in counted] == [NOW.date() - timedelta(days=n) for n in (2, 1, 0)]


def test_days_that_are_not_counted_yet_have_no_bar(monkeypatch):
    drawn = []
    monkeypatch.setattr(Axes, "bar", lambda axes, *bars, **looks: drawn.append(bars))
    days = [date(2026, 11, day) for day in range(19, 23)]

    drawing_plots.draw_days_png(days, [None, 0, None, 3], theme="light", size="wide")

    assert drawn == [([days[1], days[3]], [0, 3])]


def test_the_page_shows_all_numbers(admin_client, make_at):
    drawing = make_at(NOW, colormap="viridis")
    make_at(NOW, status="hidden")
    Report.objects.create(drawing=drawing, reason="other")

    page = admin_client.get(PAGE)

    text = " ".join(page.content.decode().split())
    assert dict(page.context["numbers"]) == {
        "Published drawings": "1",
        "Pending drawings": "0",
        "Hidden drawings": "1",
        "Open reports": "1",
        "Blocked senders": "0",
        "Blocked words": "0",
    }
    assert '<th scope="row">2026-11-22</th><td>2</td>' in text
    assert "2 drawings in the last 30 days; the most, 2, on 22 November 2026." in text
    assert '<th scope="row">viridis</th><td>1</td>' in text
    assert "Of the newest 2 drawings." in text


def test_an_empty_site_has_no_plots(admin_client):
    page = admin_client.get(PAGE).content.decode()

    assert "No drawings have been received yet." in page
    assert "<picture" not in page


def test_no_query_reads_the_whole_table(admin_client, make_at):
    make_at(NOW)
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(PAGE)

    statements = [sql for query in queries if 'FROM "drawings_drawing"' in (sql := query["sql"])]
    assert len(statements) > 30
    assert not [sql for sql in statements if "LIMIT" not in sql and '"id" >=' not in sql]


@pytest.mark.parametrize("theme", drawing_plots.THEMES)
@pytest.mark.parametrize("size", drawing_plots.SIZES)
@pytest.mark.parametrize("name", ["days", "colormaps"])
def test_the_plots_are_images_with_a_transparent_background(
    admin_client, make_at, name, size, theme
):
    make_at(NOW)

    response = admin_client.get(f"{PAGE}{name}.png", {"theme": theme, "size": size})

    assert response["Content-Type"] == "image/png"
    assert "private" in response["Cache-Control"]
    image = samples.decoded(response.content, "RGBA")
    inches, dpi = drawing_plots.SIZES[size]
    assert image.shape == (round(inches[1] * dpi), round(inches[0] * dpi), 4)
    assert (image[..., 3] == 0).mean() > 0.2
    bars = tuple(bytes.fromhex(drawing_plots.THEMES[theme][1][1:]))
    assert (image[..., :3] == bars).all(axis=-1).any()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 200),
        ("?days=31", 400),
        ("?days=x", 400),
        ("days.png", 400),
        ("days.png?theme=pink&size=wide", 400),
        ("no.png?theme=dark&size=wide", 404),
    ],
)
def test_unknown_plots_and_parameters_are_refused(admin_client, path, status):
    assert admin_client.get(PAGE + path).status_code == status


def test_a_plot_does_not_wait_for_another(admin_client, monkeypatch):
    def busy():
        raise worker.BusyError

    monkeypatch.setattr(worker, "acquire_slot", busy)

    response = admin_client.get(f"{PAGE}days.png?theme=dark&size=wide")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
