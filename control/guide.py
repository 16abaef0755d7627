"""A guided visit: somebody leads, any number follow with the same picture. All on the event loop but ``put_frame``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from control.errors import GuideNotFound, TooManyAttempts
from control.input import Place
from control.session import Attempts, new_code, read_code
from control.showroom_host import HostedScene
from control.wire import Leader
from edge_render.frame import Frame
from stream.audio_source import AudioSource
from stream.broadcast import Broadcast
from stream.errors import EncoderError
from stream.follower_source import FollowerSource

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What all who are in a guided visit see and hear."""

    scene: HostedScene
    place: Place
    """Where the presenter came into the scene."""
    since_ns: int
    """When that was; the scene's sound began for all."""

    def playback(self) -> AudioSource | None:
        """The scene's sound, at the place where the others hear it."""
        return None if self.scene.sound is None else self.scene.sound.playback(self.since_ns)


class Following(Protocol):
    """A follower, as the guided visit sees it."""

    def on_scene(self) -> None:
        """The presenter has gone to another scene."""
        ...

    def end(self, reason: str) -> None: ...


class Guide:
    """One guided visit. Its presenter makes it, awaits ``run``, and calls ``close``."""

    def __init__(self, code: str, leader: Leader, broadcast: Broadcast, on_closed: Callable[[Guide], None]) -> None:
        self.code = code
        self.leader = leader
        self._broadcast = broadcast
        self._on_closed = on_closed
        self._followers: set[Following] = set()
        self._on_followers: Callable[[], None] = lambda: None
        self._shown: Shown | None = None

    # --- the presenter's side ------------------------------------------------------------------------

    async def run(self, on_followers: Callable[[], None]) -> None:
        """Code the picture for all; ends by cancellation, or where no encoder works. ``on_followers`` is told when
        their number changes."""
        self._on_followers = on_followers
        try:
            await self._broadcast.run()
        except EncoderError as error:
            log.error("broadcast_failed", error=str(error))
            self.close("encoder-failed")

    def show(self, shown: Shown) -> None:
        """The presenter has come into a scene."""
        self._shown = shown
        for follower in tuple(self._followers):
            follower.on_scene()

    def put_frame(self, frame: Frame) -> None:
        """The presenter's newest picture. Any thread."""
        self._broadcast.put_frame(frame)

    def close(self, reason: str = "guide-ended") -> None:
        """Nobody leads any more: all followers are told; may be called again."""
        self._on_closed(self)
        for follower in tuple(self._followers):
            follower.end(reason)

    # --- the followers' side -------------------------------------------------------------------------

    @property
    def shown(self) -> Shown:
        """What all see now."""
        assert self._shown is not None, "the presenter is in a scene before anybody can know the code"
        return self._shown

    @property
    def followers(self) -> int:
        return len(self._followers)

    def picture(self) -> FollowerSource:
        """The picture, for one more follower's peer."""
        return self._broadcast.follow()

    def join(self, follower: Following) -> None:
        self._followers.add(follower)
        self._on_followers()

    def leave(self, follower: Following) -> None:
        self._followers.discard(follower)
        self._on_followers()


class Guides:
    """The guided visits of a node, by their codes."""

    def __init__(self, make_broadcast: Callable[[], Broadcast]) -> None:
        self._make_broadcast = make_broadcast
        self._guides: dict[str, Guide] = {}
        self._attempts = Attempts()

    def open(self, leader_name: str | None) -> Guide:
        """Begin one more."""
        name = " ".join(leader_name.split()) if leader_name else ""
        while (code := new_code()) in self._guides:
            pass  # once in 10^11 times
        guide = self._guides[code] = Guide(code, Leader(name=name or None), self._make_broadcast(), self._closed)
        return guide

    def find(self, text: str, address: str, now_s: float) -> Guide:
        """The one with that code, for somebody at a network address. Raises GuideNotFound or TooManyAttempts."""
        guide = self._guides.get(read_code(text))
        if self._attempts.exhausted(address, now_s):
            raise TooManyAttempts(f"too many wrong codes came from {address}")
        if guide is None:
            self._attempts.failed(address, now_s)
            raise GuideNotFound("no guided visit has that code")
        return guide

    def _closed(self, guide: Guide) -> None:
        self._guides.pop(guide.code, None)
