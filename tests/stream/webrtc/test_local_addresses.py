"""Of a machine's many addresses visitors are told those that they may reach."""

from __future__ import annotations

import ipaddress

import pytest

from stream.webrtc.local_addresses import InterfaceAddress, interface_addresses, told_addresses

LOOPBACK = [InterfaceAddress("lo", "127.0.0.1"), InterfaceAddress("lo", "::1")]


def test_a_node_of_a_cluster_tells_its_own_addresses_and_no_container_s() -> None:
    node = [
        *LOOPBACK,
        InterfaceAddress("eth0", "10.1.2.3"),
        InterfaceAddress("eth0", "2001:db8::3"),
        InterfaceAddress("eth0", "fe80::1"),
        InterfaceAddress("docker0", "172.17.0.1"),
        InterfaceAddress("br-0123456789ab", "172.18.0.1"),
        InterfaceAddress("cni0", "10.244.0.1"),
        InterfaceAddress("flannel.1", "10.244.0.0"),
        InterfaceAddress("cali12ab", "169.254.1.1"),
        InterfaceAddress("kube-ipvs0", "10.96.0.1"),
    ]
    assert told_addresses(node) == ("10.1.2.3", "2001:db8::3")


@pytest.mark.parametrize("interface", ["wg0", "tun0", "br-lan", "bond0.12", "wlan0"])
def test_vpns_and_bridges_of_real_networks_are_told(interface: str) -> None:
    assert told_addresses([*LOOPBACK, InterfaceAddress(interface, "10.9.0.2")]) == ("10.9.0.2",)


def test_a_machine_without_a_network_is_reached_by_itself() -> None:
    assert told_addresses([*LOOPBACK, InterfaceAddress("docker0", "172.17.0.1")]) == ("172.17.0.1",)
    assert told_addresses(LOOPBACK) == ("127.0.0.1", "::1")


def test_an_address_on_two_interfaces_is_told_once() -> None:
    assert told_addresses([InterfaceAddress("eth0", "10.1.2.3"), InterfaceAddress("eth1", "10.1.2.3")]) == ("10.1.2.3",)


def test_this_machine_s_addresses_are_read() -> None:
    found = interface_addresses()
    assert any(ipaddress.ip_address(one.address).is_loopback for one in found)
