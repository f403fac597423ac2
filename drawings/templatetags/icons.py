"""The template tag `icon`: an inline SVG."""

from django import template
from django.template.base import Parser, TextNode, Token
from django.template.loader import render_to_string

register = template.Library()


@register.tag
def icon(parser: Parser, token: Token) -> TextNode:
    """`{% icon "pen" %}` inserts templates/drawings/icons/pen.svg when the template is compiled.

    An `{% include %}` would render it for every response.
    """
    _, name = token.split_contents()
    return TextNode(render_to_string(f"drawings/icons/{name[1:-1]}.svg"))
