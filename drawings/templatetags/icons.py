from django import template
from django.template.base import Parser, TextNode, Token
from django.template.loader import render_to_string

register = template.Library()


@register.tag
def icon(parser: Parser, token: Token) -> TextNode:
    """`{% icon "pen" %}`: templates/drawings/icons/pen.svg, put in when the page's template is
    compiled. An `{% include %}` would render it each time."""
    _, name = token.split_contents()
    return TextNode(render_to_string(f"drawings/icons/{name[1:-1]}.svg"))
