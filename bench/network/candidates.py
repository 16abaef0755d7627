"""Puts the relay's address in the place of the server's candidates in an SDP answer. Pure."""

from __future__ import annotations

import ipaddress

from bench.network.relay import Address


class NoCandidate(ValueError):
    """The answer has no candidate that the relay could stand for."""


def host_candidate(sdp: str) -> Address:
    """The first IPv4 host candidate over UDP (RFC 8839, section 5.1). Raises NoCandidate."""
    for line in sdp.splitlines():
        parts = line.split()
        if not line.startswith("a=candidate:") or len(parts) < 8 or parts[2].lower() != "udp" or parts[7] != "host":
            continue
        try:
            ipaddress.IPv4Address(parts[4])
        except ValueError:
            continue
        return parts[4], int(parts[5])
    raise NoCandidate("the server has no IPv4 host candidate: this machine needs a network interface with an address")


def with_candidate(sdp: str, address: Address) -> str:
    """The SDP with one host candidate, ``address``, in the place of all candidates of each of its sections."""
    line = f"a=candidate:1 1 udp 2130706431 {address[0]} {address[1]} typ host"
    kept: list[str] = []
    placed = False
    for old in sdp.splitlines():
        placed = placed and not old.startswith("m=")
        if not old.startswith("a=candidate:"):
            kept.append(old)
        elif not placed:
            placed = True
            kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def without_candidates(sdp: str) -> str:
    """The SDP without addresses, as browsers offer it; the server learns the visitor's from the visitor's checks."""
    return "\r\n".join(line for line in sdp.splitlines() if not line.startswith("a=candidate:")) + "\r\n"
