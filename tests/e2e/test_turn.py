"""A visitor behind a closed network sees pictures through coturn, run with the options that we deploy it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from bench.gateway_process import DRAIN_OPTIONS, fleet
from bench.node_process import NodeProcess
from tests.control.node.test_edge_http import write_package
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


def media_options() -> list[str]:
    size = ["--max-width", "480", "--max-height", "270", "--pixel-format", "rgba"]
    return ["--media-host", machine_address(), "--media-port", str(free_udp_port()), *size]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def relayed_node(package: Path) -> Iterator[NodeProcess]:
    with NodeProcess(package, *media_options()) as started:
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


@pytest.mark.browser
def test_the_page_takes_the_relay_that_its_gateway_tells(
    open_page: Callable[[str], Page], package: Path, turn_server: TurnServer, tmp_path: Path
) -> None:
    """The whole way, with nothing open but HTTP and TCP to the relay."""
    relay = ("--turn-urls", turn_server.ice_server("tcp")["urls"], "--turn-secret", turn_server.secrets[0])
    gateway_options = (*relay, "--ice-transport-policy", "relay")
    options = (*media_options(), *DRAIN_OPTIONS)
    with fleet(package, tmp_path, 1, *options, gateway_options=gateway_options) as here:
        page = open_page(here.gateway.url)
        reports = page.evaluate("() => edgeRender.reports()")
        page.close()
    pair = next(one for one in reports if one["type"] == "candidate-pair" and one.get("nominated"))
    local = next(one for one in reports if one["id"] == pair["localCandidateId"])
    assert (local["candidateType"], local["relayProtocol"]) == ("relay", "tcp")
