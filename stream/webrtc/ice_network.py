"""What we change of the ICE of aioice 0.13.0, in one place: which sockets a connection uses, and what it tells of them.

- **One port for all.** aioice makes a socket for each connection and local address. ``NetworkConnection`` overrides
  where it does (``get_component_candidates``) with ends of the shared port.
- **Addresses that visitors reach.** Candidates carry the advertised addresses in place of the local ones.
- **Waiting to be asked.** A node with an advertised address is reached by its visitors, so it sends no check before
  one of theirs has come. A check of ours could open a way through the cluster's address translation (conntrack) under
  another port of the node's; what then comes to the advertised port could not be answered from there any more.
- **A visitor whose address changes** (a NAT forgets, a phone changes its network) is followed. Chromium nominates
  the new pair by itself; others only go on with their consent checks (RFC 7675), from the new address.
- **STUN that means harm.** aioice's parser raises struct.error for attributes of a wrong size, and a check without a
  priority ends in a KeyError; such messages are dropped.

aiortc gives no way to choose its connection: ``use_network`` puts ours in its place. The private names used are in
``UPSTREAM_NAMES``; tests/stream/webrtc/test_ice_network.py guards them.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from typing import Any, Final

import structlog
from aioice import Candidate, Connection, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol
from aiortc import RTCIceTransport

from stream.webrtc.media_demux import Address, DropReason, Member
from stream.webrtc.media_network import MediaNetwork
from stream.webrtc.media_port import PortSocket

log = structlog.get_logger(__name__)

UPSTREAM_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "Connection": ("_check_list", "_check_list_done", "_check_periodic", "_nominated", "_protocols"),
    "RTCIceGatherer": ("_connection",),
    "RTCIceTransport": ("_connection", "_recv", "_send"),
}
FOLLOW_AFTER_S: Final = 1.0
"""Of silence from the address before: a visitor's page says something every second, its browser more often while
pictures come."""
_LOCAL_PREFERENCE_MAX: Final = 65_535


class SharedStunProtocol(StunProtocol):
    """A connection's end at a port that it shares."""

    def __init__(self, connection: NetworkConnection, port: PortSocket) -> None:
        super().__init__(connection)
        self._port = port
        host, number = port.address
        self.local_candidate = _host_candidate(host, number, 0)
        self.member: Member = port.connect(connection.local_username, self)

    def media_received(self, data: bytes) -> None:
        """See Receiver."""
        self.receiver.data_received(data, self.local_candidate.component)

    def stun_received(self, data: bytes, address: Address) -> None:
        """See Receiver."""
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            self._port.demux.dropped[DropReason.MALFORMED] += 1
            return
        if message.message_class == stun.Class.REQUEST:
            if "PRIORITY" in message.attributes:
                self.receiver.request_received(message, address, self)
            else:
                self._port.demux.dropped[DropReason.MALFORMED] += 1
        elif (transaction := self.transactions.get(message.transaction_id)) is not None:
            transaction.response_received(message, address)

    def send_stun(self, message: stun.Message, addr: Address) -> None:
        """Upstream's; who is answered with success has proven the connection's password, and the address is theirs."""
        if message.message_class == stun.Class.RESPONSE:
            self._prove(addr)
        super().send_stun(message, addr)

    async def request(
        self,
        request: stun.Message,
        addr: Address,
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[stun.Message, Address]:
        """Upstream's; the port has to know whose the answer is."""
        demux = self._port.demux
        demux.expect(request.transaction_id, self.member)
        try:
            response, source = await super().request(request, addr, integrity_key, retransmissions)
        finally:
            demux.forget(request.transaction_id, self.member)
        if integrity_key is not None:
            self._prove(source)
        return response, source

    def _prove(self, address: Address) -> None:
        if not self.transport.is_closing():
            self._port.demux.prove(address, self.member, asyncio.get_running_loop().time())

    def silent_s(self, address: Address) -> float:
        """See Demultiplexer.silent_s."""
        return self._port.demux.silent_s(address, self.member, asyncio.get_running_loop().time())


class NetworkConnection(Connection):
    """aioice's connection on the network that a node was told to use."""

    def __init__(self, network: MediaNetwork, ice_controlling: bool) -> None:
        # Upstream's four characters are too few to tell a thousand connections apart.
        super().__init__(ice_controlling, local_username=secrets.token_hex(8))
        self._network = network

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109  (its signature)
    ) -> list[Candidate]:
        """Upstream's; ``addresses``, all that the machine has, are not for us."""
        network = self._network
        if network.port is None:
            made = await super().get_component_candidates(component, list(network.hosts()), timeout)
        else:
            protocols = [SharedStunProtocol(self, one) for one in network.port.sockets]
            self._protocols += protocols
            made = [protocol.local_candidate for protocol in protocols]
        told = network.told([(candidate.host, candidate.port) for candidate in made])
        return [_host_candidate(host, port, index) for index, (host, port) in enumerate(told)]

    def _check_periodic(self) -> bool:
        """Upstream's: start the next check, and whether to go on."""
        if not self._network.advertised or self.remote_is_lite:
            return super()._check_periodic()
        return not self._check_list_done

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        """Upstream's; then follow a visitor who comes from elsewhere now."""
        super().check_incoming(message, addr, protocol)
        selected = self._nominated.get(protocol.local_candidate.component)
        if selected is None or selected.remote_addr == addr or not isinstance(selected.protocol, SharedStunProtocol):
            return
        if selected.protocol.silent_s(selected.remote_addr) < FOLLOW_AFTER_S:
            return
        for pair in self._check_list:
            if pair.protocol is protocol and pair.remote_addr == addr:
                log.debug("visitor_followed", before=selected.remote_addr, after=addr)
                pair.remote_nominated = True  # its check, which was begun by this one, will select it
                if pair.state is pair.State.SUCCEEDED:
                    pair.nominated = True
                    self.check_complete(pair)
                return


def use_network(transport: RTCIceTransport, network: MediaNetwork) -> None:
    """Have an RTCIceTransport use this network; before candidates are gathered."""
    gatherer: Any = transport.iceGatherer
    connection = NetworkConnection(network, gatherer._connection.ice_controlling)
    gatherer._connection = connection
    shared: Any = transport
    shared._connection = connection
    shared._recv, shared._send = connection.recv, connection.send


def _host_candidate(host: str, port: int, index: int) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host", _LOCAL_PREFERENCE_MAX - index),
        host=host,
        port=port,
        type="host",
    )
