"""A visitor behind a closed network sees pictures through coturn, run with the options that we deploy it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from bench.node_process import NodeProcess
from tests.stream.webrtc.turn_server import TurnServer, free_udp_port, has_coturn, machine_address

pytestmark = pytest.mark.skipif(not has_coturn(), reason="coturn is not installed; scripts/setup tests does it")

WATCH = """async ({servers, timeoutMs}) => {
    const connection = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: "relay" });
    connection.addTransceiver("video", { direction: "recvonly" });
    const errors = [], candidates = [];
    connection.onicecandidateerror = ({ errorCode }) => errors.push(errorCode);
    const gathered = new Promise((resolve) => {
        connection.onicecandidate = ({ candidate }) => candidate ? candidates.push(candidate.candidate) : resolve();
    });
    const video = document.body.appendChild(document.createElement("video"));
    video.muted = true;
    const pictures = new Promise((resolve) => {
        connection.ontrack = ({ track }) => {
            video.srcObject = new MediaStream([track]);
            video.play();
            video.requestVideoFrameCallback((now, frame) => resolve(frame.width));
        };
    });
    await connection.setLocalDescription(await connection.createOffer());
    const headers = { "Content-Type": "application/sdp" };
    const body = connection.localDescription.sdp;
    const response = await fetch("/whep", { method: "POST", headers, body });
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await gathered;
    const width = candidates.length ? await pictures : 0;
    const reports = [...(await connection.getStats()).values()];
    const pair = reports.find((one) => one.type === "candidate-pair" && one.nominated);
    const local = reports.find((one) => one.id === pair?.localCandidateId);
    await fetch(response.headers.get("Location"), { method: "DELETE" });
    connection.close();
    return { width, errors, types: local && [local.candidateType, local.relayProtocol] };
}"""


@pytest.fixture(scope="module")
def relayed_node(demo_package: Path) -> Iterator[NodeProcess]:
    options = ("--media-host", machine_address(), "--media-port", str(free_udp_port()), "--pixel-format", "rgba")
    with NodeProcess(demo_package, *options, "--max-width", "480", "--max-height", "270") as started:
        yield started


@pytest.fixture(scope="module")
def turn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    with TurnServer(tmp_path_factory.mktemp("turn"), f"{machine_address()}-{machine_address()}") as started:
        yield started


def watch(context: BrowserContext, node: NodeProcess, server: dict[str, str]) -> dict[str, Any]:
    page = context.new_page()
    page.goto(f"{node.url}/healthz")
    result: dict[str, Any] = page.evaluate(WATCH, {"servers": [server]})
    page.close()
    return result


@pytest.mark.browser
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_pictures_come_through_the_relay(
    context: BrowserContext, relayed_node: NodeProcess, turn_server: TurnServer, transport: str
) -> None:
    seen = watch(context, relayed_node, turn_server.ice_server(transport))
    assert seen["width"] > 0
    assert seen["types"] == ["relay", transport]


@pytest.mark.browser
@pytest.mark.parametrize("wrong", ["expired", "made with another secret"])
def test_credentials_that_are_not_good_get_no_relay(
    context: BrowserContext, relayed_node: NodeProcess, turn_server: TurnServer, wrong: str
) -> None:
    lifetime_s, secret = (-5.0, None) if wrong == "expired" else (600.0, "another secret")
    server = turn_server.ice_server("udp", turn_server.credentials(lifetime_s, secret))
    seen = watch(context, relayed_node, server)
    assert (seen["width"], seen["types"]) == (0, None)
    assert 401 in seen["errors"]
