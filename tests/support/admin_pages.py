"""Reading the admin's pages of drawings."""

import re
from html import unescape

LIST = "/admin/drawings/drawing/"


def change_url(drawing):
    return f"{LIST}{drawing.id}/change/"


def listed(response):
    return list(response.context["cl"].result_list)


def address(response, name):
    """Where the link of this name below the list leads, or None."""
    link = re.search(rf'<a class="button" href="(\?[^"]*)">{name}</a>', response.content.decode())
    return link and unescape(link[1])


def text(response):
    return unescape(response.content.decode())
