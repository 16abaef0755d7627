"""Clusters on one machine keep out of each other's way."""

from __future__ import annotations

from ipaddress import ip_address

from bench.cluster.loopback import LoopbackBlock


def test_two_clusters_have_no_address_in_common() -> None:
    with LoopbackBlock() as one, LoopbackBlock() as other:
        mine = {one.control_plane, *(one.next_address() for _ in range(600))}
        theirs = {other.control_plane, *(other.next_address() for _ in range(600))}
    assert len(mine) == len(theirs) == 601
    assert not mine & theirs
    assert all(ip_address(address).is_loopback for address in mine)
