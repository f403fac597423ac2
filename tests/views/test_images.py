"""A drawing's image.png, and colormap strips."""

import matplotlib
import numpy as np
import pytest
from django.contrib.auth.models import Permission
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from drawings.imaging import colormaps
from drawings.models import Drawing
from drawsite.environment import Rate
from tests.support import samples

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}

PICTURES = ["image.png", "plot.png", "plot.svg", "pixels.npy", "pixels.csv", "pixels.json"]


def url(drawing, name="image.png"):
    return f"/drawings/{drawing.id}/{name}"


def colours(field, cmap, vmin=0, vmax=255):
    return ScalarMappable(Normalize(vmin, vmax), cmap).to_rgba(field, bytes=True)[..., :3]


# --- image.png ----------------------------------------------------------------------------


def test_the_image_has_the_drawings_own_colours(client, make_drawing, field):
    drawing = make_drawing(colormap="plasma", vmin=20, vmax=200)

    response = client.get(url(drawing))

    assert response["Content-Type"] == "image/png"
    assert np.array_equal(samples.decoded(response.content), colours(field, "plasma", 20, 200))


@pytest.mark.parametrize(
    ("query", "cmap", "vmin", "vmax"),
    [
        ("cmap=turbo_r", "turbo_r", 20, 200),
        ("vmin=0", "plasma", 0, 200),
        ("vmax=100.5", "plasma", 20, 100.5),
        ("vmin=-10&vmax=300&cmap=hsv", "hsv", -10, 300),
        ("vmin=50&vmax=50", "plasma", 50, 50),
        ("cmap=&vmin=&scale=", "plasma", 20, 200),
    ],
)
def test_the_image_has_the_requested_colours(client, make_drawing, field, query, cmap, vmin, vmax):
    drawing = make_drawing(colormap="plasma", vmin=20, vmax=200)

    response = client.get(f"{url(drawing)}?{query}")

    assert np.array_equal(samples.decoded(response.content), colours(field, cmap, vmin, vmax))


@pytest.mark.parametrize("scale", [1, 2, 8])
def test_the_image_can_be_scaled_up(client, make_drawing, scale):
    drawing = make_drawing(samples.shades(20, 30))

    picture = samples.decoded(client.get(f"{url(drawing)}?scale={scale}").content)

    larger = drawing.field.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.array_equal(picture, colours(larger, "gray"))


@pytest.mark.parametrize(("scale", "takes_turn"), [(2, False), (3, True)])
def test_an_image_larger_than_any_drawing_takes_a_slot(
    client, make_drawing, settings, scale, takes_turn
):
    settings.FIGURE_RATE = Rate(1, 60)
    drawing = make_drawing(samples.shades(512, 512))

    answers = [client.get(f"{url(drawing)}?scale={scale}&vmin={vmin}") for vmin in (1, 2)]

    assert samples.decoded(answers[0].content).shape[:2] == (512 * scale, 512 * scale)
    assert answers[1].status_code == (429 if takes_turn else 200)
    assert answers[1].has_header("Retry-After") == takes_turn


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("cmap=nosuch", "cmap"),
        ("cmap=gray%00", "cmap"),
        ("cmap=%ED%A0%80", "cmap"),
        ("vmin=dark", "vmin"),
        ("vmin=nan", "vmin"),
        ("vmax=inf", "vmax"),
        ("vmax=1e400", "vmax"),
        ("vmin=-1000001", "vmin"),
        ("vmax=1000001", "vmax"),
        ("vmin=200&vmax=100", "vmin"),
        ("vmin=256", "vmin"),
        ("vmax=-1", "vmin"),
        ("scale=0", "scale"),
        ("scale=9", "scale"),
        ("scale=1.5", "scale"),
        ("scale=" + "9" * 5_000, "scale"),
    ],
)
def test_invalid_image_options_are_refused_by_name(client, make_drawing, query, blamed):
    drawing = make_drawing()

    response = client.get(f"{url(drawing)}?{query}", headers=JSON)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [blamed]
    assert response["Cache-Control"] == "no-store"


# --- Caches -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PICTURES)
def test_a_published_drawing_may_be_cached_for_a_few_minutes(client, make_drawing, name):
    response = client.get(url(make_drawing(), name))

    assert response["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in response
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("name", PICTURES)
def test_a_matching_etag_gets_not_modified(client, make_drawing, name):
    drawing = make_drawing()
    etag = client.get(url(drawing, name))["ETag"]

    response = client.get(url(drawing, name), headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert response["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("query", ["cmap=viridis", "vmin=1", "vmax=254", "scale=2"])
def test_each_version_of_an_image_has_its_own_etag(client, make_drawing, query):
    drawing = make_drawing()
    etag = client.get(url(drawing))["ETag"]

    response = client.get(f"{url(drawing)}?{query}", headers={"If-None-Match": etag})

    assert response.status_code == 200
    assert response["ETag"] != etag


def test_the_etag_contains_the_matplotlib_version(client, make_drawing):
    assert matplotlib.__version__ in client.get(url(make_drawing()))["ETag"]


def test_two_drawings_never_share_an_etag(client, make_drawing):
    etags = {client.get(url(make_drawing(), name))["ETag"] for name in PICTURES for _ in range(2)}

    assert len(etags) == 2 * len(PICTURES)


@pytest.mark.parametrize("name", ["image.png", "plot.png"])
@pytest.mark.parametrize("change", [{"colormap": "magma"}, {"vmin": 10}, {"vmax": 99}])
def test_the_etag_changes_with_the_drawings_colours(client, make_drawing, name, change):
    drawing = make_drawing()
    before = client.get(url(drawing, name))

    Drawing.objects.update(**change)
    after = client.get(url(drawing, name), headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    assert after.content != before.content


def test_a_head_request_gets_only_the_headers(client, make_drawing):
    response = client.head(url(make_drawing()))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response.content == b""


# --- Queries ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "cmap=magma", "vmin=3&scale=2"])
def test_rendering_an_image_takes_one_query(client, make_drawing, django_assert_num_queries, query):
    drawing = make_drawing()

    with django_assert_num_queries(1) as queries:
        client.get(f"{url(drawing)}?{query}")

    assert "strokes" not in queries.captured_queries[0]["sql"]


def test_a_matching_etag_gets_not_modified_without_reading_the_blob(
    client, make_drawing, django_assert_num_queries
):
    drawing = make_drawing()
    etag = client.get(url(drawing))["ETag"]

    with django_assert_num_queries(1) as queries:
        client.get(url(drawing), headers={"If-None-Match": etag})

    assert '"status"' in queries.captured_queries[0]["sql"]
    assert '"blob"' not in queries.captured_queries[0]["sql"]


def test_a_stale_etag_gets_the_image(client, make_drawing):
    drawing = make_drawing()

    response = client.get(url(drawing), headers={"If-None-Match": '"another"'})

    assert response.status_code == 200
    assert response.content == client.get(url(drawing)).content


@pytest.mark.parametrize(
    "query",
    ["", "cmap=magma", "cmap=tab20b_r", "scale=1", "scale=8", "cmap=magma&scale=2"],
)
def test_canonical_image_queries_are_cached_publicly(client, make_drawing, query):
    response = client.get(f"{url(make_drawing())}?{query}")

    assert response["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "query",
    [
        "vmin=1",
        "vmax=254",
        "vmin=0.001&cmap=magma",
        "scale=01",
        "scale=%31",
        "scale=",
        "cmap=",
        "cmap=%6dagma",
        "cmap=magma&",
        "&cmap=magma",
        "cmap=magma&cmap=magma",
        "cmap=magma&cmap=gray",
        "scale=2&cmap=magma",
        "cmap=magma&x=1",
        "x=1",
        "x",
        "=",
        "&",
    ],
)
def test_non_canonical_image_queries_are_cached_privately(client, make_drawing, query):
    drawing = make_drawing()
    response = client.get(f"{url(drawing)}?{query}")
    again = client.get(f"{url(drawing)}?{query}", headers={"If-None-Match": response["ETag"]})

    assert (response.status_code, again.status_code) == (200, 304)
    assert response["Cache-Control"] == again["Cache-Control"] == "private, max-age=300"


def test_image_queries_do_not_evict_cached_palettes(client, make_drawing):
    drawing = make_drawing()
    client.get(url(drawing))
    kept = colormaps.own_palette.cache_info().currsize

    for query in ("vmin=0.25", "vmin=7", "vmin=0&vmax=99", "vmin=1&cmap=magma", "cmap=&vmax=77.5"):
        assert client.get(f"{url(drawing)}?{query}").status_code == 200

    assert colormaps.own_palette.cache_info().currsize == kept


@pytest.mark.parametrize("name", PICTURES[1:])
def test_queries_for_other_files_are_cached_privately(client, make_drawing, name):
    response = client.get(f"{url(make_drawing(), name)}?x=1")

    assert response["Cache-Control"] == "private, max-age=300"


# --- Access -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_an_image_stops_being_served_once_its_drawing_is_withheld(
    client, make_drawing, name, status
):
    drawing = make_drawing()
    etag = client.get(url(drawing, name))["ETag"]

    Drawing.objects.update(status=status)
    response = client.get(url(drawing, name), headers={"If-None-Match": etag})

    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_staff_see_a_withheld_image_and_it_is_not_cached(admin_client, make_drawing, name, status):
    response = admin_client.get(url(make_drawing(status=status), name))

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_a_user_without_the_permission_sees_no_withheld_images(
    client, make_drawing, django_user_model
):
    user = django_user_model.objects.create_user("staff")
    user.user_permissions.add(Permission.objects.get(codename="view_report"))
    client.force_login(user)

    assert client.get(url(make_drawing(status="hidden"))).status_code == 404


@pytest.mark.parametrize("name", PICTURES)
def test_a_drawing_that_never_existed_is_not_found(client, name):
    response = client.get(f"/drawings/{samples.NO_ID}/{name}", headers=JSON)

    assert response.status_code == 404
    assert response.json()["errors"]["request"]


@pytest.mark.parametrize("name", PICTURES)
def test_images_are_read_only(client, make_drawing, name):
    assert client.post(url(make_drawing(), name)).status_code == 405


# --- Colormaps ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gray", "viridis", "tab20c_r", "crayons", "crayons_r"])
def test_a_colormap_strip_shows_its_256_colours(client, name):
    response = client.get(f"/colormaps/{name}.png")

    shades = np.arange(256, dtype=np.uint8)[np.newaxis]
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert np.array_equal(samples.decoded(response.content), colours(shades, name))


def test_a_colormap_strip_with_a_query_is_cached_privately(client):
    assert client.get("/colormaps/gray.png?x=1")["Cache-Control"] == "private, max-age=86400"


@pytest.mark.parametrize("name", ["nosuch", "%00", "gray%00", "..%2fgray", "%ff", " "])
def test_a_strip_of_an_unknown_colormap_is_not_found(client, name):
    assert client.get(f"/colormaps/{name}.png").status_code == 404


def test_every_colormaps_colours_are_matplotlibs_as_hex_strings(client):
    shades = np.arange(256, dtype=np.uint8)
    for name in matplotlib.colormaps:
        given = client.get(f"/colormaps/{name}.json").json()

        assert given == [f"#{bytes(colour).hex()}" for colour in colours(shades, name)], name


def test_a_colormaps_colours_may_be_cached_for_a_day(client):
    response = client.get("/colormaps/crayons.json")

    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "public, max-age=86400"


def test_colours_with_a_query_are_cached_privately(client):
    assert client.get("/colormaps/gray.json?x=1")["Cache-Control"] == "private, max-age=86400"


@pytest.mark.parametrize("name", ["nosuch", "%00", "gray%00", "..%2fgray", "%ff", " "])
def test_colours_of_an_unknown_colormap_are_not_found(client, name):
    assert client.get(f"/colormaps/{name}.json").status_code == 404
