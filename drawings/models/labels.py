"""A drawing's name, URLs and alternative text, which need only a few of its columns."""

from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.urls import get_script_prefix, reverse


class HasLabels(Protocol):
    """A drawing, or a row with some of its columns."""

    @property
    def id(self) -> UUID: ...

    @property
    def title(self) -> str: ...

    @property
    def artist(self) -> str: ...


class Labelled:
    """The labels of any object with a drawing's id, title and artist."""

    __slots__ = ()

    def __str__(self: HasLabels) -> str:
        return self.title or "Untitled"

    def get_absolute_url(self: HasLabels) -> str:
        return f"{_drawings_url(get_script_prefix())}{self.id}/"

    @property
    def image_url(self: HasLabels) -> str:
        return f"{_drawings_url(get_script_prefix())}{self.id}/image.png"

    @property
    def alt(self: HasLabels) -> str:
        """The alternative text of the image."""
        by = f" by {self.artist}" if self.artist else ""
        return f"Drawing “{self.title}”{by}" if self.title else f"Untitled drawing{by}"


@lru_cache(maxsize=8)
def _drawings_url(script_prefix: str) -> str:
    """The URL that those of all drawings begin with. Cached, because a page links to many drawings
    and reversing a URL takes longer than rendering a link."""
    return reverse("drawings:submit")
