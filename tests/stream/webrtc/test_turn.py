"""coturn with the options that we deploy: whom it lets in, what it relays to, and how much of it one visitor gets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aioice import stun, turn

from bench.cluster.certificates import Authority
from tests.stream.webrtc.turn_server import TurnServer, has_coturn, machine_address

pytestmark = pytest.mark.skipif(not has_coturn(), reason="coturn is not installed; scripts/setup tests does it")


@pytest.fixture(scope="module")
def turn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    folder = tmp_path_factory.mktemp("turn")
    made = Authority(folder).server("turn.example", [machine_address()], [])
    with TurnServer(folder, f"{machine_address()}-{machine_address()}", tls=(made.file, made.key_file)) as started:
        yield started


async def allocate(
    server: TurnServer, *, tls: Path | None = None, visitor: str = "visitor", secret: str | None = None
) -> turn.TurnTransport:
    username, password = server.credentials(visitor=visitor, secret=secret)
    context = None if tls is None else ssl.create_default_context(cafile=str(tls))
    transport, _ = await turn.create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=(server.host, server.port if tls is None else server.tls_port),
        username=username,
        password=password,
        ssl=context,
        transport="udp" if tls is None else "tcp",
    )
    return transport


@pytest.mark.parametrize(
    "peer",
    ["127.0.0.1", "169.254.169.254", "10.96.0.1", "192.0.2.77", "203.0.113.9", "224.0.0.1", "0.0.0.0"],
)
async def test_it_relays_to_renderers_and_to_nobody_else(turn_server: TurnServer, peer: str) -> None:
    transport = await allocate(turn_server)
    bind = transport._TurnTransport__inner_protocol.channel_bind
    await bind(0x4000, (machine_address(), 34_780))
    with pytest.raises(stun.TransactionFailed, match="403"):
        await bind(0x4001, (peer, 34_780))
    await transport._close()


async def test_two_secrets_are_believed_while_one_is_exchanged_for_the_other(turn_server: TurnServer) -> None:
    for secret in turn_server.secrets:
        transport = await allocate(turn_server, secret=secret)
        await transport._close()
    with pytest.raises(stun.TransactionFailed, match="401"):
        await allocate(turn_server, secret="a third")


async def test_it_is_reached_over_tls(turn_server: TurnServer) -> None:
    transport = await allocate(turn_server, tls=turn_server.log.with_name("ca.crt"))
    assert transport.get_extra_info("sockname")[0] == machine_address()
    await transport._close()


async def test_one_visitor_s_relays_are_bounded(turn_server: TurnServer) -> None:
    made = [await allocate(turn_server, visitor="greedy") for _ in range(24)]
    with pytest.raises(stun.TransactionFailed, match="486"):
        await allocate(turn_server, visitor="greedy")
    for transport in made:
        await transport._close()


def test_its_log_goes_to_the_container_s_output(turn_server: TurnServer) -> None:
    assert "Coturn" in turn_server.log.read_text()
    assert not any(secret in turn_server.log.read_text() for secret in turn_server.secrets)
