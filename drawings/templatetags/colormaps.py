"""Tags for choosing colours. Their HTML is long and depends on few values, so it is cached."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from drawings.imaging import colormaps
from drawings.imaging.crayons import drawing_shades

register = template.Library()

# Stands in the cached swatches for the rest of the query string, which is unbounded.
REST = "REST-OF-QUERY"


@register.simple_tag
@lru_cache(maxsize=1)
def crayon_buttons() -> SafeString:
    """Render a radio button for each crayon."""
    return render_to_string("drawings/crayon_buttons.html", {"crayons": drawing_shades()})


@register.simple_tag
def colormap_options(chosen: str) -> SafeString:
    """Render an <option> for each colormap. None is selected if the chosen one is unknown."""
    return _render_options(chosen if colormaps.is_colormap(chosen) else "")


@register.simple_tag
def colormap_swatches(
    chosen: str, labelledby: str, parameter: str = "", rest: str = ""
) -> SafeString:
    """Render swatches of the featured colormaps and of the chosen one, if any is.

    With a `parameter` they link to ?parameter=NAME&rest; otherwise they are buttons for a script.
    """
    swatches = _render_swatches(chosen, labelledby, parameter, get_script_prefix())
    return mark_safe(swatches.replace(REST, escape(f"&{rest}") if rest else ""))  # noqa: S308


@lru_cache(maxsize=256)  # at most 2 MB
def _render_options(chosen: str) -> SafeString:
    context = {"chosen": chosen, "groups": colormaps.grouped_colormaps()}
    return render_to_string("drawings/colormap_options.html", context)


@lru_cache(maxsize=512)  # at most 2 MB
def _render_swatches(
    chosen: str, labelledby: str, parameter: str, script_prefix: str
) -> SafeString:
    context = {
        "chosen": chosen,
        "featured": dict.fromkeys([*colormaps.FEATURED_COLORMAPS, *filter(None, [chosen])]),
        "labelledby": labelledby,
        "parameter": parameter,
        "rest": REST,
    }
    return render_to_string("drawings/colormap_swatches.html", context)
