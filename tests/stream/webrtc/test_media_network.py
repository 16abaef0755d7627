"""What visitors are told of where media is sent from, and what is said where that can't be."""

from __future__ import annotations

import socket

import pytest

from stream import MediaNetworkError, NetworkSettings, open_network
from stream.webrtc.media_network import MediaNetwork


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_without_an_advertised_address_the_real_ones_are_told() -> None:
    network = MediaNetwork(lambda: ())
    assert network.told([("10.0.0.5", 4000), ("2001:db8::5", 4001)]) == [("10.0.0.5", 4000), ("2001:db8::5", 4001)]


def test_advertised_addresses_stand_for_real_ones_of_their_family() -> None:
    network = MediaNetwork(lambda: (), None, ("203.0.113.1", "203.0.113.2", "2001:db8::1"))
    told = network.told([("10.0.0.5", 4000), ("fd00::5", 4001)])
    assert told == [("203.0.113.1", 4000), ("203.0.113.2", 4000), ("2001:db8::1", 4001)]


def test_two_addresses_behind_one_are_told_once() -> None:
    network = MediaNetwork(lambda: (), None, ("203.0.113.1",), 31_000)
    assert network.told([("10.0.0.5", 4000), ("10.0.0.6", 4000)]) == [("203.0.113.1", 31_000)]


def test_a_host_s_name_is_looked_up_once_at_the_start() -> None:
    with open_network(NetworkSettings(hosts=("127.0.0.1",), advertised=("localhost",))) as network:
        assert network.advertised == ("127.0.0.1",)


def test_a_name_that_nobody_knows_is_said() -> None:
    settings = NetworkSettings(hosts=("127.0.0.1",), advertised=("no-such-host.invalid",))
    with pytest.raises(MediaNetworkError, match=r"'no-such-host\.invalid'.*in digits"), open_network(settings):
        pass


def test_an_advertised_address_of_a_family_that_the_machine_lacks_is_left_out() -> None:
    with open_network(NetworkSettings(hosts=("127.0.0.1",), advertised=("2001:db8::1", "203.0.113.1"))) as network:
        assert network.advertised == ("203.0.113.1",)


def test_where_none_can_stand_for_the_machine_s_it_is_said() -> None:
    settings = NetworkSettings(hosts=("127.0.0.1",), advertised=("2001:db8::1",))
    with pytest.raises(MediaNetworkError, match="same family"), open_network(settings):
        pass


def test_a_port_that_is_taken_is_said() -> None:
    settings = NetworkSettings(free_udp_port(), ("127.0.0.1",))
    with open_network(settings), pytest.raises(MediaNetworkError, match=r"taken.*--media-port"), open_network(settings):
        pass


def test_an_address_of_another_machine_is_said() -> None:
    settings = NetworkSettings(free_udp_port(), ("203.0.113.77",))
    with pytest.raises(MediaNetworkError, match=r"no such address.*--media-host"), open_network(settings):
        pass


def test_the_port_is_free_again_afterwards() -> None:
    settings = NetworkSettings(free_udp_port(), ("127.0.0.1",))
    for _ in range(2):
        with open_network(settings) as network:
            assert network.port is not None
