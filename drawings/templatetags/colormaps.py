"""The parts of pages that offer colormaps: long, and the same on every page that has the same
colormap chosen, so each is rendered once."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString

from drawings.imaging import colormaps

register = template.Library()


@register.simple_tag
def colormap_options(chosen: str) -> SafeString:
    """The options of a list of all colormaps; none is selected if the chosen one is unknown."""
    return _options(chosen if colormaps.is_colormap(chosen) else "")


@register.simple_tag
def colormap_swatches(chosen: str, labelledby: str, links: bool = False) -> SafeString:
    """The featured colormaps, and the chosen one, as pictures of themselves.

    With `links`, for a page that shows ?cmap=; otherwise buttons for a script.
    """
    return _swatches(chosen, labelledby, links, get_script_prefix())


@lru_cache(maxsize=256)  # at most 2 MB
def _options(chosen: str) -> SafeString:
    context = {"chosen": chosen, "groups": colormaps.grouped_colormaps()}
    return render_to_string("drawings/colormap_options.html", context)


@lru_cache(maxsize=256)  # at most 1 MB
def _swatches(chosen: str, labelledby: str, links: bool, script_prefix: str) -> SafeString:
    featured = dict.fromkeys([*colormaps.FEATURED_COLORMAPS, chosen])
    context = {"chosen": chosen, "featured": featured, "labelledby": labelledby, "links": links}
    return render_to_string("drawings/colormap_swatches.html", context)
