"""A guided visit: somebody leads, any number follow with the same picture. All on the event loop but ``put_frame``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from control.errors import GuideNotFound, TooManyAttempts
from control.fleet.tokens import GuideHold
from control.input import Place
from control.session import Attempts, new_code, read_code
from control.showroom.hosted_edition import HostedEdition
from control.showroom.hosted_scene import HostedScene
from control.wire import Guiding, Leader
from edge_render.frame import Frame
from stream.audio.audio_source import AudioSource
from stream.broadcast.broadcast import Broadcast
from stream.broadcast.follower_source import FollowerSource
from stream.errors import EncoderError

log = structlog.get_logger(__name__)

COMES_BACK_S = 8.0
"""A presenter who lost the connection finds the followers still there for so long."""
WAITING_MAX = 16
"""So many guided visits wait for their presenters at a time; each keeps a picture."""


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


class Leading(Protocol):
    """Who leads, as the guided visit sees it."""

    def on_followers(self) -> None:
        """Their number has changed."""
        ...

    def end(self, reason: str) -> None: ...


class Guide:
    """One guided visit. ``run`` is its whole life; it ends with ``close``."""

    def __init__(
        self,
        hold: GuideHold,
        leader: Leader,
        edition: HostedEdition,
        broadcast: Broadcast,
        on_closed: Callable[[Guide], None],
    ) -> None:
        self.code = hold.code
        self.edition = edition
        """What all who are in it see, also where a newer one is shown by now."""
        self.key = hold.key
        """Who knows it may lead on."""
        self.leader = leader
        self._broadcast = broadcast
        self._on_closed = on_closed
        self._followers: set[Following] = set()
        self._led_by: Leading | None = None
        self._waits_for_leader: asyncio.TimerHandle | None = None
        self._code_told = False
        self._ended = asyncio.Event()
        self._shown: Shown | None = None

    # --- the presenter's side ------------------------------------------------------------------------

    async def run(self) -> None:
        """Code the picture for all; ends with ``close``, or where that fails."""
        try:
            async with asyncio.TaskGroup() as tasks:
                coding = tasks.create_task(self._broadcast.run(), name="broadcast")
                await self._ended.wait()
                coding.cancel()
        except* EncoderError as errors:
            log.error("broadcast_failed", error=str(errors.exceptions[0]))
            self.close("encoder-failed")
        except* Exception:  # one guided visit's defect must end neither the node nor anybody else's visit
            log.exception("guide_failed")
            self.close("guide-failed")
        finally:
            self.close()

    def lead(self, leader: Leading) -> None:
        """Somebody leads from now on; who led before and is still here is replaced."""
        replaced, self._led_by = self._led_by, leader
        self._stop_waiting()
        if replaced is not None:
            replaced.end("replaced")

    def leave_lead(self, leader: Leading, *, for_good: bool, elsewhere: bool = False) -> None:
        """The presenter is gone: for good, or by a lost connection, and may come back; or leads on ``elsewhere``, where
        the followers are to come too. No error where another leads. A presenter who never was told the code leaves
        nobody behind who could have it."""
        if leader is not self._led_by:
            return
        self._led_by = None
        if elsewhere and self._followers:
            return
        if for_good or elsewhere or not self._code_told:
            self.close()
        else:
            self._waits_for_leader = asyncio.get_running_loop().call_later(COMES_BACK_S, self.close)

    def keep(self) -> None:
        """Its followers are on their way to where it goes on: it stays until the last has gone, or the node does."""
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._waits_for_leader is not None:
            self._waits_for_leader.cancel()
            self._waits_for_leader = None

    def tell_code(self) -> Guiding:
        """What the presenter is told when the visit begins, and when the number of followers changes."""
        self._code_told = True
        return Guiding(code=self.code, key=self.key, followers=self.followers)

    def show(self, shown: Shown) -> None:
        """The presenter has come into a scene."""
        self._shown = shown
        for follower in tuple(self._followers):
            follower.on_scene()

    def put_frame(self, frame: Frame) -> None:
        """The presenter's newest picture. Any thread."""
        self._broadcast.put_frame(frame)

    def close(self, reason: str = "guide-ended") -> None:
        """It is over: all who are in it are told; may be called again."""
        self._ended.set()
        self._stop_waiting()
        self._on_closed(self)
        leader, self._led_by = self._led_by, None
        if leader is not None:
            leader.end(reason)
        for follower in tuple(self._followers):
            follower.end(reason)

    # --- the followers' side -------------------------------------------------------------------------

    @property
    def led(self) -> bool:
        """Whether the presenter is here."""
        return self._led_by is not None

    @property
    def followers(self) -> int:
        return len(self._followers)

    @property
    def shown(self) -> Shown:
        """What all see now."""
        assert self._shown is not None, "the presenter is in a scene before anybody can know the code"
        return self._shown

    def picture(self) -> FollowerSource:
        """The picture, for one more follower's peer."""
        return self._broadcast.follow()

    def join(self, follower: Following) -> None:
        self._followers.add(follower)
        self._tell_leader()

    def leave(self, follower: Following) -> None:
        self._followers.discard(follower)
        self._tell_leader()

    def _tell_leader(self) -> None:
        if self._led_by is not None:
            self._led_by.on_followers()


class Guides:
    """The guided visits of a node, by their codes."""

    def __init__(self, make_broadcast: Callable[[], Broadcast]) -> None:
        self._make_broadcast = make_broadcast
        self._guides: dict[str, Guide] = {}
        self._attempts = Attempts()

    def all(self) -> tuple[Guide, ...]:
        """Those of now."""
        return tuple(self._guides.values())

    def open(self, leader_name: str | None, edition: HostedEdition, hold: GuideHold | None = None) -> Guide:
        """Begin one more, in an edition that is shown. ``hold``: by its code and key, as it was led elsewhere;
        followers come after. Where too many wait for their presenters, one ends, rather one that nobody follows."""
        waiting = [guide for guide in self._guides.values() if not guide.led]
        if len(waiting) >= WAITING_MAX:
            min(waiting, key=lambda guide: guide.followers).close()
        name = " ".join(leader_name.split()) if leader_name else ""
        while hold is None or hold.code in self._guides:  # again once in 10^11 times
            hold = GuideHold(code=new_code(), key=secrets.token_urlsafe(16))
        leader = Leader(name=name or None)
        guide = self._guides[hold.code] = Guide(hold, leader, edition, self._make_broadcast(), self._closed)
        return guide

    def resume(self, text: str, key: str) -> Guide | None:
        """The one with that code, for its presenter who comes back; None where it has ended, or the key is wrong."""
        guide = self._guides.get(read_code(text))
        return guide if guide is not None and secrets.compare_digest(guide.key.encode(), key.encode()) else None

    def close(self) -> None:
        """End them all."""
        for guide in tuple(self._guides.values()):
            guide.close()

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
