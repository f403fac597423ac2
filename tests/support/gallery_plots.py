"""Reading the page of plots."""

import re
from html import unescape

URL = "/gallery/plots/"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def figures_on(response):
    """The attributes of the figures on the page, by kind."""
    found = re.findall(r"<noscript><img ([^>]+)></noscript>", unescape(response.content.decode()))
    figures = [dict(re.findall(r'([\w-]+)="([^"]*)"', attributes)) for attributes in found]
    return {figure["src"].partition(".png")[0].removeprefix(URL): figure for figure in figures}
