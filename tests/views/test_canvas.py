import re

import matplotlib
import pytest

from drawings.imaging import colormaps
from drawings.imaging.crayons import CRAYONS

pytestmark = pytest.mark.django_db


def first(pattern, page):
    """Returns the first match of the pattern, or of its group if it has one."""
    return re.findall(pattern, page, re.DOTALL)[0]


@pytest.fixture
def page(client):
    return client.get("/").content.decode()


def test_the_canvas_can_be_reached_by_keyboard_and_screen_reader(page):
    canvas = first(r'<canvas id="paper"[^>]*>', page)

    assert 'width="200" height="200"' in canvas
    assert 'tabindex="0"' in canvas
    assert 'role="application"' in canvas
    assert 'aria-label="Paper" aria-describedby="paper-help"' in canvas
    assert "Space puts the pen down" in first(r'<p id="paper-help".*?</p>', page)


def test_the_form_posts_to_the_submission_url(page):
    form = first(r'<form id="studio"[^>]*>', page)

    assert 'method="post"' in form
    assert 'enctype="multipart/form-data"' in form
    assert 'action="/drawings/"' in form
    assert "csrfmiddlewaretoken" in page


def test_the_form_works_without_javascript(page):
    noscript = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)

    assert any('type="file" name="image"' in part for part in noscript)


def test_every_colormap_can_be_chosen(page):
    select = first(r'<select name="colormap".*?</select>', page)

    options = re.findall(r"<option[^>]*>([^<]+)</option>", select)
    assert sorted(options) == sorted(matplotlib.colormaps)
    assert "<option selected>gray</option>" in select


def test_the_swatches_show_their_colormaps(client, page):
    swatches = re.findall(r'data-cmap="(\w+)".*?<img src="([^"]+)" alt="\1"', page)

    assert [name for name, _ in swatches] == list(colormaps.FEATURED_COLORMAPS)
    for name, url in swatches:
        assert client.get(url).content == colormaps.strip_png(name)


def test_the_page_gives_the_script_the_url_of_colormap_strips(client, page):
    template = first(r'data-colormap-url="([^"]+)"', page)

    assert client.get(template.replace("NAME", "tab20c_r"))["Content-Type"] == "image/png"


def test_the_text_fields_limit_their_length(page):
    assert '<input type="text" name="title" dir="auto" maxlength="80"' in page
    assert '<input type="text" name="artist" dir="auto" maxlength="40"' in page


def test_the_crayons_are_offered_by_name_from_dark_to_light(page):
    group = first(r'<div class="colours needs-script" id="crayons".*?</div>', page)

    assert " hidden" not in group.partition(">")[0]
    names = re.findall(r'aria-label="([^"]+)" autocomplete', group)
    colours = re.findall(r'fill="([^"]+)"', group)
    assert dict(zip(names, colours, strict=True)) == CRAYONS
    assert names[0] == first(r'aria-label="([^"]+)" autocomplete="off" checked', group)


def test_another_default_colormap_hides_the_crayons(client, settings):
    settings.DEFAULT_COLORMAP = "viridis"

    page = client.get("/").content.decode()

    assert 'data-cmap="viridis"' in page
    assert first(r'id="crayons"[^>]*>', page).endswith(" hidden>")
    assert first(r'<img id="shade-strip" src="([^"]+)"', page) == "/colormaps/viridis.png"


def test_a_single_canvas_size_needs_no_choice(client, settings):
    settings.CANVAS_SIZES = [(200, 200)]

    assert 'id="paper-size"' not in client.get("/").content.decode()


def test_the_canvas_sizes_are_offered_with_the_smallest_first(page):
    assert re.findall(r'<option value="(\d+x\d+)">', page) == ["200x200", "400x400", "400x300"]


def test_several_canvas_sizes_can_be_chosen(client, settings):
    settings.CANVAS_SIZES = [(320, 200), (64, 64)]

    page = client.get("/").content.decode()

    assert '<canvas id="paper" class="paper" width="320" height="200"' in page
    assert re.findall(r'<option value="(\d+x\d+)">', page) == ["320x200", "64x64"]


def test_the_page_gives_the_script_the_upload_limit(client, settings):
    settings.MAX_UPLOAD_BYTES = 123_456

    assert 'data-max-upload-bytes="123456"' in client.get("/").content.decode()


def test_the_page_makes_no_database_queries(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/")


def test_every_file_of_the_page_exists_under_a_hashed_name(client, page):
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert {name.rsplit(".", 1)[1] for name in files} >= {"js", "css", "svg"}
    for name in files:
        response = client.get(name)
        response.close()
        assert response.status_code == 200
        assert "immutable" in response["Cache-Control"]
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", name)
