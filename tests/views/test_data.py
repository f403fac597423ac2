"""pixels.npy, pixels.csv and pixels.json."""

import gzip
import io
import json

import numpy as np
import pytest

from drawings.models import Drawing
from tests.support import samples

NAMES = ["pixels.npy", "pixels.csv", "pixels.json"]

pytestmark = pytest.mark.django_db


def url(drawing, name):
    return f"/drawings/{drawing.id}/{name}"


def field_in(name, content):
    """Returns the (H, W) uint8 array that a file of this name holds."""
    if name == "pixels.npy":
        return np.load(io.BytesIO(content), allow_pickle=False)
    if name == "pixels.csv":
        return np.loadtxt(io.BytesIO(content), delimiter=",", dtype=np.uint8, ndmin=2)
    return np.array(json.loads(content)["pixels"], np.uint8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("height", "width"), [(200, 200), (16, 40), (300, 20), (1024, 1024)])
def test_every_format_returns_the_pixels_unchanged(client, make_drawing, name, height, width):
    field = samples.shades(height, width)

    response = client.get(url(make_drawing(field), name))

    assert np.array_equal(field_in(name, response.content), field)


def test_numpy_loads_a_contiguous_uint8_array(client, make_drawing):
    response = client.get(url(make_drawing(), "pixels.npy"))

    loaded = np.load(io.BytesIO(response.content), allow_pickle=False)
    assert response["Content-Type"] == "application/octet-stream"
    assert loaded.dtype == np.uint8
    assert loaded.flags.c_contiguous


def test_each_line_of_the_csv_is_a_row_of_pixels(client, make_drawing):
    field = np.full((16, 17), 255, np.uint8)
    field[3, :2] = 0, 17

    response = client.get(url(make_drawing(field), "pixels.csv"))

    lines = response.content.decode().split("\n")
    assert response["Content-Type"] == "text/csv"
    assert lines[0] == ",".join(["255"] * 17)
    assert lines[3] == ",".join(["0", "17"] + ["255"] * 15)
    assert lines[16:] == [""]


def test_the_json_describes_the_pixels(client, make_drawing):
    drawing = make_drawing(samples.shades(16, 20), vmin=3, vmax=99)

    response = client.get(url(drawing, "pixels.json"))

    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "id": str(drawing.id),
        "width": 20,
        "height": 16,
        "vmin": 3,
        "vmax": 99,
        "pixels": drawing.field.tolist(),
    }


def test_the_json_is_sent_again_when_vmin_or_vmax_has_changed(client, make_drawing):
    drawing = make_drawing()
    etag = client.get(url(drawing, "pixels.json"))["ETag"]
    Drawing.objects.update(vmax=99)

    response = client.get(url(drawing, "pixels.json"), headers={"If-None-Match": etag})

    assert response.json()["vmax"] == 99


@pytest.mark.parametrize("name", NAMES[1:])
def test_text_is_compressed_for_clients_that_accept_gzip(client, make_drawing, name):
    drawing = make_drawing()
    plain = client.get(url(drawing, name))

    packed = client.get(url(drawing, name), headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert plain["Vary"] == packed["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 4
    assert packed["ETag"] == f"W/{plain['ETag']}"


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.0, br", "identity"])
def test_text_is_not_compressed_for_clients_that_do_not_accept_gzip(client, make_drawing, accepted):
    headers = {"Accept-Encoding": accepted}
    response = client.get(url(make_drawing(), "pixels.csv"), headers=headers)

    assert "Content-Encoding" not in response


def test_a_matching_etag_of_a_compressed_response_gets_not_modified(client, make_drawing):
    address, headers = url(make_drawing(), "pixels.csv"), {"Accept-Encoding": "gzip"}
    etag = client.get(address, headers=headers)["ETag"]

    response = client.get(address, headers={**headers, "If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")
    assert response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_a_sandboxed_download_named_after_the_drawing(client, make_drawing, name):
    drawing = make_drawing(title="Sleeping cat")

    response = client.get(url(drawing, name))

    ending = name.partition(".")[2]
    expected = f"Sleeping cat ({drawing.id.hex[-8:]}).{ending}"
    assert response["Content-Disposition"] == f'attachment; filename="{expected}"'
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("name", NAMES)
def test_reading_pixels_takes_one_query(client, make_drawing, django_assert_num_queries, name):
    drawing = make_drawing()

    with django_assert_num_queries(1):
        client.get(url(drawing, name))
