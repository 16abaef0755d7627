"""From where media is sent on this machine, and what visitors are told of it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from stream.errors import MediaNetworkError
from stream.webrtc.local_addresses import interface_addresses, told_addresses
from stream.webrtc.media_demux import Address
from stream.webrtc.media_port import MediaPort

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """As they are asked for; see the options of a node."""

    port: int = 0
    """UDP port of all visits; 0: one of its own for each."""
    hosts: tuple[str, ...] = ()
    """This machine's addresses to use; none: those that somebody may reach."""
    advertised: tuple[str, ...] = ()
    """Addresses, or names of hosts, that visitors are told in place of this machine's."""
    advertised_port: int | None = None
    """UDP port that visitors are told in place of ``port``."""


@dataclass(frozen=True, slots=True)
class MediaNetwork:
    """Open. ``hosts`` are asked for at each visit where there is no shared port: a laptop changes its network."""

    hosts: Callable[[], Sequence[str]]
    port: MediaPort | None = None
    advertised: tuple[str, ...] = ()
    advertised_port: int | None = None

    def told(self, bases: Sequence[Address]) -> list[Address]:
        """What visitors are told in place of the addresses that packets are really sent from, each once: every
        advertised address of the same family, with the advertised port or the base's own (1:1 NAT)."""
        if not self.advertised:
            return list(dict.fromkeys(bases))
        return list(
            dict.fromkeys(
                (address, self.advertised_port or port)
                for host, port in bases
                for address in self.advertised
                if _version(address) == _version(host)
            )
        )


@contextmanager
def open_network(settings: NetworkSettings) -> Iterator[MediaNetwork]:
    """Resolves names and binds the shared port, once. Raises MediaNetworkError, which says what to do."""

    def hosts() -> Sequence[str]:
        return settings.hosts or told_addresses(interface_addresses())

    at_start = hosts()
    advertised = _usable(settings.advertised, at_start)
    if settings.port == 0:
        yield MediaNetwork(hosts, None, advertised)
        return
    with MediaPort(at_start, settings.port) as port:
        yield MediaNetwork(lambda: at_start, port, advertised, settings.advertised_port)


def _usable(advertised: Sequence[str], hosts: Sequence[str]) -> tuple[str, ...]:
    """The addresses of those that can stand for one of the hosts. A cluster's node may have an IPv6 address and the pod
    none: such a one is left out, and said."""
    versions = {_version(host) for host in hosts}
    addresses = [address for one in advertised for address in _resolved(one)]
    usable = [address for address in addresses if _version(address) in versions]
    for address in addresses:
        if address not in usable:
            log.warning("advertised_address_left_out", address=address, reason=f"no IPv{_version(address)} here")
    if advertised and not usable:
        raise MediaNetworkError(
            f"none of the advertised addresses ({', '.join(addresses)}) can stand for one of this machine's "
            f"({', '.join(hosts) or 'none'}): give --advertise-address one of the same family, IPv4 or IPv6"
        )
    return tuple(dict.fromkeys(usable))


def _resolved(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise MediaNetworkError(
            f"--advertise-address: no address is known for '{host}' ({error}); give the address in digits, or a name "
            "that this machine's DNS knows"
        ) from error
    return [str(address[0]) for *_, address in found]


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version
