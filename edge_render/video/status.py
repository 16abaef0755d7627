"""How a video source is doing, as visitors and operators are told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SourceState(StrEnum):
    """CONNECTING -> PLAYING -> LOST -> (a wait) -> CONNECTING; a recording that does not loop: PLAYING -> ENDED.
    Any -> CLOSED."""

    CONNECTING = "connecting"
    PLAYING = "playing"
    LOST = "lost"
    ENDED = "ended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """All times are ``time.monotonic_ns``."""

    state: SourceState
    since_ns: int
    picture_ns: int | None = None
    """When the last picture came; None where there has been none."""
    retry_ns: int | None = None
    """When it is tried again."""
    reason: str = ""
    """Why it was lost, in words; no address or password is in it."""


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What a source has done since it was made."""

    state: SourceState
    pictures_decoded: int
    pictures_dropped: int
    """Decoded, and replaced by a newer one before anybody took them."""
    reconnects: int
    decode_s: float
    width: int
    height: int
