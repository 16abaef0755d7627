"""Who is counted as one where requests are counted by where they come from. Pure."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """What is counted as one: an IPv4 address, or the /64 network that one IPv6 customer has at least."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
