"""What every stay at a node has in common, whoever steers the picture: connection, messages, heartbeat, one end.

All on the event loop. A stay is made when the visitor asks for it, and ``run`` is its whole life: it returns the one
reason why it ended, with everything freed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import structlog

from control.figures.live_visits import VisitFigures
from control.figures.metrics import NodeMetrics
from control.figures.visit_quality import VisitQuality
from control.input import InputDecoder
from control.settings import NodeSettings
from control.showroom.live_feed import LiveFeed
from control.visits.stats_feed import StatsFeed
from control.wire import (
    Activate,
    Audio,
    ClientMessage,
    Closing,
    EncoderChanged,
    Error,
    FrameShown,
    Goodbye,
    Locate,
    Move,
    Ping,
    Pong,
    ServerMessage,
    ServerStats,
    Stats,
    Tap,
    WatchStats,
)
from stream.codec.fallback_encoder import EncoderReplaced
from stream.codec.video_codec import VideoCodec
from stream.peer import Channel, FrameSent, Peer, PeerEvents
from stream.peer_state import PeerState
from stream.picture.quality import PicturePlan

log = structlog.get_logger(__name__)

Command = TypeVar("Command", bound=Tap | Activate | Locate)

LOG_NAME_CHARS = 6
"""Of the identifier, which lets who knows all of it steer the visit: logs are read by more people than that."""
MakePeer = Callable[[PeerEvents, VideoCodec | None], Peer]
"""With the video codec that the visitor would like best."""


def _nothing() -> None:
    pass


class VisitState(StrEnum):
    """CONNECTING -> ACTIVE -> ENDED; CONNECTING may go to ENDED."""

    CONNECTING = "connecting"
    ACTIVE = "active"
    ENDED = "ended"


class Outlet(Protocol):
    """The second way for control messages: a WebSocket."""

    def offer(self, text: str) -> bool:
        """Send soon; False where too much waits already."""
        ...


class Stay(ABC):
    """Made and used on the event loop. Subclasses say what is shown, and what the visitor's messages do."""

    def __init__(
        self, visit_id: str, settings: NodeSettings, metrics: NodeMetrics, make_peer: Callable[[PeerEvents], Peer]
    ) -> None:
        self.id = visit_id
        self.log_name = visit_id[:LOG_NAME_CHARS]
        self.state = VisitState.CONNECTING
        self.end_reason = ""
        self._settings = settings
        self._metrics = metrics
        self._began_s = time.monotonic()
        self._log = log.bind(visit=self.log_name)
        self._decoder = InputDecoder(self._began_s)
        self._ended = asyncio.Event()
        self._silence: asyncio.Timeout | None = None
        self._outlet: Outlet | None = None
        self._first_frame_sent = False
        self._received: Stats | None = None
        self._feed: LiveFeed | None = None
        self._leave_feed: Callable[[], None] = _nothing
        self._leave_by_s: float | None = None
        self._stats_feed = StatsFeed(self._tell_stats)
        self.peer = make_peer(
            PeerEvents(
                on_state=self._on_peer_state,
                on_message=lambda _channel, data: self.receive(data),
                on_channel_open=self._on_channel_open,
                on_frame_sent=self._on_frame_sent,
                on_refused=lambda _frame: metrics.frames.labels("dropped").inc(),
                on_alive=self._alive,
                on_plan=self._on_plan,
                on_encoder_replaced=self._on_encoder_replaced,
            )
        )

    # --- what subclasses say -----------------------------------------------------------------------

    @abstractmethod
    def _tasks(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What runs while the stay lasts, by name; cancelled at its end."""

    @abstractmethod
    def _free(self) -> None:
        """Give back all but the peer; called once, at the end."""

    @abstractmethod
    def _greet(self) -> None:
        """Say where the visitor is: a way for messages has opened."""

    @abstractmethod
    def _handle(self, message: ClientMessage) -> None:
        """Do what a message says; those that are the same for all are done already."""

    @abstractmethod
    def _on_frame_sent(self, sent: FrameSent) -> None:
        """A picture left."""

    def _on_active(self) -> None:  # noqa: B027 - nothing, where nobody counts
        """The visitor's connection is there."""

    def _on_over(self, quality: VisitQuality) -> None:  # noqa: B027 - as above
        """The stay has ended, with all freed."""

    def _on_plan(self, plan: PicturePlan) -> None:  # noqa: B027 - nothing, where others say what is drawn
        """The stream wants larger or smaller pictures, more or fewer."""

    def _on_encoder_replaced(self, replaced: EncoderReplaced) -> None:
        self._metrics.encoder_fallbacks.labels(replaced.failed, replaced.by).inc()
        self._send("command", EncoderChanged(codec=replaced.codec, encoder=replaced.by, failed=replaced.failed))

    # --- life --------------------------------------------------------------------------------------

    async def run(self) -> str:
        """Live until the stay ends, then free everything; returns the reason."""
        with self._metrics.live.watched(self._figures) as number:
            self._log.info("visit_begins", shown_as=number)
            try:
                return await self._run()
            finally:
                quality = VisitQuality.of(self._figures(), time.monotonic() - self._began_s)
                self._metrics.count_visit(quality)
                self._on_over(quality)

    async def _run(self) -> str:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s) as self._silence, asyncio.TaskGroup() as group:
                jobs = {**self._tasks(), "stats": self._stats_feed.run()}
                tasks = [group.create_task(job, name=f"visit-{self.log_name}-{name}") for name, job in jobs.items()]
                await self._ended.wait()
                for task in tasks:
                    task.cancel()
        except TimeoutError:
            self.end("connect-timeout" if self.state is VisitState.CONNECTING else "silent")
        finally:
            self.end("cancelled")
            self._leave_feed()
            self._free()
            await self.peer.close(self.end_reason)
        return self.end_reason

    def end(self, reason: str) -> None:
        """End the stay; the first reason counts."""
        if self.state is VisitState.ENDED:
            return
        self._set_state(VisitState.ENDED, reason)
        self.end_reason = reason
        self._send("command", Closing(reason=reason))
        self._ended.set()

    def move(self, within_s: float) -> None:
        """Have the visitor go to another node, where they see the same; the stay goes on here meanwhile."""
        self._leave_by_s = time.monotonic() + within_s
        self._tell_to_move()

    @property
    def told_to_move(self) -> bool:
        """Whether the visitor is to go elsewhere: who leaves then goes on there."""
        return self._leave_by_s is not None

    def _tell_to_move(self) -> None:
        if self._leave_by_s is not None:
            left_s = max(0.0, self._leave_by_s - time.monotonic())
            self._send("command", Move(within_ms=round(left_s * 1e3)))

    async def wait_ended(self) -> None:
        """Wait until ``end`` was called."""
        await self._ended.wait()

    def _set_state(self, state: VisitState, reason: str = "") -> None:
        self._log.info("visit_state", before=self.state, after=state, reason=reason)
        self.state = state

    def _alive(self) -> None:
        """The visitor gave a sign of life."""
        if self.state is VisitState.ACTIVE and self._silence is not None and not self._silence.expired():
            deadline_s = asyncio.get_running_loop().time() + self._settings.heartbeat_timeout_s
            self._silence.reschedule(deadline_s)

    def _on_peer_state(self, state: PeerState, reason: str) -> None:
        if state is PeerState.CONNECTED and self.state is VisitState.CONNECTING:
            self._set_state(VisitState.ACTIVE)
            self._alive()
            self._on_active()
        elif state is PeerState.CLOSED:
            self.end(f"peer-{reason}")

    # --- messages ----------------------------------------------------------------------------------

    def attach_outlet(self, outlet: Outlet) -> None:
        """Use a WebSocket for the control messages; it takes over from data channels that do not open."""
        self._outlet = outlet
        self._welcome_in()

    def detach_outlet(self, outlet: Outlet) -> None:
        if self._outlet is outlet:
            self._outlet = None

    def _on_channel_open(self, channel: Channel) -> None:
        if channel == "command":
            self._welcome_in()

    def _welcome_in(self) -> None:
        self._greet()
        self._tell_to_move()

    def receive(self, data: str | bytes) -> None:
        """Take one message, from whichever way it came. A bad one is answered and changes nothing."""
        if self.state is VisitState.ENDED:
            return
        self._alive()
        message = self._decoder.decode(data, time.monotonic())
        if message is None:
            return
        self._metrics.messages.labels("refused" if isinstance(message, Error) else message.type).inc()
        match message:
            case Error():
                self._send("command", message)
            case Audio():
                self.peer.mute(not message.on)
            case Stats():
                self._received = message
            case WatchStats():
                self._stats_feed.watch(message.on)
            case Ping():
                self._send("command", Pong(id=message.id))
            case Goodbye():
                self.end("goodbye")
            case _:
                self._handle(message)

    def _send(self, channel: Channel, message: ServerMessage) -> None:
        """By data channel, else by WebSocket. What neither takes is lost: the link is broken or too slow,
        and the heartbeat decides which."""
        text = message.model_dump_json()
        if not self.peer.send_message(channel, text) and self._outlet is not None:
            self._outlet.offer(text)

    def _tell_frame(self, sent: FrameSent, seq: int, stages_ms: Mapping[str, float]) -> None:
        """What a picture that left shows; ``seq`` is the last input in it, ``stages_ms`` its way until now."""
        frame = sent.frame
        yaw_rad, pitch_rad = frame.pose.yaw_pitch()
        self._send(
            "pose",
            FrameShown(
                rtp=sent.rtp_timestamp,
                seq=seq,
                position=frame.pose.position,
                yaw=yaw_rad,
                pitch=pitch_rad,
                fov_y=frame.fov_y_rad,
                resting=frame.still,
                still=frame.final,
                bytes=sent.size_bytes,
                key=sent.key_frame,
                stages={name: round(duration_ms, 2) for name, duration_ms in stages_ms.items()},
            ),
        )

    def _put_aside(self, waiting: asyncio.Queue[Command], command: Command) -> None:
        """For the task that acts on commands one after the other; says so where too many wait."""
        try:
            waiting.put_nowait(command)
        except asyncio.QueueFull:
            self._send("command", Error(field="type", message="earlier taps still wait", id=command.id))

    def _refuse_hotspot(self, command: Activate) -> None:
        error = Error(field="hotspot", message=f"this scene has no hotspot '{command.hotspot}'", id=command.id)
        self._send("command", error)

    def _refuse_locating(self, command: Locate) -> None:
        text = "nobody can edit here: the node runs without --editing, or this visit follows another one"
        self._send("command", Error(field="type", message=text, id=command.id))

    # --- the scene's video ---------------------------------------------------------------------------

    def _show_feed(self, feed: LiveFeed | None) -> None:
        """The visitor is in a scene with that video, or in one without, and is told how it is doing."""
        self._leave_feed()
        self._feed = feed
        self._leave_feed = _nothing if feed is None else feed.listen(self._tell_source)
        self._tell_source()

    def _tell_source(self) -> None:
        if self._feed is not None:
            self._send("command", self._feed.told())

    # --- figures -----------------------------------------------------------------------------------

    def _figures(self) -> VisitFigures:
        return VisitFigures(self.peer.stats(), self._received)

    def _tell_stats(self) -> None:
        self._send("command", ServerStats.model_validate(dataclasses.asdict(self.peer.stats())))

    def _count_first_frame(self) -> None:
        if not self._first_frame_sent:
            self._first_frame_sent = True
            self._metrics.first_frame.observe(time.monotonic() - self._began_s)
