"""Reading the pages of one's own drawings."""

from html import unescape


def text(response):
    return unescape(response.content.decode())


def page_of(client, drawing):
    return text(client.get(f"/drawings/{drawing.id}/"))


def addresses(drawing):
    return [f"/drawings/{drawing.id}/{what}/" for what in ("title", "take-back")]
