"""The client's address, which rate limits and blocks apply to."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Returns the client's IPv4 address or IPv6 /64 network, or "unknown".

    One household usually gets a whole /64. With TRUSTED_PROXIES = n the address is the n-th entry
    from the right of X-Forwarded-For: each trusted proxy appends the address that it saw, and
    clients can forge the entries further left. The result is kept on the request.
    """
    address: str | None = getattr(request, "client_address", None)
    if address is None:
        address = _normalized(_raw_address(request))
        request.client_address = address  # type: ignore[attr-defined]
    return address


def _raw_address(request: HttpRequest) -> str:
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES].strip() or address
    return address


def _normalized(address: str) -> str:
    try:
        ip = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return UNKNOWN
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)


def _without_port(address: str) -> str:
    """Strip the port that some proxies append: `192.0.2.1:5678`, `[2001:db8::1]:443`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
