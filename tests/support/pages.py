"""Readers of pages: of the admin, of the plots, and of a visitor's own drawings."""

import re
from html import unescape

LIST = "/admin/drawings/drawing/"
URL = "/gallery/plots/"


def change_url(drawing):
    return f"{LIST}{drawing.id}/change/"


def listed(response):
    return list(response.context["cl"].result_list)


def address(response, name):
    """The URL of the button with this name below the list, or None."""
    link = re.search(rf'<a class="button" href="(\?[^"]*)">{name}</a>', response.content.decode())
    return link and unescape(link[1])


def text(response):
    """The page without entities and without the tags that isolate what people have typed."""
    return re.sub(r"</?bdi>", "", unescape(response.content.decode()))


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def figures_on(response):
    """The attributes of each plot's image on the page, by kind."""
    found = re.findall(r"<noscript><img ([^>]+)></noscript>", unescape(response.content.decode()))
    figures = [dict(re.findall(r'([\w-]+)="([^"]*)"', attributes)) for attributes in found]
    return {figure["src"].partition(".png")[0].removeprefix(URL): figure for figure in figures}


def page_of(client, drawing):
    return text(client.get(f"/drawings/{drawing.id}/"))


def addresses(drawing):
    return [f"/drawings/{drawing.id}/{what}/" for what in ("title", "take-back")]
