"""Real connections over one port, behind addresses that are not the machine's, and of visitors who move."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import aioice.ice
import numpy as np
import pytest
from aioice import stun
from aiortc import RTCConfiguration, RTCIceGatherer, RTCIceTransport, RTCPeerConnection, RTCSessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from stream import X264, AiortcPeer, MediaNetwork, PeerState, StreamSettings
from stream.webrtc import ice_network
from stream.webrtc.ice_network import UPSTREAM_NAMES, NetworkConnection, SharedStunProtocol, use_network
from stream.webrtc.media_demux import CHECKS_BURST, Address, DropReason
from stream.webrtc.media_port import MediaPort
from tests.stream.webrtc.test_aiortc_peer import BLUE, RED, Owner, Screen, new_offer, picture
from tests.waiting import WAIT_S

GREEN = (40, 150, 60)


@pytest.fixture
def port() -> Iterator[MediaPort]:
    with MediaPort(["127.0.0.1"], 0) as opened:
        yield opened


@dataclass
class Visitor:
    """One who looks, and the peer that shows."""

    network: MediaNetwork
    host: str = "127.0.0.1"
    own_candidates: tuple[str, ...] = ()
    """In place of the real ones; none, as of our page: the node learns the address from the visitor's checks."""
    owner: Owner = field(default_factory=Owner)
    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    may_talk: asyncio.Event = field(default_factory=asyncio.Event)
    answer: str = ""

    def __post_init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer = AiortcPeer(self.owner.events(), (X264,), StreamSettings(), network=self.network)

    async def connect(self) -> None:
        self.connection.addTransceiver("video", direction="recvonly")
        self.connection.createDataChannel("pose", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        self.command = self.connection.createDataChannel("command", negotiated=True, id=1)
        self.command.on("message", self.heard.put_nowait)
        self.command.on("open", self.may_talk.set)
        transport = self.connection.getTransceivers()[0].receiver.transport.transport
        use_network(transport, MediaNetwork(lambda: (self.host,)))
        offer = "".join(
            f"{line}\r\n"
            for line in (await new_offer_of(self.connection)).splitlines()
            if not line.startswith("a=candidate:")
        )
        offer += "".join(f"a=candidate:{one}\r\n" for one in self.own_candidates)
        self.answer = await self.peer.answer(offer)
        await self.connection.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        await self.owner.until(lambda: self.peer.state is PeerState.CONNECTED)
        self.screen = Screen(self.connection)

    async def sees(self, rgb: tuple[int, int, int]) -> bool:
        self.peer.put_frame(picture(rgb))
        seen = await self.screen.next_picture()
        return bool(np.abs(seen.astype(int) - rgb).max() <= 8)

    async def talks(self, word: str) -> bool:
        """Whether something said on the reliable channel arrives, and the reply to it."""
        await self.may_talk.wait()
        self.command.send(word)
        await self.owner.until(lambda: ("command", word) in self.owner.messages)
        assert self.peer.send_message("command", f"yes, {word}")
        return await asyncio.wait_for(self.heard.get(), WAIT_S) == f"yes, {word}"

    async def close(self) -> None:
        await self.connection.close()
        await self.peer.close("test ends")


async def new_offer_of(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    return str(connection.localDescription.sdp)


def told(answer: str) -> list[tuple[str, int]]:
    found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
    return [(host, int(number)) for host, number in dict.fromkeys(found)]


async def test_visitors_share_a_port_and_each_sees_their_own_picture(port: MediaPort) -> None:
    visitors = [Visitor(MediaNetwork(lambda: (), port)) for _ in range(3)]
    await asyncio.gather(*(visitor.connect() for visitor in visitors))
    assert [told(visitor.answer) for visitor in visitors] == [[port.sockets[0].address]] * 3
    colors = (RED, GREEN, BLUE)
    assert await asyncio.gather(*(one.sees(rgb) for one, rgb in zip(visitors, colors, strict=True))) == [True] * 3
    await visitors[0].close()
    assert await visitors[1].sees(RED), "the others go on"
    for visitor in visitors[1:]:
        await visitor.close()
    assert port.sockets[0].demux.sizes == (0, 0, 0)


async def test_a_visitor_comes_by_ipv6() -> None:
    with MediaPort(["127.0.0.1", "::1"], 0) as port:
        visitor = Visitor(MediaNetwork(lambda: (), port), host="::1")
        await visitor.connect()
        assert await visitor.sees(RED)
        assert [host for host, _ in told(visitor.answer)] == ["127.0.0.1", "::1"]
        await visitor.close()


async def test_a_visit_with_a_port_of_its_own_is_told_at_the_advertised_address() -> None:
    visitor = Visitor(MediaNetwork(lambda: ("127.0.0.1", "127.0.0.2"), None, ("203.0.113.5",)))
    answer = await visitor.peer.answer(await new_offer(visitor.connection))
    hosts, ports = zip(*told(answer), strict=True)
    assert set(hosts) == {"203.0.113.5"}
    assert len(set(ports)) == 2
    await visitor.close()


class Translator(asyncio.DatagramProtocol):
    """A NAT before the node: visitors know its outer address, the node sees each from an inner address of its own."""

    def __init__(self, node: Address) -> None:
        self._node = node
        self._inner: dict[Address, asyncio.DatagramTransport] = {}

    async def open(self) -> Address:
        loop = asyncio.get_running_loop()
        self._outer, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.2", 0))
        self.address: Address = self._outer.get_extra_info("sockname")
        return self.address

    def datagram_received(self, data: bytes, visitor: Address) -> None:
        inner = self._inner.get(visitor)
        if inner is None:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind(("127.0.0.3", 0))
            one.setblocking(False)
            loop = asyncio.get_running_loop()
            back = _Back(self._outer, visitor)
            inner = loop._make_datagram_transport(one, back)  # type: ignore[attr-defined]
            self._inner[visitor] = inner
        inner.sendto(data, self._node)

    def forget(self) -> None:
        """As NATs do after a while: what visitors send comes from other ports now, and nothing comes in at the old."""
        for inner in self._inner.values():
            inner.close()
        self._inner.clear()

    def close(self) -> None:
        self.forget()
        self._outer.close()


class _Back(asyncio.DatagramProtocol):
    def __init__(self, outer: asyncio.DatagramTransport, visitor: Address) -> None:
        self._outer, self._visitor = outer, visitor

    def datagram_received(self, data: bytes, node: Address) -> None:
        self._outer.sendto(data, self._visitor)


@pytest.fixture
async def translator(port: MediaPort) -> AsyncIterator[Translator]:
    one = Translator(port.sockets[0].address)
    await one.open()
    yield one
    one.close()


def behind(translator: Translator, port: MediaPort) -> MediaNetwork:
    host, number = translator.address
    return MediaNetwork(lambda: (), port, (host,), number)


async def test_a_visitor_reaches_the_node_at_its_advertised_address_and_port(
    port: MediaPort, translator: Translator
) -> None:
    visitor = Visitor(behind(translator, port))
    await visitor.connect()
    assert told(visitor.answer) == [translator.address]
    assert await visitor.sees(RED)
    await visitor.close()


async def test_a_visitor_whose_nat_forgets_is_followed(
    port: MediaPort, translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.1)
    monkeypatch.setattr(ice_network, "FOLLOW_AFTER_S", 0.3)
    visitor = Visitor(behind(translator, port))
    await visitor.connect()
    assert await visitor.talks("here")
    for word in ("there", "elsewhere"):
        translator.forget()
        assert await visitor.talks(word)
    await visitor.close()
    assert port.sockets[0].demux.sizes == (0, 0, 0)


async def test_a_node_with_an_advertised_address_waits_until_it_is_asked(
    port: MediaPort, translator: Translator
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.4", 0))
        elsewhere.setblocking(False)
        candidate = f"1 1 udp 2130706431 127.0.0.4 {elsewhere.getsockname()[1]} typ host"
        asked = Visitor(behind(translator, port), own_candidates=(candidate,))
        await asked.connect()
        with pytest.raises(BlockingIOError):
            elsewhere.recv(100)
        asking = Visitor(MediaNetwork(lambda: (), port), own_candidates=(candidate,))
        connecting = asyncio.create_task(asking.connect())
        check = await asyncio.get_running_loop().sock_recv(elsewhere, 1000)
        assert stun.parse_message(check).message_class == stun.Class.REQUEST
        await connecting
        await asking.close()
        await asked.close()


def signed(user: str, password: str, attributes: dict[str, object]) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes |= {"USERNAME": f"{user}:theirs", **attributes}
    request.add_message_integrity(password.encode())
    return bytes(request)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([6, 8, 9, 0x20, 0x24, 0x25, 0x8028, 0x8029, 0x802A]),
            st.binary(max_size=24),
        ),
        max_size=12,
    )
)
def test_checks_of_any_kind_never_end_the_reading(parts: list[tuple[int, int, bytes]]) -> None:
    """An exception would come out of the callback that reads everybody's datagrams."""

    async def hear_it() -> None:
        with MediaPort(["127.0.0.1"], 0) as port:
            connection = NetworkConnection(MediaNetwork(lambda: (), port), ice_controlling=False)
            await connection.gather_candidates()
            connection.remote_username, connection.remote_password = "theirs", "secret" * 4
            demux, user = port.sockets[0].demux, connection.local_username
            for number, (kind, attribute, value) in enumerate(parts):
                head = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
                head.attributes["USERNAME"] = f"{user}:theirs"
                body = bytes(head)[20:] + struct.pack("!HH", attribute, len(value)) + value + bytes(-len(value) % 4)
                message_type = (0x0001, 0x0101, 0x0111, 0x0011)[kind]
                data = struct.pack("!HHI12s", message_type, len(body), stun.COOKIE, bytes([number] * 12)) + body
                demux.expect(bytes([number] * 12), connection._protocols[0].member)
                demux.datagram(data, ("127.0.0.9", 1 + number % 7), number / 100)
                demux.datagram(signed(user, connection.local_password, {}), ("127.0.0.9", 9), number / 100)
            await connection.close()
            assert demux.sizes == (0, 0, 0)

    asyncio.run(hear_it())


async def test_a_check_with_a_wrong_password_proves_nothing(port: MediaPort) -> None:
    connection = NetworkConnection(MediaNetwork(lambda: (), port), ice_controlling=False)
    await connection.gather_candidates()
    demux = port.sockets[0].demux
    for password, addresses in (("wrong", 0), (connection.local_password, 1)):
        check = signed(connection.local_username, password, {"PRIORITY": 1})
        demux.datagram(check, ("127.0.0.9", 9), 0.0)
        assert demux.sizes == (1, addresses, 0)
    await connection.close()


async def test_a_flood_for_one_visitor_leaves_the_others_alone(port: MediaPort) -> None:
    victim, other = (Visitor(MediaNetwork(lambda: (), port)) for _ in range(2))
    await victim.connect()
    user = re.search(r"a=ice-ufrag:(\S+)", victim.answer)
    assert user is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hostile:
        hostile.bind(("127.0.0.6", 0))
        flood = signed(user[1], "guessed", {"PRIORITY": 1})
        for _ in range(20):
            for _ in range(100):
                hostile.sendto(flood, port.sockets[0].address)
                hostile.sendto(b"\x80 rubbish", port.sockets[0].address)
            assert await victim.sees(RED)
    await other.connect()
    assert await other.sees(BLUE)
    dropped = port.counts().dropped
    assert dropped[DropReason.UNKNOWN_ADDRESS.value] == 2000
    assert dropped[DropReason.TOO_MANY_CHECKS.value] > 2000 - 2 * CHECKS_BURST - 100
    await victim.close()
    await other.close()


def test_the_private_names_that_we_use_are_still_there() -> None:
    async def look() -> None:
        gatherer = RTCIceGatherer(iceServers=[])
        instances = {
            "Connection": gatherer._connection,
            "RTCIceGatherer": gatherer,
            "RTCIceTransport": RTCIceTransport(gatherer),
        }
        for owner, names in UPSTREAM_NAMES.items():
            for name in names:
                assert hasattr(instances[owner], name), f"{owner}.{name}"
        assert instances["RTCIceTransport"]._recv == gatherer._connection.recv
        assert issubclass(SharedStunProtocol, asyncio.DatagramProtocol)

    asyncio.run(look())
