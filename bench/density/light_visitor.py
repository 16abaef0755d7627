"""A visitor made of aiortc that decodes nothing: it reads headers, tells the node what came, and turns its head.

What a browser would send is sent: inputs while it moves, a ping a second, transport-wide feedback every 100 ms. It asks
for no lost packets: there are none on one machine, unless the machine is too busy, which is what is to be found.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from typing import Any
from urllib.parse import urlencode

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.density.header_reading import read_header
from bench.visitors.receiver_feedback import TransportFeedbackWriter
from stream.rtp.packet_writer import TRANSPORT_CC
from stream.webrtc.aiortc_extensions import offer_extensions

FEEDBACK_S = 0.1
PING_S = 1.0
INPUT_S = 1 / 30
TURN_RAD_PER_S = 1.0
CONNECT_TIMEOUT_S = 30.0
OWN_SSRC = 1
UPSTREAM_NAMES = ("_handle_rtp_data", "_send_rtp")
"""Of RTCDtlsTransport; a test guards them."""


class LightVisitor:
    """``run`` is its whole visit."""

    def __init__(self, url: str, query: dict[str, Any], *, moves: bool) -> None:
        offer_extensions()
        self._url = url
        self._query = query
        self._moves = moves
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTransceiver("video", direction="recvonly")
        channel = self._connection.createDataChannel
        self._pose = channel("pose", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        self._command = channel("command", negotiated=True, id=1)
        self._command.on("message", self._on_message)
        self._number_id: int | None = None
        self._media: tuple[int, int] | None = None
        """Payload type and SSRC."""
        self._feedback: TransportFeedbackWriter | None = None
        """None before the first packet."""
        self._newest = -1
        self.frames = 0
        """Pictures whose last packet came."""
        self.code: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """By which others follow, where this visitor leads."""

    async def run(self) -> None:
        """Enter, and stay until cancelled."""
        try:
            await self._enter()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell())
                tasks.create_task(self._ping())
                if self._moves:
                    tasks.create_task(self._turn())
        finally:
            await self._connection.close()

    async def _enter(self) -> None:
        connected = asyncio.Event()
        self._command.on("open", connected.set)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        offer = self._connection.localDescription.sdp
        answer = await asyncio.to_thread(post, f"{self._url}/whep?{urlencode(self._query)}", offer)
        for number, uri in re.findall(r"^a=extmap:(\d+) (\S+)", answer, re.MULTILINE):
            if uri == TRANSPORT_CC:
                self._number_id = int(number)
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        transport: Any = self._connection.getReceivers()[0].transport
        transport._handle_rtp_data = self._take
        self._transport = transport
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await connected.wait()

    async def _take(self, data: bytes, arrival_time_ms: int) -> None:
        header = read_header(data, self._number_id)
        if self._media is None:
            self._media = (header.payload_type, header.ssrc)
            self._feedback = TransportFeedbackWriter(OWN_SSRC, header.ssrc)
        if header.number is not None and self._feedback is not None:
            self._feedback.on_packet(header.number, time.monotonic())
        if header.marker and (header.payload_type, header.ssrc) == self._media and header.timestamp != self._newest:
            self._newest = header.timestamp
            self.frames += 1

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(FEEDBACK_S)
            for packet in self._feedback.take() if self._feedback is not None else ():
                await self._transport._send_rtp(packet)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            self._command.send('{"type":"ping","id":1}')

    async def _turn(self) -> None:
        began_s, seq = time.monotonic(), 0
        while True:
            seq += 1
            yaw = TURN_RAD_PER_S * (time.monotonic() - began_s)
            self._pose.send(json.dumps({"type": "input", "seq": seq, "yaw": yaw, "pitch": -0.1}))
            await asyncio.sleep(began_s + seq * INPUT_S - time.monotonic())

    def _on_message(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] == "guiding" and not self.code.done():
            self.code.set_result(message["code"])


def post(url: str, sdp: str) -> str:
    """The answer to an offer. Raises urllib.error.HTTPError."""
    request = urllib.request.Request(url, sdp.encode(), {"Content-Type": "application/sdp"})
    with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_S) as response:
        return str(response.read().decode())
