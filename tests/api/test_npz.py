"""GET /api/v1/drawings.npz: many drawings as arrays."""

import io
import re
import urllib.request
import uuid
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drawings.api import npz, pagination, v1
from drawings.datasets.splits import split_of
from drawings.models import Drawing
from drawings.plotting import worker
from drawsite.environment import Rate
from tests.support import samples

URL = "/api/v1/drawings.npz"
LIST = "/api/v1/drawings"
AGES = 10**9

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inline_worker(monkeypatch):
    monkeypatch.setattr(worker, "worker_process", SimpleNamespace(run=worker.run_inline))


def load(response):
    assert response.status_code == 200, response.content
    with np.load(io.BytesIO(response.content), allow_pickle=False) as file:
        return dict(file)


def following(response):
    match = re.fullmatch(r'<(.+)>; rel="next"', response.get("Link", ""))
    return match and match[1]


def row(field, **values):
    drawing = Drawing.from_field(field)
    said = {"id": str(drawing.id), "title": "", "artist": "", "split": "train", **values}
    return npz.Row(height=drawing.height, width=drawing.width, blob=bytes(drawing.blob), **said)


def test_a_notebook_loads_every_drawing_in_three_lines(server, make_drawing):
    wall = server.url
    make_drawing()

    images = np.load(io.BytesIO(urllib.request.urlopen(wall + URL).read()))["images"]

    assert (images.shape, images.dtype) == ((1, 200, 200), np.uint8)
    assert np.array_equal(images[0], Drawing.objects.get().field)


def test_each_drawing_is_a_row_of_every_array(client, make_drawing):
    small = make_drawing(samples.shades(20, 30), title="Grüße 🎨", artist="Ada")
    tall = make_drawing(samples.shades(40, 16))

    loaded = load(client.get(URL))

    assert loaded.keys() == {"images", "ids", "labels", "artists", "sizes", "splits"}
    assert loaded["images"].shape == (2, 40, 30)
    assert loaded["images"].dtype == np.uint8
    assert np.array_equal(loaded["images"][0, :, :16], tall.field)
    assert (loaded["images"][0, :, 16:] == 255).all()
    assert np.array_equal(loaded["images"][1, :20], small.field)
    assert (loaded["images"][1, 20:] == 255).all()
    assert loaded["ids"].tolist() == [str(tall.id), str(small.id)]
    assert loaded["labels"].tolist() == ["", "Grüße 🎨"]
    assert loaded["artists"].tolist() == ["", "Ada"]
    assert loaded["sizes"].tolist() == [[40, 16], [20, 30]]
    assert loaded["splits"].tolist() == [split_of(tall.id), split_of(small.id)]


def test_an_empty_selection_gives_empty_arrays(client):
    loaded = load(client.get(URL))

    assert loaded["images"].shape == (0, 0, 0)
    assert loaded["sizes"].shape == (0, 2)
    assert loaded["ids"].shape == loaded["labels"].shape == (0,)


def test_the_archive_is_a_download_that_pages_of_other_origins_may_read(client):
    response = client.get(URL)

    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == 'attachment; filename="drawings.npz"'
    assert response["Cache-Control"] == client.get(LIST)["Cache-Control"] == "public, max-age=60"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Link" in response["Access-Control-Expose-Headers"]


def test_the_archive_has_the_filters_and_pages_of_the_list(client, make_drawing):
    foxes = [make_drawing(title="Fox") for _ in range(3)][::-1]
    make_drawing(title="Owl")

    first = client.get(f"{URL}?q=fox&limit=2")
    second = client.get(following(first))

    assert load(first)["ids"].tolist() == [str(fox.id) for fox in foxes[:2]]
    assert load(second)["ids"].tolist() == [str(foxes[2].id)]
    assert following(second) is None
    assert list(client.get(f"{URL}?limit=1001").json()["errors"]) == ["limit"]
    assert client.get(f"{URL}?status=hidden").status_code == 401


def test_large_drawings_are_spread_over_more_pages_without_loss(client, make_drawing, monkeypatch):
    monkeypatch.setattr(v1, "MAX_ARRAY_BYTES", 3 * 40 * 40)
    sizes = [(20, 20), (40, 20), (20, 40), (64, 64), (20, 20), (40, 40), (20, 20)]
    made = [make_drawing(samples.shades(*size)) for size in sizes][::-1]

    address, pages = URL, []
    while address:
        response = client.get(address)
        pages.append(load(response))
        address = following(response)

    assert [id for page in pages for id in page["ids"]] == [str(each.id) for each in made]
    assert [page["images"].shape for page in pages] == [
        (3, 40, 40),
        (1, 64, 64),
        (3, 40, 40),
    ]


def test_a_page_that_reaches_its_examination_limit_links_to_the_next(
    client, make_drawing, monkeypatch
):
    monkeypatch.setattr(pagination, "MAX_EXAMINED", 2)
    small = make_drawing(samples.shades(20, 30))
    for _ in range(3):
        make_drawing()

    first = client.get(f"{URL}?width=30")
    second = client.get(following(first))

    assert load(first)["images"].shape == (0, 0, 0)
    assert load(second)["ids"].tolist() == [str(small.id)]


def test_damaged_pixels_are_left_out_and_logged(client, make_drawing, caplog):
    make_drawing()
    damaged = make_drawing()
    Drawing.objects.filter(pk=damaged.pk).update(blob=b"x")

    assert len(load(client.get(URL))["ids"]) == 1
    assert str(damaged.id) in caplog.text


def test_an_archive_counts_towards_the_limit_on_plots(client, settings):
    settings.FIGURE_RATE = Rate(1, AGES)
    settings.SECRET_KEY = uuid.uuid4().hex

    first, second = client.get(URL), client.get(URL)

    assert (first.status_code, second.status_code) == (200, 429)
    assert int(second["Retry-After"]) > 0
    assert list(second.json()["errors"]) == ["request"]


def test_an_archive_does_not_wait_for_a_free_slot(client, monkeypatch):
    def busy():
        raise worker.BusyError

    monkeypatch.setattr(worker, "acquire_slot", busy)

    response = client.get(URL)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert list(response.json()["errors"]) == ["request"]


def test_twice_as_many_drawings_take_no_more_queries(client, make_drawing):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            load(client.get(URL))
        return len(captured)

    make_drawing()
    few = queries()
    for _ in range(3):
        make_drawing()

    assert queries() == few


def test_text_arrays_are_as_wide_as_their_longest_value():
    rows = [row(samples.shades(16, 16), title="x" * length) for length in (3, 80)]
    data, _ = npz.make_npz(rows)

    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        assert file["labels"].dtype == np.dtype("<U80")
        assert file["artists"].dtype == np.dtype("<U1")
