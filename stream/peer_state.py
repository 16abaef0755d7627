"""The life of a peer as an explicit state machine."""

from __future__ import annotations

from enum import StrEnum


class PeerState(StrEnum):
    """NEW -> CONNECTING -> CONNECTED -> CLOSED; any state may go to CLOSED."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    CLOSED = "closed"


_NEXT: dict[PeerState, frozenset[PeerState]] = {
    PeerState.NEW: frozenset({PeerState.CONNECTING, PeerState.CLOSED}),
    PeerState.CONNECTING: frozenset({PeerState.CONNECTED, PeerState.CLOSED}),
    PeerState.CONNECTED: frozenset({PeerState.CLOSED}),
    PeerState.CLOSED: frozenset(),
}


def allowed(current: PeerState, following: PeerState) -> bool:
    """Whether that step is in the life of a peer."""
    return following in _NEXT[current]
