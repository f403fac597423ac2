"""The address under which a client is counted."""

import pytest

from drawings.http.client_address import client_address

PEER = "203.0.113.5"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "192.0.2.1", PEER),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6,192.0.2.1 ", "192.0.2.1"),
        (1, None, PEER),
        (1, "", PEER),
        (1, "6.6.6.6, ", PEER),
        (2, "192.0.2.1, 203.0.113.5", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 203.0.113.5", "192.0.2.1"),
        (2, "192.0.2.1", PEER),
        (1, "192.0.2.1:5678", "192.0.2.1"),
        (1, "[2001:db8::1]:443", "2001:db8::/64"),
        (1, "[2001:db8::1]", "2001:db8::/64"),
        (1, "2001:db8::1", "2001:db8::/64"),
    ],
)
def test_only_addresses_added_by_trusted_proxies_are_believed(
    rf, settings, proxies, forwarded, address
):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    request = rf.get("/", headers=headers, REMOTE_ADDR=PEER)

    assert client_address(request) == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_addresses_are_grouped_by_household(rf, remote, address):
    assert client_address(rf.get("/", REMOTE_ADDR=remote)) == address
