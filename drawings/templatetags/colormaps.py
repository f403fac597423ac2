"""Tags for choosing a colormap. Their HTML is long and depends on few values, so it is cached."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString

from drawings.imaging import colormaps

register = template.Library()


@register.simple_tag
def colormap_options(chosen: str) -> SafeString:
    """Render an <option> for each colormap. None is selected if the chosen one is unknown."""
    return _render_options(chosen if colormaps.is_colormap(chosen) else "")


@register.simple_tag
def colormap_swatches(chosen: str, labelledby: str, links: bool = False) -> SafeString:
    """Render swatches of the featured colormaps and of the chosen one.

    With `links` they link to ?cmap=; otherwise they are buttons for a script.
    """
    return _render_swatches(chosen, labelledby, links, get_script_prefix())


@lru_cache(maxsize=256)  # at most 2 MB
def _render_options(chosen: str) -> SafeString:
    context = {"chosen": chosen, "groups": colormaps.grouped_colormaps()}
    return render_to_string("drawings/colormap_options.html", context)


@lru_cache(maxsize=256)  # at most 1 MB
def _render_swatches(chosen: str, labelledby: str, links: bool, script_prefix: str) -> SafeString:
    featured = dict.fromkeys([*colormaps.FEATURED_COLORMAPS, chosen])
    context = {"chosen": chosen, "featured": featured, "labelledby": labelledby, "links": links}
    return render_to_string("drawings/colormap_swatches.html", context)
