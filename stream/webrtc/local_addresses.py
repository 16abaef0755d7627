"""Which of this machine's addresses visitors are told."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

import ifaddr

_CONTAINERS = re.compile(
    r"(docker|cni|veth|virbr|vnet|cali|cilium_|lxc|lxdbr|incusbr|flannel|tunl|vxlan|kube-|nodelocaldns|weave|podman|antrea-"
    r"|ovn-|dummy)|br-[0-9a-f]{12}$"
)
"""Interfaces of container and virtual machine networks, by the names that their makers give them: nobody outside this
machine reaches an address of theirs, and each one told costs every visitor checks that can't succeed. ``br-lan`` and
VPNs are not among them."""


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of a network interface."""

    interface: str
    address: str


def told_addresses(all_of_them: Iterable[InterfaceAddress]) -> tuple[str, ...]:
    """Those that somebody may reach: none of loopback, link-local, or of containers' networks. Where nothing else is
    there, containers' networks, then loopback: better than a node that nobody reaches."""
    outside, containers, loopback = list[str](), list[str](), list[str]()
    for one in all_of_them:
        address = ipaddress.ip_address(one.address)
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            continue
        if address.is_loopback:
            loopback.append(one.address)
        elif _CONTAINERS.match(one.interface):
            containers.append(one.address)
        else:
            outside.append(one.address)
    return tuple(dict.fromkeys(outside or containers or loopback))


def interface_addresses() -> list[InterfaceAddress]:
    """All addresses of this machine, in the order of its interfaces."""
    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            # ifaddr gives IPv4 as text and IPv6 as (address, flow, scope).
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            found.append(InterfaceAddress(str(adapter.name), text))
    return found
