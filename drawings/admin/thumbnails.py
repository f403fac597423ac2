"""HTML for drawings in the admin, in two sizes."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from drawings.models import Drawing

THUMBNAIL_SIDE = 72
PICTURE_SIDE = 480


def thumbnail(drawing: Drawing) -> SafeString:
    return _img(drawing, THUMBNAIL_SIDE, "lazy")


def picture(drawing: Drawing) -> SafeString:
    return _img(drawing, PICTURE_SIDE, "eager")


def _img(drawing: Drawing, side: int, loading: str) -> SafeString:
    scale = side / max(drawing.width, drawing.height)
    return format_html(
        '<img class="drawing-picture" src="{}" alt="{}" width="{}" height="{}" loading="{}">',
        drawing.image_url,
        drawing.alt,
        round(drawing.width * scale),
        round(drawing.height * scale),
        loading,
    )
