import re

import pytest
from django.test.utils import override_script_prefix

from drawings.imaging import colormaps as images
from drawings.templatetags import colormaps

ALL = [name for _, names in images.grouped_colormaps() for name in names]


def selected(options):
    return re.findall(r"<option selected>([^<]+)</option>", options)


def test_the_options_are_all_colormaps_and_the_chosen_one_is_selected():
    for chosen in ("magma", "gray", "magma"):
        options = colormaps.colormap_options(chosen)

        assert re.findall(r"<option[^>]*>([^<]+)</option>", options) == ALL
        assert selected(options) == [chosen]


@pytest.mark.parametrize("chosen", ["", "nope", "<b>"])
def test_what_is_no_colormap_is_neither_selected_nor_kept(chosen):
    colormaps.colormap_options("")
    kept = colormaps._render_options.cache_info().currsize

    options = colormaps.colormap_options(chosen)

    assert selected(options) == []
    assert "nope" not in options
    assert "<b>" not in options
    assert colormaps._render_options.cache_info().currsize == kept


def test_the_chosen_colormap_is_among_the_swatches_and_marked():
    links = colormaps.colormap_swatches("Set1", "heading", "cmap")
    buttons = colormaps.colormap_swatches("Set1", "heading")

    featured = [*images.FEATURED_COLORMAPS, "Set1"]
    assert re.findall(r'href="\?cmap=(\w+)"', links) == featured
    assert re.findall(r'<button [^>]*data-cmap="(\w+)"', buttons) == featured
    assert re.findall(r'title="(\w+)" aria-current="true"', links) == ["Set1"]
    assert re.findall(r'title="(\w+)" aria-pressed="true"', buttons) == ["Set1"]


def test_a_featured_colormap_has_one_swatch():
    links = colormaps.colormap_swatches("viridis", "heading", "cmap")

    assert re.findall(r'href="\?cmap=(\w+)"', links) == list(images.FEATURED_COLORMAPS)


def test_the_links_keep_the_rest_of_the_query_which_is_not_cached():
    links = [
        colormaps.colormap_swatches("", "heading", "in", rest) for rest in ("", "q=a&b=%22", '"<b>')
    ]

    featured = list(images.FEATURED_COLORMAPS)
    assert re.findall(r'href="\?in=(\w+)"', links[0]) == featured
    assert re.findall(r'href="\?in=(\w+)&amp;q=a&amp;b=%22"', links[1]) == featured
    assert re.findall(r'href="\?in=(\w+)&amp;&quot;&lt;b&gt;"', links[2]) == featured
    assert "aria-current" not in links[0]


def test_the_swatches_are_where_the_site_is_mounted():
    at_the_root = colormaps.colormap_swatches("gray", "heading")
    with override_script_prefix("/wall/"):
        mounted = colormaps.colormap_swatches("gray", "heading")

    assert 'src="/colormaps/gray.png"' in at_the_root
    assert 'src="/wall/colormaps/gray.png"' in mounted
