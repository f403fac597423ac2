"""URLs whose module is imported when one of them is first asked for."""

from typing import Any

from django.urls import URLResolver


class OnDemand(URLResolver):
    """As `include`, of a module's dotted name.

    Looking up any name of the site, Django asks all of its resolvers what names they have: for this
    one's it has to be looked in its own namespace.
    """

    def _populate(self) -> None:
        pass

    @property
    def reverse_dict(self) -> Any:
        super()._populate()
        return super().reverse_dict
