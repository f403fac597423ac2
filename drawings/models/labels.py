"""What pages say of a drawing, whichever of its columns were read: its name, its addresses, and
what its picture shows."""

from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.urls import get_script_prefix, reverse


class HasLabels(Protocol):
    """A drawing, or some columns of it."""

    @property
    def id(self) -> UUID: ...

    @property
    def title(self) -> str: ...

    @property
    def artist(self) -> str: ...


class Labelled:
    """The labels of whatever has a drawing's id, title and artist."""

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
        """What the picture is, for those who cannot see it."""
        by = f" by {self.artist}" if self.artist else ""
        return f"Drawing “{self.title}”{by}" if self.title else f"Untitled drawing{by}"


@lru_cache(maxsize=8)
def _drawings_url(script_prefix: str) -> str:
    """The address that those of all drawings begin with. Kept, because a page has links to many and
    reversing one takes longer than showing it."""
    return reverse("drawings:submit")
