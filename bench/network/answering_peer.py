"""What the peers of the bench have in common: their life, and that they only answer."""

from __future__ import annotations

from stream.audio.audio_source import AudioSource
from stream.errors import PeerClosed, SignallingError
from stream.peer import PeerEvents
from stream.peer_state import PeerState, allowed
from stream.peer_stats import OutboundVideoStats, PeerStats, SenderStats


class AnsweringPeer:
    """The part of stream/peer.py that does not depend on the library. The bench's page always offers."""

    def __init__(self, events: PeerEvents) -> None:
        self.events = events
        self.dropped_frames = self.sent_frames = 0
        self._state = PeerState.NEW

    @property
    def state(self) -> PeerState:
        return self._state

    def set_state(self, state: PeerState, reason: str = "") -> None:
        """The one way to another state. Raises PeerClosed where there is no such step."""
        if not allowed(self._state, state):
            raise PeerClosed(f"this connection is {self._state}; it can't become {state}")
        self._state = state
        self.events.on_state(state, reason)

    def end(self, reason: str) -> None:
        """Become CLOSED, unless it is already."""
        if self._state is not PeerState.CLOSED:
            self.set_state(PeerState.CLOSED, reason)

    async def offer(self) -> str:
        raise SignallingError("this sender only answers offers")

    async def accept(self, answer_sdp: str) -> None:
        raise SignallingError("this sender only answers offers")

    async def add_candidates(self, sdp_fragment: str) -> None:
        raise SignallingError("this sender takes candidates only in the offer")

    def play(self, source: AudioSource | None) -> None:
        """The bench's showroom has no sound."""

    def mute(self, muted: bool) -> None:
        """The bench's showroom has no sound."""

    def stats(self) -> PeerStats:
        """What the bench counts; the link is seen by the relay."""
        return PeerStats(
            OutboundVideoStats(mime_type="", frames_sent=self.sent_frames),
            sender=SenderStats(frames_dropped=self.dropped_frames),
        )
