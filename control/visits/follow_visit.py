"""A follower's stay in a guided visit: sees and hears what the presenter does, and may look at products."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from control.figures.metrics import NodeMetrics
from control.settings import NodeSettings
from control.showroom.showroom_host import ShowroomHost
from control.visits.guide import Guide
from control.visits.shown_frames import ShownFrames
from control.visits.stay import Stay
from control.visits.welcome import welcome
from control.wire import Activate, ClientMessage, Locate, Tap, Tapped
from stream.peer import FrameSent, Peer, PeerEvents
from stream.picture.frame_source import FrameSource

MakeFollowerPeer = Callable[[PeerEvents, FrameSource], Peer]

TOLD_INTERVAL_S = 1.0
"""How often a follower is told what a moving picture shows. Nothing of theirs depends on each frame, and messages at
the rate of the pictures would cost as much as the pictures themselves."""
TAPS_WAITING_MAX = 4


@dataclass(frozen=True, slots=True)
class FollowMeans:
    """What every follower of a node shares."""

    host: ShowroomHost
    make_peer: MakeFollowerPeer
    settings: NodeSettings
    metrics: NodeMetrics


class FollowVisit(Stay):
    """Made and used on the event loop."""

    def __init__(self, visit_id: str, means: FollowMeans, guide: Guide) -> None:
        self._picture = picture = guide.picture()
        try:
            super().__init__(visit_id, means.settings, means.metrics, lambda events: means.make_peer(events, picture))
        except BaseException:
            picture.close()
            raise
        self._host = means.host
        self._guide = guide
        self._frames = ShownFrames()
        self._taps: asyncio.Queue[Tap] = asyncio.Queue(TAPS_WAITING_MAX)
        self._told_s = 0.0
        self._told_still = False
        self.peer.play(guide.shown.playback())
        guide.join(self)

    def _tasks(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        return {"taps": self._answer_taps()}

    def _free(self) -> None:
        self._picture.close()
        self._guide.leave(self)

    @property
    def led(self) -> bool:
        """Whether the presenter is here."""
        return self._guide.led

    def move(self, within_s: float) -> None:
        """See Stay.move."""
        self._guide.keep()
        super().move(within_s)

    # --- what the presenter does ---------------------------------------------------------------------

    def on_scene(self) -> None:
        """See Following.on_scene."""
        self._frames.clear()
        self.peer.play(self._guide.shown.playback())
        self._greet()

    def _greet(self) -> None:
        shown = self._guide.shown
        self._send("command", welcome(self.id, self._host, shown.scene, shown.place, follows=self._guide.leader))
        self._show_feed(shown.scene.feed)

    def _on_frame_sent(self, sent: FrameSent) -> None:
        frame, now_s = sent.frame, time.monotonic()
        self._count_first_frame()
        self._metrics.frames.labels("followed").inc()
        self._metrics.sent_bytes.inc(sent.size_bytes)
        self._frames.add(sent.rtp_timestamp, frame)
        # Their page must know when a picture begins to move: what lies over it has no place then.
        if not frame.still and not self._told_still and now_s - self._told_s < TOLD_INTERVAL_S:
            return
        self._told_s, self._told_still = now_s, frame.still
        self._tell_frame(sent, seq=0, stages_ms={})

    # --- what the follower does ----------------------------------------------------------------------

    def _handle(self, message: ClientMessage) -> None:
        """Looking and walking are the presenter's: such messages change nothing."""
        match message:
            case Tap():
                self._put_aside(self._taps, message)
            case Locate():
                self._refuse_locating(message)
            case Activate():
                known = any(hotspot.id == message.hotspot for hotspot in self._guide.shown.scene.spec.hotspots)
                if known:
                    self._send("command", Tapped(id=message.id, hit="hotspot", hotspot=message.hotspot))
                else:
                    self._refuse_hotspot(message)

    async def _answer_taps(self) -> None:
        """Say what was tapped: the page shows a product's card; the floor and doors are the presenter's."""
        while True:
            tap = await self._taps.get()
            shown = self._guide.shown
            sight = self._frames.sight(tap.rtp)
            hit = None if sight is None else await asyncio.to_thread(shown.scene.picker.pick, sight.ray(tap.x, tap.y))
            if hit is None:
                self._send("command", Tapped(id=tap.id, hit="nothing"))
            else:
                kind = "node" if hit.hotspot is None else "hotspot"
                answer = Tapped(id=tap.id, hit=kind, hotspot=hit.hotspot, node=hit.node, point=hit.point)
                self._send("command", answer)
