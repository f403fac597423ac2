"""Requests of people who look at the wall."""

from benchmarks.harness.generator import get
from benchmarks.harness.site import Site
from benchmarks.harness.submissions import address


def looks(site: Site, drawings: int) -> list[bytes]:
    """The gallery, and the newest drawings' pages and pictures."""
    paths = ["/gallery/"]
    for id in site.ask("ids", drawings):
        paths += [f"/drawings/{id}/", f"/drawings/{id}/image.png"]
    return [get(path, X_Forwarded_For=address(0)) for path in paths]
