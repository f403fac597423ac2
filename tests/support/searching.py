"""Searching, as the gallery does."""

from drawings.queries.filters import DrawingFilter
from drawings.queries.pagination import Cursor, read_page


def found(q, **values):
    """The titles that a search finds, newest first."""
    return [
        drawing.title for drawing in read_page(DrawingFilter(q=q, **values), Cursor(), 100).drawings
    ]
