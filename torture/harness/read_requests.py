"""Requests of visitors who browse the wall."""

from benchmarks.harness.generator import build_get_request
from benchmarks.harness.site import Site
from benchmarks.harness.submissions import client_address


def build_read_requests(site: Site, drawings: int) -> list[bytes]:
    """Requests for the gallery, and for the pages and images of the newest drawings."""
    paths = ["/gallery/"]
    for id in site.run_function("newest_ids", drawings):
        paths += [f"/drawings/{id}/", f"/drawings/{id}/image.png"]
    return [build_get_request(path, X_Forwarded_For=client_address(0)) for path in paths]
