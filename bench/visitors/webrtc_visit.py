"""One visit over WebRTC, as the page makes it (control/web): connect, walk, tap, stand, leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.visitors.access_units import Picture
from bench.visitors.aiortc_receiver import receive_packets
from bench.visitors.frame_timing import FrameTiming
from bench.visitors.samples import Sample, Tally, What
from bench.visitors.visitor_thread import now_s
from bench.visitors.walk_path import RATE_HZ, Step
from stream.webrtc.aiortc_extensions import offer_extensions

FIRST_FRAME_TIMEOUT_S = 10.0
PING_INTERVAL_S = 1.0
SILENT_S = 6.0
"""The page gives up after 2.5 s and comes again; a load test must rather say how long it was."""
REPEATS_S = (0.05, 0.15, 0.35)
"""When the last state is sent again after the visitor stands, as the page does it (control/web/main.js)."""
CLOSE_TIMEOUT_S = 3.0
GOODBYE_TIMEOUT_S = 0.5


class VisitFailed(Exception):
    """The visit did not begin, or was lost; the text is a short reason without numbers, as locust counts by text."""


class Reports(Protocol):
    """Where a visit tells what it notices."""

    def __call__(self, samples: list[Sample], tally: Tally | None = None) -> None: ...


class WebRtcVisit:
    """From the offer until ``leave``, which must be awaited whatever happens before."""

    def __init__(self, report: Reports) -> None:
        offer_extensions()
        self._report = report
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connection.on("connectionstatechange", self._on_connection_state)
        # First, as aiortc lets its first section carry the transport of all (BUNDLE).
        self._receiver = receive_packets(self._connection, self._on_picture)
        self._pose: Any = self._connection.createDataChannel(
            "pose", ordered=False, maxRetransmits=0, negotiated=True, id=0
        )
        self._command: Any = self._connection.createDataChannel("command", negotiated=True, id=1)
        for channel in (self._pose, self._command):
            channel.on("message", self._on_message)
        self._timing = FrameTiming()
        self._told = Tally()
        """What the last report of the sums has told."""
        self._welcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._first_picture: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._began_s = now_s()
        self._heard_s = self._began_s
        self._seq = 0
        self._pings: dict[int, float] = {}
        self._taps: dict[int, float] = {}
        self._requests = 0
        self._last_input: dict[str, Any] = {}
        self._newest_timestamp: int | None = None
        self.frame: dict[str, Any] | None = None
        """What the node said of the newest picture: where the visitor is, among other things."""
        self.on_message: Callable[[dict[str, Any]], None] = lambda message: None
        """Told of each message, for those who do more with a visit than to measure it; likewise ``on_picture``."""
        self.on_picture: Callable[[Picture], None] = lambda picture: None

    # --- life ----------------------------------------------------------------------------------------

    async def offer(self) -> str:
        """The offer, with this machine's addresses."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        sdp: str = self._connection.localDescription.sdp
        return sdp

    async def connect(self, answer_sdp: str, offered_s: float) -> None:
        """Take the node's answer and wait for its first picture and its welcome. Raises VisitFailed."""
        self._began_s = offered_s
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp=answer_sdp, type="answer"))
        except Exception as error:  # aiortc's parser raises whatever its code ran into
            raise VisitFailed(f"the node's answer can't be used: {type(error).__name__}") from error
        await self._wait_for(self._first_picture, "no first frame")
        await self._wait_for(self._welcome, "no welcome")

    @property
    def welcome(self) -> dict[str, Any]:
        """What the node told of the place; once it is connected."""
        return self._welcome.result()

    @property
    def heard_s(self) -> float:
        """When anything came from the node."""
        return self._heard_s

    @property
    def lost(self) -> asyncio.Future[str]:
        """Done, with the reason, once the node or the connection has ended the visit. To be awaited by ``wait``."""
        return self._lost

    def look(self, yaw_rad: float, pitch_rad: float) -> None:
        """Look there, standing."""
        self._send_input(Step(yaw_rad, pitch_rad, 0.0, 0.0), 0.0, 0.0)

    def ping(self) -> None:
        self._requests += 1
        if self._send(self._command, {"type": "ping", "id": self._requests}):
            self._pings[self._requests] = now_s()

    async def _wait_for(self, event: asyncio.Future[Any], failure: str) -> None:
        await asyncio.wait({event, self._lost}, timeout=FIRST_FRAME_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if not event.done():
            raise VisitFailed(self._lost.result() if self._lost.done() else failure)

    async def walk(self, steps: Iterator[Step]) -> None:
        """Walk until the path ends. Raises VisitFailed where the visit is lost before."""
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(), name="visit-watch")
                await self._follow(steps)
                watching.cancel()
        except* VisitFailed as failures:
            raise failures.exceptions[0] from None
        finally:
            self._report(self._timing.finish(now_s()))

    async def leave(self) -> None:
        """Say goodbye and free everything; may be called at any time, and again."""
        self._tell_sums(visits=1 if self._first_picture.done() else 0)
        self._first_picture.cancel()
        if self._send(self._command, {"type": "goodbye"}):
            # The node closes then; without waiting, our own closing would overtake the message.
            await asyncio.wait({self._lost}, timeout=GOODBYE_TIMEOUT_S)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connection.close()
        except TimeoutError:
            self._report([Sample(What.VISIT, failure="the connection did not close")])

    # --- walking -------------------------------------------------------------------------------------

    async def _follow(self, steps: Iterator[Step]) -> None:
        welcome = self._welcome.result()
        entry_yaw_rad, entry_pitch_rad = float(welcome["yaw"]), float(welcome["pitch"])
        begin_s, before, rested_s = now_s(), None, 0.0
        late: list[Sample] = []
        for index, step in enumerate(steps):
            due_s = begin_s + index / RATE_HZ
            await asyncio.sleep(max(0.0, due_s - now_s()))
            at_s = now_s()
            late.append(Sample(What.STEP_LATE, max(0.0, at_s - due_s) * 1e3))
            if len(late) >= RATE_HZ:
                self._report(late)
                late = []
            looks = before is None or not step.looks_as(before)
            self._timing.moving(looks, at_s)
            walks = step.right != 0.0 or step.forward != 0.0
            if walks or before is None or not step.same_state(before):
                rested_s = 0.0
                self._send_input(step, entry_yaw_rad, entry_pitch_rad)
            else:
                earlier_s, rested_s = rested_s, rested_s + 1.0 / RATE_HZ
                if any(earlier_s < at <= rested_s for at in REPEATS_S):
                    self._repeat_input()
            if step.tap is not None:
                self._tap(*step.tap)
            before = step
        self._report(late)

    def _send_input(self, step: Step, entry_yaw_rad: float, entry_pitch_rad: float) -> None:
        self._seq += 1
        self._last_input = {
            "type": "input",
            "seq": self._seq,
            "yaw": entry_yaw_rad + step.yaw_rad,
            "pitch": max(-1.5, min(1.5, entry_pitch_rad + step.pitch_rad)),
            "right": step.right,
            "forward": step.forward,
        }
        if self._send(self._pose, self._last_input):
            self._timing.input_sent(self._seq, now_s())

    def _repeat_input(self) -> None:
        """Inputs travel unreliably: a stop must not be lost."""
        self._send(self._pose, self._last_input)

    def _tap(self, x: float, y: float) -> None:
        self._requests += 1
        tap = {"type": "tap", "id": self._requests, "x": x, "y": y, "rtp": self._newest_timestamp}
        if self._send(self._command, tap):
            self._taps[self._requests] = now_s()

    # --- watching ------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Ping, and tell the sums, once a second. Raises VisitFailed where the node is lost."""
        while True:
            await asyncio.wait({self._lost}, timeout=PING_INTERVAL_S)
            if self._lost.done():
                raise VisitFailed(self._lost.result())
            at_s = now_s()
            if at_s - self._heard_s > SILENT_S:
                raise VisitFailed("the node is silent")
            self.ping()
            self._tell_sums()

    def _tell_sums(self, visits: int = 0) -> None:
        feedback, units, timed = self._receiver.feedback, self._receiver.units, self._timing.tally
        sums = Tally(
            packets_expected=feedback.expected if feedback is not None else units.packets,
            packets_lost=feedback.lost if feedback is not None else 0,
            received_bytes=self._receiver.received_bytes,
            pictures=timed.pictures,
            pictures_skipped=units.skipped,
            freezes=timed.freezes,
            frozen_ms=timed.frozen_ms,
            moving_s=timed.moving_s,
            visits=self._told.visits + visits,
        )
        new, self._told = sums.minus(self._told), sums
        failure = "packets lost" if new.packets_lost > 0 else None
        samples = [Sample(What.WIRE, size_bytes=new.received_bytes, failure=failure)] if new.packets_expected else []
        self._report(samples, new)

    def _on_picture(self, picture: Picture) -> None:
        self._heard_s = picture.arrived_s
        self._newest_timestamp = picture.timestamp
        if not self._first_picture.done():
            self._first_picture.set_result(picture)
            self._report([Sample(What.FIRST_FRAME, (picture.arrived_s - self._began_s) * 1e3, picture.size_bytes)])
        self._report(self._timing.picture(picture))
        self.on_picture(picture)

    def _on_message(self, text: str) -> None:
        self._heard_s = at_s = now_s()
        message: dict[str, Any] = json.loads(text)
        match message["type"]:
            case "frame":
                self.frame = message
                wait_ms = float(message["stages"].get("wait", 0.0))
                self._report(self._timing.described(int(message["rtp"]), int(message["seq"]), wait_ms))
            case "welcome" if not self._welcome.done():
                self._welcome.set_result(message)
            case "pong" if (sent_s := self._pings.pop(message["id"], None)) is not None:
                self._receiver.round_trip_s = at_s - sent_s
            case "tapped" if (sent_s := self._taps.pop(message["id"], None)) is not None:
                self._report([Sample(What.TAP, (at_s - sent_s) * 1e3)])
            case "error":
                self._report([Sample(What.VISIT, failure=f"the node refused a message: {message['field']}")])
            case "closing":
                self._lose(f"the node ended the visit: {message['reason']}")
        self.on_message(message)

    def _on_connection_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._lose("the connection was lost")

    def _lose(self, reason: str) -> None:
        if not self._lost.done():
            self._lost.set_result(reason)

    def _send(self, channel: Any, message: dict[str, Any]) -> bool:
        """False where it can't be sent now."""
        if channel.readyState != "open":
            return False
        channel.send(json.dumps(message))
        return True
